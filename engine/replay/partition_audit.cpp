// One partition, outcome by outcome.
#include "engine/replay/partition_audit.hpp"

#include <algorithm>

#include "engine/log/chain.hpp"

namespace spate {
namespace {

/// One stream's views in the store, as the domain's laws see them.
class ViewsInStore final : public StoredViews {
 public:
  ViewsInStore(ViewStore& store, PartitionId partition, std::string_view stream)
      : store_(store), partition_(partition), stream_(stream) {}

  Bytes find(ViewName name) const override {
    const ViewScope scope = name.key.empty() ? ViewScope::stream : ViewScope::item;
    std::string key;
    view_key(partition_, scope, name, stream_, key);
    found_.push_back(std::make_unique<std::string>());
    const Result<bool> is_there = store_.get(key, *found_.back());
    if (!is_there) fault_ = is_there.error();
    return is_there && *is_there ? as_bytes(*found_.back()) : Bytes{};
  }
  void each(uint8_t view,
            const std::function<void(std::string_view, Bytes)>& visit) const override {
    const std::unique_ptr<ViewCursor> at =
        store_.scan(item_range(partition_.domain, view, stream_));
    ByteBuffer aligned;  // a view is read in place, and a store's block aligns nothing
    for (; at->valid(); at->next()) {
      if (partition_in(at->key()) != partition_) continue;
      aligned.clear();
      aligned.append(at->value());
      visit(at->key(), aligned);
    }
    const Result<void> status = at->status();
    if (!status) fault_ = status.error();
  }
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  ViewStore& store_;
  PartitionId partition_;
  std::string_view stream_;
  mutable std::vector<std::unique_ptr<std::string>> found_;
  mutable std::optional<Fault> fault_;
};

}  // namespace

PartitionAudit::PartitionAudit(const Domain& domain, const DomainPlace& place, PartitionId id,
                               AuditReport& report)
    : domain_(domain),
      upcaster_(domain.handler->upcasts),
      place_(place),
      id_(id),
      report_(report),
      count_(report.domains[place.name]) {}

void PartitionAudit::take(const RecordView& record) {
  const Sequence sequence{record.head.number};
  ++count_.outcomes;
  if (record_crc(record.head, record.body) != record.head.crc) {
    broken("a record matches its checksum", sequence);
    last_ = record.head.number;
    chain_.reset();
    return;
  }
  const envelope::Outcome& outcome = outcome_of(record.body);
  check_record(record, outcome);
  check_order(record, outcome);
  count(outcome, sequence);
  fold_events(outcome, sequence);
}

void PartitionAudit::check_record(const RecordView& record, const envelope::Outcome& outcome) {
  const Sequence sequence{record.head.number};
  const std::string_view stream = text_of(outcome.stream());
  if (outcome.sequence() != record.head.number || outcome.time() != record.head.time)
    broken("a record's head says what its outcome says", sequence, stream);
  if (PartitionId{record.head.domain, record.head.index} != id_)
    broken("a record lies in its own partition", sequence, stream);
  if (!stream.empty() && Topology::partition_for(place_, stream) != id_)
    broken("a stream lies in the partition of its key", sequence, stream);
}

void PartitionAudit::check_order(const RecordView& record, const envelope::Outcome& outcome) {
  const Sequence sequence{record.head.number};
  if (record.head.number != last_ + 1)
    broken("sequences are dense: expected " + std::to_string(last_ + 1) + ", seen " +
               std::to_string(record.head.number),
           sequence);
  else if (chain_ && outcome.chain() != *chain_)
    broken("the chain holds", sequence);
  if (outcome.cause() < cause_) broken("causes never go back", sequence);
  if (outcome.epoch() < epoch_) broken("epochs never go back", sequence);
  if (outcome.time() < time_) broken("time never goes back", sequence);
  last_ = record.head.number;
  chain_ = next_chain(record.body);
  cause_ = std::max(cause_, outcome.cause());
  epoch_ = std::max(epoch_, outcome.epoch());
  time_ = std::max(time_, outcome.time());
}

void PartitionAudit::count(const envelope::Outcome& outcome, Sequence sequence) {
  const bool is_accepted = outcome.kind() == envelope::Kind::accepted;
  const bool is_rejected = outcome.kind() == envelope::Kind::rejected;
  if (is_accepted || is_rejected) effects_.push_back({id_of(outcome.id()), sequence.value});
  if (is_accepted)
    ++count_.accepted;
  else if (is_rejected)
    ++count_.rejected, ++count_.rejections[outcome.rejection()];
  else
    ++count_.others;
}

void PartitionAudit::fold_events(const envelope::Outcome& outcome, Sequence sequence) {
  if (outcome.events() == nullptr || outcome.events()->size() == 0) return;
  const std::string_view stream = text_of(outcome.stream());
  if (outcome.kind() != envelope::Kind::accepted)
    broken("only an accepted command has events", sequence, stream);
  const auto [entry, is_new] = streams_.try_emplace(std::string(stream));
  if (is_new && domain_.projection->audit != nullptr)
    entry->second.laws = domain_.projection->audit();
  for (const envelope::Event* event : *outcome.events()) {
    ++count_.events;
    const NewestEvent now = upcaster_.newest(event->type(), bytes_of(event->payload()));
    if (now.fault != nullptr || domain_.handler->event(now.type) == nullptr) {
      broken(now.fault != nullptr
                 ? "every event is read in its newest version: " + *now.fault
                 : "the schema knows every event: type " + std::to_string(event->type()),
             sequence, stream);
      continue;
    }
    if (entry->second.laws == nullptr) continue;
    laws_.clear();
    entry->second.laws->fold(now.type, now.payload, laws_);
    for (const std::string& law : laws_.broken()) broken(law, sequence, stream);
  }
  upcaster_.clear();
}

Result<void> PartitionAudit::finish(ViewStore* views) {
  check_ids();
  count_.streams += streams_.size();
  TRY(const bool compares, may_compare(views));
  for (auto& [stream, facts] : streams_) {
    if (facts.laws == nullptr) continue;
    laws_.clear();
    std::optional<ViewsInStore> stored;
    if (compares) stored.emplace(*views, id_, stream);
    facts.laws->finish(stored ? &*stored : nullptr, laws_);
    if (stored && stored->fault()) return pass_on(Fault(*stored->fault()));
    if (stored) ++count_.streams_compared;
    for (const std::string& law : laws_.broken()) broken(law, {}, stream);
  }
  return {};
}

void PartitionAudit::check_ids() {
  std::sort(effects_.begin(), effects_.end());
  for (std::size_t i = 1; i < effects_.size(); ++i)
    if (effects_[i].id == effects_[i - 1].id)
      broken("no command takes effect twice: " + to_hex(effects_[i].id) + " did at sequence " +
                 std::to_string(effects_[i - 1].sequence) + " before",
             {effects_[i].sequence});
}

/// Views that stand elsewhere than the log ends would differ without anything being wrong.
Result<bool> PartitionAudit::may_compare(ViewStore* views) {
  if (views == nullptr || last_ == 0) return false;
  TRY(const std::optional<Checkpoint> at, views->checkpoint(id_));
  if (at && at->sequence.value > last_)
    broken("views are never ahead of the log: they stand at " + std::to_string(at->sequence.value));
  return at && at->sequence.value == last_;
}

void PartitionAudit::broken(std::string law, Sequence sequence, std::string_view stream) {
  ++report_.findings_total;
  if (report_.findings.size() < AuditReport::findings_max)
    report_.findings.push_back({id_, place_.name, sequence, std::string(stream), std::move(law)});
}

}  // namespace spate
