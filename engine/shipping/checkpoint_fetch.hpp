// CheckpointFetch: the newest checkpoint of a log that fits it, from a depot into an empty folder.
#pragma once
#include <functional>
#include <optional>

#include "engine/base/step.hpp"
#include "engine/shipping/shipped_list.hpp"
#include "engine/state/file.hpp"

namespace spate {

/// Stepped until it is done. All that is fetched lies in `<data>/fetched` until it is whole,
/// checked and on disk; then it is moved into place, which a later start finishes if this one is
/// killed.
/// Before that moment a kill leaves nothing that anybody reads. Whatever does not fit is told and
/// the next older one tried; without any the stores stay empty and are folded from the log.
class CheckpointFetch {
 public:
  struct Parts {
    Depot* depot = nullptr;
    std::string data;  ///< the data directory
    Hash128 log;
    uint64_t incarnation = 0;
    /// Why a partition's place is not in the log, as of now; empty: it is. Faults (`retry`): it
    /// cannot be said just now; asked again.
    std::function<Result<std::string>(const ShippedPartition&)> misfit;
    std::function<void(const std::string&)> tell;
  };
  explicit CheckpointFetch(Parts parts);
  ~CheckpointFetch();

  /// Whether a data directory holds nothing that a checkpoint would bring.
  static bool is_wanted(const std::string& data);
  /// What a start that was killed had fetched is moved into place if it was whole, else removed.
  /// Before `is_wanted`.
  static Result<void> finish(const std::string& data);

  /// At most a piece of a file. True: done. Faults: of this machine's disk; those of the depot are
  /// told.
  Result<bool> step();
  /// What it does, for people.
  std::string doing() const;
  /// What was fetched; none: nothing.
  const std::optional<ShippedCheckpoint>& found() const { return found_; }

 private:
  enum class Phase : uint8_t { listing, choosing, comparing, fetching, done };
  Result<void> list();
  Result<void> choose();
  Result<void> compare();
  Result<void> fetch();
  Result<void> end_file();
  Result<void> install();
  void pass_over(const std::string& why);
  std::string folder() const;

  const Parts parts_;
  Phase phase_ = Phase::listing;
  std::vector<ListedCheckpoint> listed_;  // still to be tried, the newest last
  std::string object_;                    // tried now
  ShippedCheckpoint checkpoint_;
  std::size_t next_ = 0;                  // of its partitions, then of its files
  std::unique_ptr<Depot::Reader> reader_;
  struct Incoming;
  std::unique_ptr<Incoming> incoming_;
  uint64_t fetched_bytes_ = 0;
  std::vector<uint8_t> piece_;
  std::optional<ShippedCheckpoint> found_;
};

}  // namespace spate
