// Where the sum is known, and who is asked about it.
#include "engine/projector/view_sum.hpp"

namespace spate {

void ViewSum::keep_journal(const std::string& path, const LogIdentity& log) {
  journal_ = std::make_shared<DigestJournal>(path, log);
  journal_->open();  // what is wrong with it `spate replay verify` says
}

void ViewSum::start_at(std::optional<Hash128> digest) {
  frozen_left_ = active_left_ = {};
  stored_ = digest ? std::optional(HashSum(*digest)) : std::nullopt;
}

ViewWitnesses ViewSum::witnesses(const Checkpoint& at) const {
  if (!stored_) return {};
  if (called_) return *called_;
  ViewWitnesses all;
  if (journal_ == nullptr) return all;
  for (const DigestPoint& point : journal_->points(at.sequence, at.schema_digest, at.logic_version))
    all.at.push_back(point.sequence);
  // The first would show the first difference, the last ones show any that lasts.
  if (all.at.size() > witnesses_max)
    all.at.erase(all.at.begin() + 1, all.at.end() - (witnesses_max - 1));
  all.meet = [journal = journal_](const Checkpoint& here) {
    const auto same = journal->compare(here);
    return same ? std::string() : same.error().detail;
  };
  return all;
}

std::optional<HashSum> ViewSum::before_write() const {
  if (!stored_) return std::nullopt;
  HashSum sum = *stored_;
  return sum += frozen_left_;
}

/// That the same outcomes were recorded otherwise shows where the fold meets its witnesses.
void ViewSum::record(const Checkpoint& at) const {
  if (journal_ != nullptr) (void)journal_->add(at);
}

std::optional<Hash128> ViewSum::now(const ViewMap* frozen, const ViewMap& active) const {
  const std::optional<HashSum>& base = frozen == nullptr ? stored_ : before_frozen_;
  if (!base) return std::nullopt;
  HashSum sum = *base;
  const auto add = [&sum](const ViewMap& views, HashSum left) {
    sum += left;
    views.each([&](const ViewEntry& view) {
      if (view.value != nullptr) sum.add(view.key(), view.bytes());
    });
  };
  if (frozen != nullptr) add(*frozen, frozen_left_);
  add(active, active_left_);
  return sum.value();
}

}  // namespace spate
