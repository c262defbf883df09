// What is parked follows from the outcomes alone: parked, and no later outcome with that origin.
#include "engine/app/parked_commands.hpp"

#include <algorithm>
#include <map>

#include "engine/api/envelope.hpp"
#include "engine/app/log_source.hpp"
#include "engine/base/hash.hpp"

namespace spate {
namespace {

ParkedCommand parked_of(const DomainPlan& plan, const RecordView& record,
                        const envelope::Outcome& outcome) {
  const CommandPlan* command = plan.command(outcome.command_type());
  return {plan.name,
          {record.head.domain, record.head.index},
          std::string(text_of(outcome.stream())),
          command == nullptr ? "" : std::string(command->name()),
          id_of(outcome.id()),
          record.head.number,
          outcome.cause(),
          {outcome.time()},
          std::string(text_of(outcome.reason()))};
}

Result<void> find_in_partition(Log& log, const DomainPlan& plan, PartitionId id,
                               std::vector<ParkedCommand>& found) {
  std::map<uint64_t, ParkedCommand> parked;  // by cause
  TRY(each_outcome(log, id, [&](const RecordView& record) {
    const envelope::Outcome& outcome = outcome_of(record.body);
    if (outcome.origin() != 0) parked.erase(outcome.origin());
    else if (outcome.kind() == envelope::Kind::parked)
      parked.insert_or_assign(outcome.cause(), parked_of(plan, record, outcome));
    return true;
  }));
  for (auto& [_, command] : parked) found.push_back(std::move(command));
  return {};
}

/// Steps writer and preparer in turn until the command is on disk.
Result<void> make_durable(SegmentLog& log, PartitionId id, Cause cause) {
  constexpr int idle_steps_max = 1'000;
  for (int idle = 0; idle < idle_steps_max;) {
    TRY(const Step prepared, log.prepare_step());
    TRY(const Step written, log.write_step());
    if (log.poll(id).cause >= cause) return {};
    if (prepared == Step::idle && written == Step::idle) ++idle;
  }
  return stop("storage_full", "the command could not be written: make room on the disk, try again");
}

}  // namespace

Result<std::vector<ParkedCommand>> find_parked(Log& log, const Catalog& catalog) {
  std::vector<ParkedCommand> found;
  for (const DomainPlace& place : log.topology().domains()) {
    const DomainPlan* plan = catalog.find(place.name);
    if (plan == nullptr)
      return stop("unknown_domain", "the log holds domain '" + place.name +
                                        "', which this binary does not have: use the one that "
                                        "wrote it");
    for (uint16_t i = 0; i < place.partitions; ++i)
      TRY(find_in_partition(log, *plan, {place.number, i}, found));
  }
  return found;
}

Result<std::size_t> count_parked(const std::vector<ParkedCommand>& parked,
                                 const std::string& domain, const std::string& stream) {
  const auto count = std::count_if(parked.begin(), parked.end(), [&](const auto& command) {
    return command.domain == domain && command.stream == stream;
  });
  if (count != 0) return static_cast<std::size_t>(count);
  return stop("nothing_parked", "nothing of " + domain + " '" + stream +
                                    "' is parked; see `spate log parked list`");
}

Result<void> append_control(SegmentLog& log, const Catalog& catalog, const std::string& domain,
                            const std::string& stream, envelope::Control what, Instant now) {
  const DomainPlace* place = log.topology().find(domain);
  if (place == nullptr) return stop("unknown_domain", "the log has no domain '" + domain + "'");
  TRY(const std::vector<ParkedCommand> parked, find_parked(log, catalog));
  TRY(count_parked(parked, domain, stream));
  const PartitionId id = Topology::partition_for(*place, stream);
  TRY(const Ownership ownership, log.acquire(id));
  CommandFields fields;
  fields.id = command_id("", domain, stream, "control-" + std::to_string(now.ns));
  fields.stream = stream;
  fields.control = what;
  fields.received_at = now;
  flatbuffers::FlatBufferBuilder builder;
  const Cause cause = std::max(ownership.tail.command, ownership.tail.cause).next();
  const auto batch = std::make_shared<RecordBatch>(id, LogSide::commands);
  batch->add(cause.value, std::max(now, ownership.tail.time), build_command(builder, fields));
  batch->tickets.push_back(0);
  if (log.append_commands(id, batch) == Taken::full)
    return stop("storage_full", "the log takes no command: make room on the disk, try again");
  TRY(make_durable(log, id, cause));
  return log.close();
}

}  // namespace spate
