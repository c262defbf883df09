// A body is checked by its plan and built; then the handler has its say.
#include "engine/codec/body_reader.hpp"

#include "engine/codec/fingerprint.hpp"

namespace spate {

void check_by_handler(const DomainPlan& domain, uint16_t command, Bytes payload, const Place& place,
                      FieldFaults& faults) {
  const HandlerTable::CommandOps* ops = domain.domain->handler->command(command);
  if (ops == nullptr || ops->check == nullptr) return;
  FieldFaults found;
  try {
    const DomainScope scope;
    ops->check(payload, found);
  } catch (const DomainFault& fault) {  // a bug of ours must not end the process at the door
    found.push_back({"", std::string("could not be checked: ") + fault.condition});
  }
  if (found.empty()) return;
  const std::string prefix = to_pointer(place);
  for (FieldFault& fault : found)
    if (faults.size() < field_faults_max)
      faults.push_back({prefix + fault.pointer, std::move(fault.detail)});
}

std::optional<CommandReader::Parsed> BodyReader::read(const DomainPlan& domain,
                                                      const CommandPlan& command,
                                                      simdjson::dom::element body,
                                                      const Place& place, FieldFaults& faults) {
  if (!body.is_object()) {
    add_fault(faults, place, "must be a JSON object");
    return std::nullopt;
  }
  const auto payload = tables_.read(*command.table, body, place, faults);
  if (!payload) return std::nullopt;
  const std::size_t before = faults.size();
  check_by_handler(domain, command.type, *payload, place, faults);
  if (faults.size() > before) return std::nullopt;
  return CommandReader::Parsed{*payload, fingerprint(command, *payload, scratch_)};
}

}  // namespace spate
