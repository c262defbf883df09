// StateStore: the port below the rows of one partition; holds them at exactly one position (C1).
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"
#include "engine/state/checkpoint.hpp"

namespace spate {

/// A row to write; `value` with null data erases it. Keys: see row_key.hpp.
struct RowWrite {
  std::string_view key;
  Bytes value;
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  /// The position of the stored rows; none when empty.
  virtual Result<std::optional<Checkpoint>> checkpoint() = 0;
  /// Values of `keys`, appended in order; nullopt = no such row. The partition's owner thread.
  virtual Result<void> get(std::span<const std::string_view> keys,
                           std::vector<std::optional<std::string>>& values) = 0;
  /// All of `rows` (sorted by key, no key twice) and the position, all or nothing. One thread at a
  /// time, which need not be the owner; `get` may run meanwhile.
  virtual Result<void> write(std::span<const RowWrite> rows, const Checkpoint& at) = 0;
  /// Every row in key order. Not while `write` runs.
  virtual Result<void> each(const std::function<void(std::string_view, Bytes)>& visit) = 0;
  /// Forgets rows and position (rule C2: a checkpoint that cannot be used is discarded loudly).
  virtual Result<void> clear() = 0;
};

}  // namespace spate
