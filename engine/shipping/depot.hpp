// Depot: the port to where checkpoints are shipped: named objects, each there whole or not at all.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// Objects are read and written in pieces of it.
inline constexpr std::size_t depot_piece_bytes = 1 << 20;

/// Names are paths without `..`, such as `files/0123…`. Any number of processes on any number of
/// machines use one depot at once; an object is never changed, only written, read and removed.
class Depot {
 public:
  struct Object {
    std::string name;
    uint64_t bytes = 0;
    int64_t age_ns = 0;  ///< since it was written or renewed
  };
  class Writer {
   public:
    /// Gives up what was not published.
    virtual ~Writer() = default;
    virtual Result<void> append(Bytes bytes) = 0;
    /// On the depot's disks, and there for everybody, when it returns.
    virtual Result<void> publish() = 0;
  };
  class Reader {
   public:
    virtual ~Reader() = default;
    /// The next bytes; how many: fewer than asked for at the end alone.
    virtual Result<std::size_t> read(std::span<uint8_t> into) = 0;
  };

  virtual ~Depot() = default;
  /// For people: where it is.
  virtual std::string name() const = 0;
  /// Objects of a folder, in no order. What others did not finish is among them as an object of
  /// `is_draft`'s names, so that it can be removed one day.
  virtual Result<std::vector<Object>> list(const std::string& folder) = 0;
  virtual Result<std::unique_ptr<Writer>> write(const std::string& name) = 0;
  /// Faults: `object_missing`.
  virtual Result<std::unique_ptr<Reader>> read(const std::string& name) = 0;
  virtual Result<void> remove(const std::string& name) = 0;
  /// False: there is no such object of this size. Else its age begins anew.
  virtual Result<bool> renew(const std::string& name, uint64_t bytes) = 0;

  static bool is_draft(std::string_view name) { return name.ends_with(".draft"); }
};

}  // namespace spate
