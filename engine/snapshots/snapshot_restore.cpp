// The log moves to its place last, by one rename: until then the directory is not to be served.
#include "engine/snapshots/snapshot_restore.hpp"

#include <algorithm>
#include <filesystem>

#include "engine/log/manifest.hpp"
#include "engine/snapshots/snapshot_check.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

constexpr const char* staging_name = "restoring";
constexpr std::string_view segment_suffix = ".log";
std::string staging_of(const std::string& data) { return data + "/" + staging_name; }

bool is_unfinished(const std::string& data) {
  std::error_code ignored;
  return fs::exists(staging_of(data), ignored) && !fs::exists(data + "/log", ignored);
}

/// Empty, missing, or left by a restore that was cut short.
Result<void> check_target(const std::string& data) {
  std::error_code error;
  if (!fs::exists(data, error)) return {};
  if (!fs::is_directory(data, error))
    return stop("target_not_empty", data + " is no directory: choose a new one");
  const bool was_begun = is_unfinished(data);
  for (const auto& entry : fs::directory_iterator(data, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name == staging_name || (was_begun && name == "schemas");
    if (is_ours || name == "lost+found") continue;
    return stop("target_not_empty", data + " is not empty (it has '" + name +
                                        "'): nothing is overwritten, choose a new directory or "
                                        "remove what lies there");
  }
  if (!error) return {};
  return stop("target_not_empty", data + " cannot be read: " + error.message());
}

class Restoring {
 public:
  Restoring(const RestoreOrder& order, ListedSnapshot source)
      : order_(order),
        source_(std::move(source)),
        from_(order.folder + "/" + source_.name),
        staging_(staging_of(order.data)),
        topology_(source_.whole->domains) {}

  Result<RestoredSnapshot> run() {
    TRY(check_target(order_.data));
    TRY(log_, PosixStorage::at(from_ + "/log"));
    TRY(plan());
    TRY(check_room(order_.data, copies(), "the restored log"));
    TRY(state::make_directory(order_.data));
    TRY(const FolderLock lock, FolderLock::take(order_.data));
    TRY(check_target(order_.data));
    TRY(begin());
    Result<void> filled = fill();
    if (filled) filled = finish();
    if (!filled) {
      if (!is_whole_) (void)remove_folder(staging_);
      return pass_on(std::move(filled.error()));
    }
    restored_.name = source_.name;
    restored_.taken = source_.whole->taken;
    return std::move(restored_);
  }

 private:
  const Snapshot& said() const { return *source_.whole; }

  /// Which segments are taken as they are, and which one, if any, is cut.
  Result<void> plan() {
    kept_ = said().segments.size();
    restored_.outcomes = said().outcomes();
    if (!order_.until) return {};
    progress_ = {RestoreProgress::Step::searching, 0, log_bytes(said().segments.size())};
    TRY(restored_.cut, find_cut(*log_, *order_.until, said().taken,
                                [this](uint64_t bytes) { count(bytes); }));
    if (!restored_.cut.drops()) return {};
    restored_.outcomes = restored_.cut.outcomes_kept;
    TRY(const Survey found, survey(*log_, said().log.id));
    places_ = found.segments;
    is_cut_ = true;
    for (kept_ = 0; kept_ + 1 < places_.size(); ++kept_)
      if (!restored_.cut.reaches(topology_, places_[kept_ + 1].states)) break;
    return {};
  }

  /// Of the first `segments`.
  uint64_t log_bytes(std::size_t segments) const {
    uint64_t bytes = 0;
    for (std::size_t i = 0; i < segments; ++i) bytes += said().files.at(segment_path(i + 1)).bytes;
    return bytes;
  }

  void count(uint64_t bytes) {
    progress_.bytes += bytes;
    if (order_.progress) order_.progress(progress_);
  }

  bool is_linked(std::size_t segment) const {
    return said().segments[segment].settled && on_one_disk(from_, order_.data);
  }

  uint64_t copies() const {
    uint64_t bytes = 0;
    for (std::size_t i = 0; i < kept_ + is_cut_; ++i)
      if (i == kept_ || !is_linked(i)) bytes += said().files.at(segment_path(i + 1)).bytes;
    return bytes;
  }

  Result<void> begin() {
    TRY(remove_folder(order_.data + "/schemas"));  // of one that was cut short: before what says so
    TRY(remove_folder(staging_));
    TRY(state::make_directory(staging_ + "/log"));
    TRY(state::make_directory(staging_ + "/schemas"));
    TRY(sync_folder(staging_));
    return sync_folder(order_.data);  // from here on it is known to be unfinished
  }

  Result<void> fill() {
    progress_ = {RestoreProgress::Step::restoring, 0, log_bytes(kept_ + is_cut_)};
    for (std::size_t i = 0; i < kept_; ++i) {
      TRY(take(segment_path(i + 1), is_linked(i)));
      if (said().files.contains(index_path(i + 1))) TRY(take(index_path(i + 1), is_linked(i)));
    }
    if (is_cut_) TRY(cut());
    for (const auto& [path, file] : said().files) {
      if (path.starts_with("schemas/")) TRY(take(path, false));
      if (!path.starts_with("log/MANIFEST")) continue;  // not taken: this log's life is another
      TRY(const SnapshotFile found, hash_file(from_ + "/" + path, {}));
      TRY(compare_file(from_ + "/" + path, file, found));
    }
    Manifest manifest{{said().log.id, order_.incarnation}, said().domains};
    TRY(const auto log, PosixStorage::at(staging_ + "/log"));
    return make_manifest(*log, manifest);
  }

  Result<void> take(const std::string& path, bool link) {
    const std::string from = from_ + "/" + path, to = staging_ + "/" + path;
    if (link) {
      TRY(link, link_file(from, to));
    }
    const Pace pace = [&](uint64_t bytes) { return count(bytes), true; };
    const bool counts = path.ends_with(segment_suffix);
    TRY(const SnapshotFile found, link ? hash_file(to, counts ? pace : Pace())
                                       : copy_file(from, to, counts ? pace : Pace()));
    TRY(compare_file(from, said().files.at(path), found));
    (link ? restored_.linked_bytes : restored_.copied_bytes) += found.bytes;
    return {};
  }

  /// All that is still needed of the log goes into one last segment.
  Result<void> cut() {
    TRY(const auto log, PosixStorage::at(staging_ + "/log"));
    TRY(auto file, log->open(segment_name(kept_ + 1), OpenMode::create));
    TRY(const SegmentEnd end, write_cut_segment(*log_, said().log.id, topology_, places_, kept_,
                                                restored_.cut, *file));
    restored_.copied_bytes += end.offset + seals_bytes;
    count(said().files.at(segment_path(kept_ + 1)).bytes);
    return {};
  }

  Result<void> finish() {
    for (const char* folder : {"/log", "/schemas"}) TRY(sync_folder(staging_ + folder));
    TRY(move_folder(staging_ + "/schemas", order_.data + "/schemas"));
    TRY(move_folder(staging_ + "/log", order_.data + "/log"));
    is_whole_ = true;
    return remove_folder(staging_);
  }

  const RestoreOrder& order_;
  const ListedSnapshot source_;
  const std::string from_, staging_;
  const Topology topology_;
  std::unique_ptr<PosixStorage> log_;
  std::size_t kept_ = 0;  // segments
  bool is_cut_ = false, is_whole_ = false;
  std::vector<SegmentPlace> places_;
  RestoreProgress progress_;
  RestoredSnapshot restored_;
};

}  // namespace

Result<RestoredSnapshot> restore_snapshot(const RestoreOrder& order) {
  TRY(ListedSnapshot source, find_snapshot(order.folder, order.name));
  return Restoring(order, std::move(source)).run();
}

Result<void> check_restored(const std::string& data) {
  if (!is_unfinished(data)) return {};
  return stop("restore_unfinished", data + ": a restore into this directory was cut short: run the "
                                           "same `spate snapshot restore` again, which begins "
                                           "anew, or use another directory");
}

}  // namespace spate
