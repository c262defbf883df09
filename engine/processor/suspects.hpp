// Suspects: which command was being decided when the process died; a second death parks it (E2).
#pragma once
#include <optional>
#include <string>

#include "engine/base/hash.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// One breadcrumb a partition, in a file mapped into memory: a store per command, no system call.
/// It survives the death of the process (not of the machine: that kills nobody twice).
class Suspects {
 public:
  Suspects() = default;
  ~Suspects();
  Suspects(const Suspects&) = delete;
  Suspects& operator=(const Suspects&) = delete;

  /// Maps (and creates) the file with room for `partitions`; crumbs of another log are forgotten.
  Result<void> open(const std::string& path, Hash128 log_id, uint32_t partitions);
  /// Keeps them in memory: tests, simulation.
  void open_in_memory(uint32_t partitions);

  /// Before deciding: the crumb of partition `dense` names this command.
  void deciding(uint32_t dense, CommandId id);
  /// After deciding (a batch).
  void done(uint32_t dense);
  /// Whether the process died twice while deciding exactly this command.
  bool is_suspect(uint32_t dense, CommandId id) const;
  /// That command, if there is one.
  std::optional<CommandId> suspect(uint32_t dense) const;
  /// The command that was decided last, and whether the process died meanwhile.
  std::pair<CommandId, bool> last(uint32_t dense) const;

 private:
  struct Crumb;
  struct File;
  Crumb* crumbs() const;
  File* file_ = nullptr;
  std::size_t bytes_ = 0;
  bool mapped_ = false;
};

}  // namespace spate
