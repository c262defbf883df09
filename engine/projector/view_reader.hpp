// ViewReader: the port through which the edge reads views; any thread may call any method.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/projection.hpp"
#include "engine/base/bell.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// Where a view lies. `stream` is empty for gathered views, `key` for stream views.
struct ViewAddress {
  PartitionId partition;
  uint8_t view = 0;
  std::string_view stream;
  std::string_view key;
};

struct ListQuery {
  uint16_t domain = 0;  ///< stable number of the domain
  uint8_t view = 0;
  std::string_view stream;  ///< item views: whose items
  std::string_view after;   ///< cursor of an earlier page, empty = from the start
  std::size_t limit = 100;
  std::size_t scan_max = 10'000;    ///< looks at this many at most; the page may be short then
  std::size_t bytes_max = 1 << 20;  ///< of views on a page, likewise; a larger one comes alone
  std::function<bool(Bytes)> keep;  ///< filter; empty keeps all
};

struct ListPage {
  struct Item {
    std::string key;    ///< the stream (stream views) or the item's key
    std::string value;  ///< the view
  };
  std::vector<Item> items;
  std::string next;  ///< pass as `after`; empty = that was all
};

class ViewReader {
 public:
  virtual ~ViewReader() = default;
  /// Every outcome up to here is folded into the partition's views.
  virtual Sequence position(PartitionId partition) const = 0;
  /// The partition's views are no older than any that a process before this one can have shown:
  /// all that lay in the log when they were opened is folded, or as much as ever will be.
  virtual bool whole(PartitionId partition) const = 0;
  /// The place and reason when the partition's projection has stopped (E4), else empty.
  virtual std::string stopped(PartitionId partition) const = 0;
  /// False: no such view.
  virtual Result<bool> get(const ViewAddress& address, std::string& value) = 0;
  /// The parts of a gathered view, one a partition that has it.
  virtual Result<std::vector<std::string>> gather(uint16_t domain, uint8_t view,
                                                  std::string_view key) = 0;
  /// Stream views over all partitions of the domain, or items of one stream; in key order, or
  /// newest first where the view's shape says so.
  virtual Result<ListPage> list(const ListQuery& query) = 0;
  /// Rung whenever a position moved while somebody waits; call once per waiting thread.
  virtual void on_advance(Bell* bell) = 0;
};

}  // namespace spate
