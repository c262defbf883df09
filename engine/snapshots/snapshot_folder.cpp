// A draft bears another name until it is whole: a crash at any step leaves nothing that counts.
#include "engine/snapshots/snapshot_folder.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "engine/base/text.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view draft_ending = ".unfinished";
constexpr std::size_t name_bytes_max = 100;

Result<void> check_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= name_bytes_max && name.front() != '.' &&
                    name.front() != '-' && !name.ends_with(draft_ending) && name != "LOCK" &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
                    });
  if (fits) return {};
  return stop("usage", "'" + name + "' is no name for a snapshot: letters, digits, '.', '-' and "
                       "'_', at most " + std::to_string(name_bytes_max) +
                       ", not beginning with '.' or '-'");
}

/// "20261129T134510Z", with a number behind it when there is one of that second.
std::string name_by_time(const std::string& folder, Instant now) {
  const std::time_t seconds = now.ns / 1'000'000'000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  std::string name = text;
  for (int n = 2; fs::exists(folder + "/" + name); ++n) name = text + ("-" + std::to_string(n));
  return name;
}

Result<Snapshot> read_snapshot(const std::string& path) {
  const std::string file = path + "/" + snapshot_file_name;
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    return stop("snapshot_damaged", path + " has no file " + snapshot_file_name +
                                        ": it was never finished, use another snapshot");
  TRY(const std::string text, text_of_file(file));
  TRY(Snapshot snapshot, snapshot_of(text, file));
  for (const auto& [name, said] : snapshot.files) {
    const uint64_t bytes = fs::file_size(path + "/" + name, ignored);
    if (ignored)
      return stop("snapshot_damaged", path + "/" + name + " is missing: use another snapshot");
    if (bytes != said.bytes)
      return stop("snapshot_damaged", path + "/" + name + " has " + std::to_string(bytes) +
                                          " bytes, not " + std::to_string(said.bytes) +
                                          ": use another snapshot");
  }
  return snapshot;
}

Result<void> remove_drafts(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().ends_with(draft_ending))
      TRY(remove_folder(entry.path().string()));
  return {};
}

}  // namespace

Result<std::vector<ListedSnapshot>> list_snapshots(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return stop("no_snapshots", folder + " is no directory: give the one that `spate snapshot "
                                         "create` was given");
  std::vector<ListedSnapshot> all;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_directory(error)) continue;
    ListedSnapshot& one = all.emplace_back();
    one.name = entry.path().filename().string();
    if (one.name.ends_with(draft_ending)) {
      one.why_not = "being made, or its making was cut short: the next create removes it";
      continue;
    }
    auto snapshot = read_snapshot(entry.path().string());
    if (snapshot) one.whole = std::move(*snapshot);
    else one.why_not = snapshot.error().detail;
  }
  std::sort(all.begin(), all.end(), [](const ListedSnapshot& a, const ListedSnapshot& b) {
    if (a.whole.has_value() != b.whole.has_value()) return a.whole.has_value();
    if (!a.whole || a.whole->taken == b.whole->taken) return a.name < b.name;
    return a.whole->taken < b.whole->taken;
  });
  return all;
}

Result<ListedSnapshot> find_snapshot(const std::string& folder, const std::string& name) {
  TRY(const auto all, list_snapshots(folder));
  NearestName near(name);
  const ListedSnapshot* newest = nullptr;
  for (const ListedSnapshot& one : all) {
    near.offer(one.name);
    if (one.whole) newest = &one;
    if (one.name != name) continue;
    ListedSnapshot found = one;
    if (one.whole) return found;
    TRY(found.whole, read_snapshot(folder + "/" + name));
    return found;
  }
  if (!name.empty())
    return stop("unknown_snapshot", folder + " has no snapshot '" + name + "'" + near.hint() +
                                        "; `spate snapshot list " + folder + "` shows them");
  if (newest == nullptr)
    return stop("no_snapshots", folder + " holds no whole snapshot; `spate snapshot list " +
                                    folder + "` shows what is there");
  return *newest;
}

SnapshotDraft::SnapshotDraft(std::string folder, std::string name)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      path_(folder_ + "/" + name_ + std::string(draft_ending)) {}

Result<std::unique_ptr<SnapshotDraft>> SnapshotDraft::begin(const std::string& folder,
                                                            const std::string& name, Instant now) {
  if (!name.empty()) TRY(check_name(name));
  TRY(auto storage, PosixStorage::at(folder));
  TRY(auto lock, storage->lock());
  std::unique_ptr<SnapshotDraft> draft(
      new SnapshotDraft(folder, name.empty() ? name_by_time(folder, now) : name));
  draft->storage_ = std::move(storage);
  draft->lock_ = std::move(lock);
  if (fs::exists(folder + "/" + draft->name_)) {
    draft->finished_ = true;  // nothing to remove
    return stop("snapshot_exists", folder + " has a snapshot '" + name +
                                       "' already: choose another --name, or remove it");
  }
  TRY(remove_drafts(folder));
  TRY(state::make_directory(draft->path_ + "/log"));
  TRY(state::make_directory(draft->path_ + "/schemas"));
  return draft;
}

SnapshotDraft::~SnapshotDraft() {
  if (!finished_) (void)remove_folder(path_);
}

Result<void> SnapshotDraft::finish(const Snapshot& snapshot) {
  for (const char* folder : {"/log", "/schemas"}) TRY(sync_folder(path_ + folder));
  TRY(write_file(path_ + "/" + snapshot_file_name, to_text(snapshot)));
  TRY(sync_folder(path_));
  TRY(move_folder(path_, folder_ + "/" + name_));
  finished_ = true;
  return {};
}

}  // namespace spate
