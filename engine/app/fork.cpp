// Outcomes are matched by the ids of their commands, so that nothing hangs on where they lie.
#include "engine/app/fork.hpp"

#include <unordered_map>

#include "engine/api/envelope.hpp"
#include "engine/app/domain_plan.hpp"
#include "engine/app/sandbox_server.hpp"
#include "engine/base/hash.hpp"
#include "engine/codec/fingerprint.hpp"
#include "engine/log/log_walk.hpp"
#include "engine/log/manifest.hpp"

namespace spate {
namespace {

using envelope::Kind;

/// What became of a command, as far as it is compared.
struct Become {
  Kind kind = Kind::none;
  uint16_t rejection = 0;
  uint64_t events = 0;  // hash_of_events
  uint16_t command = 0;
  bool operator==(const Become&) const = default;
};

/// Of what the events say in their newest versions, whatever wrote them; of their bytes where this
/// binary cannot tell.
uint64_t hash_of_events(const DomainPlan* domain, const envelope::Outcome& outcome) {
  uint64_t hash = 0;
  if (outcome.events() == nullptr) return hash;
  Upcaster upcaster(domain == nullptr ? std::span<const UpcastStep>{}
                                      : domain->domain->handler->upcasts);
  ByteBuffer scratch;
  for (const envelope::Event* event : *outcome.events()) {
    const NewestEvent now = upcaster.newest(event->type(), bytes_of(event->payload()));
    const EventPlan* plan = domain == nullptr ? nullptr : domain->event(now.type);
    const bool is_known = plan != nullptr && now.fault == nullptr;
    const uint64_t one = is_known ? fingerprint(*plan, now.payload, scratch) : xxh3_64(now.payload);
    hash = xxh3_64({reinterpret_cast<const uint8_t*>(&one), sizeof one}, hash + now.type);
  }
  return hash;
}

/// A key that was used for two commands has an outcome for each.
struct Key {
  CommandId id;
  uint64_t fingerprint = 0;
  bool redriven = false;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    return key.id.lo ^ (key.fingerprint * 3) ^ static_cast<std::size_t>(key.redriven);
  }
};
Key key_of(const envelope::Outcome& outcome) {
  return {id_of(outcome.id()), outcome.fingerprint(), outcome.origin() != 0};
}

std::string word_of(const DomainPlan& domain, const Become& become) {
  if (become.kind == Kind::rejected) {
    const RejectionPlan* rejection = domain.rejection(become.rejection);
    return rejection == nullptr ? "rejected " + std::to_string(become.rejection)
                                : "rejected: " + rejection->name;
  }
  if (become.kind == Kind::accepted) return "accepted";
  return envelope::EnumNameKind(become.kind);
}

class Forking {
 public:
  Forking(const ForkOrder& order, const Catalog& catalog) : order_(order), catalog_(catalog) {}

  Result<ForkReport> run() {
    RestoreOrder restore{order_.folder, order_.name, order_.into, order_.at, order_.incarnation};
    TRY(report_.restored, restore_snapshot(restore));
    const std::string& name = report_.restored.name;
    TRY(original_, PosixStorage::at(order_.folder + "/" + name + "/log"));
    TRY(const Manifest manifest, read_manifest(*original_));
    topology_ = Topology(manifest.domains);
    if (Result<void> put = put_in(); !put) {  // nothing of it is worth a look
      for (const char* part : {"/log", "/schemas"}) TRY(remove_folder(order_.into + part));
      return pass_on(std::move(put.error()));
    }
    TRY(serve_once(order_.binary, order_.into));
    TRY(const auto sandbox, PosixStorage::at(order_.into + "/log"));
    TRY(compare(*sandbox));
    return std::move(report_);
  }

 private:
  const LogCut& cut() const { return report_.restored.cut; }

