// The same fold as the projector's, of the outcomes of one stream alone.
#include "engine/replay/past_fold.hpp"

namespace spate {

PastFold::PastFold(Log& log, const ProjectedDomain& domain, PartitionId partition,
                   std::string_view stream, Sequence through, std::size_t bytes_max)
    : domain_(domain),
      stream_(stream),
      through_(through),
      bytes_max_(bytes_max),
      walk_(log, partition, {}),
      views_(partition, nothing_),
      staged_(views_, domain_.shapes) {}

Result<Step> PastFold::step(uint64_t outcomes_max) {
  if (walk_.at() >= through_) return Step::idle;
  Result<void> folded;
  const uint64_t left = through_.value - walk_.at().value;
  TRY(const auto pause,
      walk_.step(std::min(outcomes_max, left), [&](const RecordView& record) {
        const envelope::Outcome& outcome = outcome_of(record.body);
        if (text_of(outcome.stream()) == stream_) folded = fold(outcome);
        return folded.has_value();
      }));
  TRY(folded);
  views_.publish(staged_.changes(), walk_.at(), staged_.left());
  staged_.clear();
  if (pause == OutcomeWalk::Pause::ended)
    return stop("log_gap", "the log ends at outcome " + std::to_string(walk_.at().value) +
                               ", before " + std::to_string(through_.value));
  return walk_.at() >= through_ ? Step::idle : Step::worked;
}

Result<void> PastFold::fold(const envelope::Outcome& outcome) {
  const std::string reason = fold_outcome(domain_, outcome, staged_);
  if (!reason.empty())
    return stop("projection_failed",
                "outcome " + std::to_string(outcome.sequence()) + ": " + reason);
  if (staged_.bytes() + views_.active_bytes() <= bytes_max_) return {};
  return stop("past_too_far", "the views of '" + stream_ + "' take more than " +
                                  std::to_string(bytes_max_ >> 20) + " MiB at outcome " +
                                  std::to_string(outcome.sequence()) + " already");
}

Sequence PastFold::position(PartitionId partition) const {
  ENSURE(partition == views_.id());
  return through_;
}

Result<bool> PastFold::get(const ViewAddress& address, std::string& value) {
  ENSURE(address.partition == views_.id() && address.view < domain_.shapes.size());
  const ViewScope scope = domain_.shapes[address.view].scope;
  ENSURE(scope != ViewScope::gathered);
  if (address.stream != stream_ || !is_key_text(address.stream) || !is_key_text(address.key))
    return false;
  std::string key;
  view_key(address.partition, scope, {address.view, address.key}, address.stream, key);
  return views_.get(key, value);
}

Result<std::vector<std::string>> PastFold::gather(uint16_t, uint8_t, std::string_view) {
  ensure_failed("a view gathered over streams is not folded from one", __FILE__, __LINE__);
}

Result<ListPage> PastFold::list(const ListQuery& query) {
  const ViewShape shape = domain_.shapes.at(query.view);
  ENSURE(shape.scope == ViewScope::item && query.stream == stream_);
  return list_views(query, shape, {&views_});
}

std::unique_ptr<PastView> LogPast::begin(PartitionId partition, std::string_view stream,
                                         Sequence through) {
  for (const ProjectedDomain& domain : domains_)
    if (domain.number == partition.domain)
      return std::make_unique<PastFold>(log_, domain, partition, stream, through, bytes_max_);
  ensure_failed("every domain of the topology is projected", __FILE__, __LINE__);
}

}  // namespace spate
