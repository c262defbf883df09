// A mark is set before the generation is looked up, so whoever changed it first sees the mark or
// knows that the reader found the new one (both in one total order).
#include "engine/projector/served_views.hpp"

#include <algorithm>

namespace spate {
namespace {

std::size_t numbers_of(const Topology& topology) {
  std::size_t count = 0;
  for (const DomainPlace& place : topology.domains())
    count = std::max<std::size_t>(count, place.number + 1);
  return count;
}

}  // namespace

class ServedViews::Reading {
 public:
  Reading(const ServedViews& served, uint16_t domain) : mark_(served.mark_of_this_thread()) {
    mark_.readers.fetch_add(1);
    views_ = served.of_[domain].load();
  }
  ~Reading() { mark_.readers.fetch_sub(1, std::memory_order_release); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ProjectedViews* operator->() const { return views_; }

 private:
  Mark& mark_;
  ProjectedViews* views_;
};

ServedViews::ServedViews(const Topology& topology) : of_(numbers_of(topology)) {}

ServedViews::Mark& ServedViews::mark_of_this_thread() const {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t mine = threads.fetch_add(1) % marks_count;
  return marks_[mine];
}

void ServedViews::serve(uint16_t domain, ProjectedViews& views) {
  of_[domain].store(&views);
  bell_.ring();
}

bool ServedViews::Farewell::over() {
  while (seen_ < marks_count && views_->marks_[seen_].readers.load() == 0) ++seen_;
  return seen_ == marks_count;
}

Sequence ServedViews::position(PartitionId partition) const {
  return Reading(*this, partition.domain)->position(partition);
}

bool ServedViews::whole(PartitionId partition) const {
  return Reading(*this, partition.domain)->whole(partition);
}

std::string ServedViews::stopped(PartitionId partition) const {
  return Reading(*this, partition.domain)->stopped(partition);
}

Result<bool> ServedViews::get(const ViewAddress& address, std::string& value) {
  return Reading(*this, address.partition.domain)->get(address, value);
}

Result<std::vector<std::string>> ServedViews::gather(uint16_t domain, uint8_t view,
                                                     std::string_view key) {
  return Reading(*this, domain)->gather(domain, view, key);
}

Result<ListPage> ServedViews::list(const ListQuery& query) {
  return Reading(*this, query.domain)->list(query);
}

}  // namespace spate
