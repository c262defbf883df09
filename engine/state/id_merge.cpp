// Merging: the smallest id of all sources goes next; sources are few, so each is looked at.
#include "engine/state/id_merge.hpp"

namespace spate {
namespace {

/// A sorted source: ids in memory, or a run read page by page.
class Source {
 public:
  explicit Source(std::span<const IdEntry> ids) : ids_(ids) {}
  explicit Source(const IdRun& run) : run_(&run), page_(std::make_unique<IdPage>()) {}

  /// Loads the next page when the last is used up.
  Result<void> fill() {
    while (ids_.empty() && run_ != nullptr && next_page_ < run_->pages()) {
      TRY(run_->read_page(next_page_++, *page_));
      ids_ = std::span(page_->entries).first(page_->count);
    }
    return {};
  }
  bool ended() const { return ids_.empty(); }
  const IdEntry& front() const { return ids_.front(); }
  void pop() { ids_ = ids_.subspan(1); }

 private:
  std::span<const IdEntry> ids_;
  const IdRun* run_ = nullptr;
  std::unique_ptr<IdPage> page_;
  uint64_t next_page_ = 0;
};

}  // namespace

std::size_t runs_to_merge(const IdRuns& runs, uint64_t count) {
  std::size_t taken = 0;
  for (auto run = runs.rbegin(); run != runs.rend() && (*run)->count() <= 2 * count; ++run) {
    count += (*run)->count();
    ++taken;
  }
  return taken;
}

Result<void> merge_ids(std::span<const IdEntry> recent,
                       std::span<const std::shared_ptr<const IdRun>> runs,
                       const std::string& path, std::size_t filter_bytes_max) {
  uint64_t ids_max = recent.size();
  std::vector<Source> sources;
  sources.emplace_back(recent);
  for (const auto& run : runs) {
    sources.emplace_back(*run);
    ids_max += run->count();
  }
  TRY(IdRunWriter writer, IdRunWriter::create(path, ids_max, filter_bytes_max));
  for (;;) {
    const IdEntry* least = nullptr;
    for (Source& source : sources) {
      TRY(source.fill());
      if (source.ended()) continue;
      const IdEntry& candidate = source.front();
      if (least == nullptr || candidate.id < least->id ||
          (candidate.id == least->id && candidate.sequence > least->sequence))
        least = &candidate;
    }
    if (least == nullptr) break;
    const IdEntry entry = *least;
    for (Source& source : sources)
      if (!source.ended() && source.front().id == entry.id) source.pop();
    TRY(writer.add(entry));
  }
  return writer.finish();
}

}  // namespace spate
