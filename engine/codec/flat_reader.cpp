// Foreign bytes are copied to where they are aligned, checked by their plan, then by the handler.
#include "engine/codec/flat_reader.hpp"

#include "engine/codec/body_reader.hpp"
#include "engine/codec/fingerprint.hpp"
#include "engine/codec/flat_check.hpp"

namespace spate {
namespace {

}  // namespace

std::optional<CommandReader::Parsed> FlatReader::read(const DomainPlan& domain,
                                                      const CommandPlan& command, Bytes foreign,
                                                      FieldFaults& faults) {
  copy_.clear();
  copy_.append(foreign);
  return read_in_place(domain, command, copy_, faults);
}

std::optional<CommandReader::Parsed> FlatReader::read_in_place(const DomainPlan& domain,
                                                               const CommandPlan& command,
                                                               Bytes payload, FieldFaults& faults) {
  constexpr std::size_t alignment = 8;
  if (payload.size() > command_bytes_max_) {
    add_fault(faults, whole_payload,
              "must not be longer than " + std::to_string(command_bytes_max_) + " bytes");
    return std::nullopt;
  }
  if (payload.empty() || reinterpret_cast<uintptr_t>(payload.data()) % alignment != 0) {
    add_fault(faults, whole_payload, "must be a sound FlatBuffer");
    return std::nullopt;
  }
  if (!FlatCheck(*command.table, payload, command_bytes_max_, faults).run()) return std::nullopt;
  const std::size_t before = faults.size();
  check_by_handler(domain, command.type, payload, whole_payload, faults);
  if (faults.size() > before) return std::nullopt;
  return CommandReader::Parsed{payload, fingerprint(command, payload, scratch_)};
}

}  // namespace spate
