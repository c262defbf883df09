// A pure repetition leaves no outcome (A2), so the last commands may have none and yet be decided.
#include "engine/log/move_survey.hpp"

#include <map>

#include "engine/base/place_text.hpp"
#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

using Wish = std::pair<Hash128, uint64_t>;  // id and fingerprint

Hash128 id_of(const envelope::Id* id) {
  return id == nullptr ? Hash128{} : Hash128{id->hi(), id->lo()};
}

using Wishes = std::map<Wish, Cause>;

std::string name_of(Log& log, PartitionId id) {
  return place_text(log.topology().domains(), id);
}

Result<MovedPartition> survey(Log& log, PartitionId id) {
  MovedPartition found;
  found.id = id;
  uint64_t epoch = 0;
  TRY(each_record(log, LogSide::outcomes, id, 1, [&](const RecordView& record) -> Result<void> {
    const auto& outcome = *flatbuffers::GetRoot<envelope::Outcome>(record.body.data());
    const std::string place =
        "outcome " + std::to_string(record.head.number) + " of " + name_of(log, id);
    if (record.head.number != found.tail.sequence.value + 1 || outcome.chain() != found.tail.chain)
      return stop("log_rot", place + " does not continue the one before it; nothing was moved");
    if (outcome.epoch() < std::max<uint64_t>(epoch, 1))
      return stop("log_rot", place + " has an epoch below the one before it; nothing was moved");
    if (outcome.epoch() > epoch) ++found.claims;
    epoch = outcome.epoch();
    Epoch seen;
    advance(found.tail, seen, LogSide::outcomes, record);
    return {};
  }));
  return found;
}

Result<Wishes> commands_behind(Log& log, PartitionId id, Cause last) {
  Wishes wishes;
  TRY(each_record(log, LogSide::commands, id, last.value + 1,
                  [&](const RecordView& record) -> Result<void> {
                    const auto& command =
                        *flatbuffers::GetRoot<envelope::Command>(record.body.data());
                    wishes.emplace(Wish{id_of(command.id()), command.fingerprint()},
                                   Cause{record.head.number});
                    return {};
                  }));
  return wishes;
}

}  // namespace

Result<std::vector<MovedPartition>> survey_for_move(Log& log) {
  std::vector<MovedPartition> all;
  uint64_t undecided = 0;
  std::string first;
  for (const PartitionId id : log.topology().partitions()) {
    TRY(MovedPartition found, survey(log, id));
    TRY(Wishes wishes, commands_behind(log, id, found.tail.cause));
    if (!wishes.empty())
      TRY(each_record(log, LogSide::outcomes, id, 1, [&](const RecordView& record) -> Result<void> {
        const auto& outcome = *flatbuffers::GetRoot<envelope::Outcome>(record.body.data());
        wishes.erase({id_of(outcome.id()), outcome.fingerprint()});
        return {};
      }));
    if (!wishes.empty() && undecided == 0)
      first = "command " + std::to_string(wishes.begin()->second.value) + " of " + name_of(log, id);
    undecided += wishes.size();
    found.tail.command = found.tail.cause;
    all.push_back(found);
  }
  if (undecided == 0) return all;
  return stop("undecided", std::to_string(undecided) + " commands were taken and are not decided yet (" +
                               first + "): start `spate serve` on the directory once more, wait until "
                               "/readyz is 200, stop it with SIGTERM, then move the log");
}

}  // namespace spate