  /// One pass over the original: its later commands go into the sandbox, its later outcomes are
  /// kept to be compared.
  Result<void> put_in() {
    TRY(const auto opened, StoppedLog::open(order_.into));
    ForkCommands commands(opened->log(), catalog_);
    TRY(commands.begin());
    for (const std::string& line : order_.added) TRY(commands.add_line(line, point_in_time()));
    before_.resize(topology_.partitions().size());
    Result<void> put;
    LogVisitor visitor;
    visitor.record = [&](const RecordView& record, const RecordPlace&) {
      if (!put || cut().keeps(topology_, record.head)) return;
      if (record.head.side == LogSide::commands) put = commands.add(record, order_.edits);
      else remember(record);
    };
    TRY(walk_log(*original_, visitor));
    TRY(std::move(put));
    TRY(commands.end());
    report_.decided_again = commands.replayed();
    report_.edited = commands.edited();
    report_.added = commands.added();
    return {};
  }

  Instant point_in_time() const {
    if (order_.at.time) return *order_.at.time;
    return report_.restored.cut.newest;
  }

  Become become_of(uint16_t domain, const envelope::Outcome& outcome) const {
    return {outcome.kind(), outcome.rejection(),
            hash_of_events(find_plan(catalog_, topology_, domain), outcome),
            outcome.command_type()};
  }

  void remember(const RecordView& record) {
    const envelope::Outcome& outcome = outcome_of(record.body);
    const uint32_t dense = topology_.dense_index({record.head.domain, record.head.index});
    before_[dense].emplace(key_of(outcome), become_of(record.head.domain, outcome));
  }

  Result<void> compare(Storage& sandbox) {
    LogVisitor visitor;
    visitor.record = [&](const RecordView& record, const RecordPlace&) {
      if (record.head.side == LogSide::outcomes && !cut().keeps(topology_, record.head))
        compare_one(record);
    };
    TRY(walk_log(sandbox, visitor));
    for (std::size_t dense = 0; dense < before_.size(); ++dense)
      for (const auto& [key, was] : before_[dense])
        note(topology_.partitions()[dense].domain, &was, nullptr, {});
    return {};
  }

  void compare_one(const RecordView& record) {
    const envelope::Outcome& outcome = outcome_of(record.body);
    auto& before = before_[topology_.dense_index({record.head.domain, record.head.index})];
    const Become is = become_of(record.head.domain, outcome);
    const auto found = before.find(key_of(outcome));
    const ForkExample example{std::string(text_of(outcome.stream())),
                              to_hex(id_of(outcome.id()))};
    if (found == before.end()) return note(record.head.domain, nullptr, &is, example);
    if (found->second == is) ++report_.same;
    else note(record.head.domain, &found->second, &is, example);
    before.erase(found);
  }

  /// At least one of `was` and `is` is there.
  void note(uint16_t domain, const Become* was, const Become* is, const ForkExample& example) {
    const DomainPlan* plan = find_plan(catalog_, topology_, domain);
    if (plan == nullptr) return;  // restore would have met an unknown domain at the first start
    const CommandPlan* command = plan->command((is != nullptr ? is : was)->command);
    ForkChange change{plan->name, command == nullptr ? "unknown" : std::string(command->name()),
                      was == nullptr ? "-" : word_of(*plan, *was),
                      is == nullptr ? "-" : word_of(*plan, *is)};
    if (was != nullptr && is != nullptr && change.before == change.after)
      change.after += ", with other events";
    ForkReport::Changed& changed = report_.changes[change];
    ++changed.count;
    if (!example.key.empty() && changed.examples.size() < order_.examples_max)
      changed.examples.push_back(example);
  }

  const ForkOrder& order_;
  const Catalog& catalog_;
  Topology topology_;
  std::unique_ptr<PosixStorage> original_;
  std::vector<std::unordered_map<Key, Become, KeyHash>> before_;  // by dense index
  ForkReport report_;
};

}  // namespace

Result<ForkReport> fork(const ForkOrder& order, const Catalog& catalog) {
  return Forking(order, catalog).run();
}

}  // namespace spate
