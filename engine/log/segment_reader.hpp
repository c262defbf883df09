// SegmentReader: reads one partition's records back from the segment files, by index (B6).
#pragma once
#include <list>
#include <mutex>

#include "engine/log/group_places.hpp"
#include "engine/log/group_scanner.hpp"
#include "engine/log/segment_index.hpp"
#include "engine/log/segment_survey.hpp"

namespace spate {

struct SegmentReaderLimits {
  std::size_t cached_bytes_max = 16 << 20;  ///< unpacked groups, shared by all partitions
  std::size_t open_segments_max = 16;       ///< files and indexes kept open
};

/// Any thread reads; the writer alone opens, notes, settles and closes segments.
class SegmentReader {
 public:
  SegmentReader(Storage& storage, const Hash128& log, const Topology& topology,
                std::vector<SegmentPlace> segments, SegmentReaderLimits limits);
  ~SegmentReader();

  /// A batch as Log::read wants it, of records `from` … `through`; null when there is none.
  /// Fault `log_rot` when a group that must be whole is not.
  Result<BatchPtr> read(LogSide side, PartitionId partition, uint64_t from, uint64_t through,
                        std::size_t bytes_max);

  /// Unpacked groups kept for the next readers. Any thread.
  std::size_t cached_bytes() {
    std::lock_guard lock(cache_mutex_);
    return cached_bytes_;
  }

  /// A new last segment: its groups may be read once they are settled.
  void open_segment(SegmentPlace place);
  /// Records of a group of the last segment.
  void note(PartitionId partition, LogSide side, uint64_t first, uint64_t last, uint64_t offset);
  /// Groups up to here are durable.
  void settle(uint64_t group);
  /// The last segment is sealed: its index, for the file that spares building it.
  ByteBuffer close_segment();

 private:
  struct ReadGroup : Group {
    GroupPlaces places;
    std::size_t memory_bytes() const { return body.size() + places.memory_bytes(); }
  };
  using GroupPtr = std::shared_ptr<const ReadGroup>;
  struct OpenSegment {
    uint64_t name = 0;
    bool is_closed = false;
    std::unique_ptr<StoredFile> file;
    SegmentIndex index;  ///< of a closed segment
  };
  using OpenPtr = std::shared_ptr<OpenSegment>;
  struct Span {  // where to read within one segment
    uint64_t segment = 0;
    uint64_t last_group = 0;
    uint64_t offset = 0;
    bool is_last = false;
    bool has_records = false;
  };
  struct Wanted;

  std::size_t segment_for(LogSide side, PartitionId partition, uint64_t from);
  Result<Span> span_at(std::size_t place, const Wanted& wanted, OpenPtr& open);
  Result<bool> gather(const Span& span, const OpenPtr& open, const Wanted& wanted,
                      RecordBatch& batch);
  bool add_from(const ReadGroup& group, const Wanted& wanted, RecordBatch& batch) const;
  Result<GroupPtr> group_at(const Span& span, const OpenPtr& open, uint64_t offset);
  GroupPtr cached(uint64_t segment, uint64_t offset);
  GroupPtr cache(std::shared_ptr<ReadGroup> group);
  Result<bool> read_group(const OpenPtr& open, uint64_t segment, uint64_t offset, Group& group);
  bool go_on_to(uint64_t segment, uint64_t offset);
  Result<OpenPtr> open(const SegmentPlace& place, bool is_last);
  Result<SegmentIndex> index_of(StoredFile& file, const SegmentPlace& place);

  Storage& storage_;
  const Hash128 log_;
  const Topology& topology_;
  const SegmentReaderLimits limits_;

  std::mutex places_mutex_;  // never held across a read from disk
  std::vector<SegmentPlace> places_;
  SegmentIndex last_index_;  // of the segment being written
  bool last_is_open_ = false;

  std::mutex cache_mutex_;      // never held across a read from disk
  std::list<GroupPtr> cached_;  // newest first
  std::unordered_map<uint64_t, std::list<GroupPtr>::iterator> by_place_;
  std::size_t cached_bytes_ = 0;
  std::list<OpenPtr> open_;  // newest first

  /// Where a reader is: behind the last group it has read.
  struct Place {
    OpenPtr open;
    uint64_t next = 0;
    bool is(const OpenPtr& o, uint64_t offset) const { return open == o && next == offset; }
  };
  /// Who reads a closed segment in order does so past the page cache: copying out of it cost a
  /// seventh of a rebuild, and what it pushed out of there others would have read.
  struct InOrder {
    std::mutex mutex;  // only tried: who comes second reads by way of the cache
    Place at;
    Place aside;  // of who reads elsewhere, since the last group in order
    std::optional<GroupScanner> scanner;  // of `at`
  };
  InOrder in_order_;
};

}  // namespace spate
