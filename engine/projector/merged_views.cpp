// A heap of sorted runs beside one cursor of the store.
#include "engine/projector/merged_views.hpp"

#include <algorithm>

namespace spate {

MergedViews::MergedViews(const std::vector<PartitionViews*>& partitions, KeyRange range)
    : range_(std::move(range)) {
  for (PartitionViews* partition : partitions) {
    const PartitionViews::Layers layers = partition->layers();
    add(*partition, layers.active, 0);
    if (layers.frozen != nullptr) add(*partition, layers.frozen, 1);
  }
  // After the layers were taken: what leaves them from now on is in the store already.
  stored_ = partitions.front()->store().scan(range_);
}

bool MergedViews::later(const Source& a, const Source& b) {
  const int order = a.key().compare(b.key());
  return order != 0 ? order > 0 : a.layer > b.layer;
}

void MergedViews::add(PartitionViews& partition, const std::shared_ptr<ViewLayer>& changed,
                      int layer) {
  const std::string_view head = std::string_view(range_.from).substr(0, view_key_head_bytes);
  for (auto& run : changed->ordered(head, partition.lock())) {
    const auto less = [](const ViewEntry* entry, std::string_view key) {
      return entry->key() < key;
    };
    const auto first = std::lower_bound(run->begin(), run->end(), range_.from, less);
    const auto end = std::lower_bound(first, run->end(), range_.to, less);
    if (first == end) continue;
    const ViewEntry* const* data = run->data();
    sources_.push_back(
        {data + (first - run->begin()), data + (end - run->begin()), &partition, layer});
    std::push_heap(sources_.begin(), sources_.end(), later);
    runs_.push_back(std::move(run));
  }
  held_.push_back(changed);
}

bool MergedViews::next() {
  const bool in_store = stored_->valid();
  if (sources_.empty() && !in_store) return false;
  if (in_store && (sources_.empty() || stored_->key() < sources_.front().key())) {
    key_ = stored_->key();
    stored_value_.assign(as_text(stored_->value()));
    entry_ = nullptr;
    stored_->next();
    return true;
  }
  entry_ = *sources_.front().at;
  partition_ = sources_.front().partition;
  key_ = entry_->key();
  take_smallest(key_);
  if (in_store && stored_->key() == key_) stored_->next();
  return true;
}

void MergedViews::take_smallest(std::string_view smallest) {
  while (!sources_.empty() && sources_.front().key() == smallest) {
    std::pop_heap(sources_.begin(), sources_.end(), later);
    if (++sources_.back().at == sources_.back().end)
      sources_.pop_back();
    else
      std::push_heap(sources_.begin(), sources_.end(), later);
  }
}

bool MergedViews::value(std::string& out) const {
  if (entry_ != nullptr) return partition_->copy(*entry_, out);
  out = stored_value_;
  return true;
}

}  // namespace spate
