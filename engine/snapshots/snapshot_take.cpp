// A hard link is a snapshot of a file that nobody changes any more, and of no other.
#include "engine/snapshots/snapshot_take.hpp"

#include <filesystem>

#include "engine/log/manifest.hpp"
#include "engine/log/move_mark.hpp"
#include "engine/snapshots/segment_scan.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

/// A segment, what its file must hold, and where an earlier snapshot has it.
struct Wanted {
  SnapshotSegment said;
  SegmentPlace place;
  std::string earlier;          // path of that snapshot; empty: none has it
  const Snapshot* of = nullptr;
};

class Taking {
 public:
  Taking(const SnapshotOrder& order, Storage& storage) : order_(order), storage_(storage) {}

  Result<TakenSnapshot> run() {
    TRY(check_not_moved(storage_));
    TRY(manifest_, read_manifest(storage_));
    topology_ = Topology(manifest_.domains);
    TRY(auto draft, SnapshotDraft::begin(order_.folder, order_.name, order_.now));
    path_ = draft->path();
    TRY(find_earlier());
    TRY(plan());
    TRY(make_room());
    Snapshot& made = taken_.snapshot;
    made.log = manifest_.identity;
    made.taken = order_.now;
    made.domains = manifest_.domains;
    for (const Wanted& wanted : wanted_) TRY(take(wanted));
    TRY(take_small_files());
    TRY(draft->finish(made));
    taken_.name = draft->name();
    taken_.path = order_.folder + "/" + draft->name();
    return std::move(taken_);
  }

 private:
  Result<void> find_earlier() {
    TRY(earlier_, list_snapshots(order_.folder));
    for (const ListedSnapshot& one : earlier_)
      if (one.whole && one.whole->log.id != manifest_.identity.id)
        return stop("snapshot_foreign", order_.folder + "/" + one.name +
                                            " is a snapshot of another log: a directory of "
                                            "snapshots belongs to one, use another");
    return {};
  }

  Result<void> plan() {
    TRY(Survey found, survey(storage_, manifest_.identity.id));
    linkable_ = on_one_disk(storage_.directory(), order_.folder);
    for (std::size_t i = 0; i < found.segments.size(); ++i) {
      const SegmentPlace& place = found.segments[i];
      if (place.segment > order_.end.segment) break;
      Wanted wanted;
      const bool is_last = place.segment == order_.end.segment;
      wanted.said = {place.segment, place.first_group, order_.end.number, order_.end.hash, false};
      if (!is_last) {
        wanted.said.last_group = found.segments[i + 1].first_group - 1;
        wanted.said.last_hash = found.segments[i + 1].previous;
        // The first group of a segment is written when the one before was sealed and cut (B2): what
        // lies before a segment with a durable group is never touched again.
        wanted.said.settled = true;
      }
      wanted.place = place;
      look_in_earlier(wanted);
      wanted_.push_back(std::move(wanted));
    }
    if (wanted_.empty() || wanted_.back().said.segment != order_.end.segment)
      return stop("segment_missing", storage_.directory() + "/" +
                                         segment_name(order_.end.segment) +
                                         " is missing: restore it from a copy");
    return {};
  }

  void look_in_earlier(Wanted& wanted) const {
    for (const ListedSnapshot& one : earlier_) {
      if (!one.whole) continue;
      const auto& segments = one.whole->segments;
      const uint64_t at = wanted.said.segment - 1;  // segments are numbered from 1 on
      if (at >= segments.size() || segments[at] != wanted.said) continue;
      wanted.earlier = order_.folder + "/" + one.name;
      wanted.of = &*one.whole;
    }
  }

  Result<void> make_room() {
    uint64_t copies = order_.keep_free_bytes, reads = 0;
    for (const Wanted& wanted : wanted_) {
      if (!wanted.earlier.empty()) continue;
      TRY(uint64_t bytes, bytes_of_file(source_of(wanted)));
      if (wanted.said.segment == order_.end.segment) bytes = order_.end.offset;
      reads += 2 * bytes;  // once to check, once to hash or copy
      if (!wanted.said.settled || !linkable_) copies += bytes + seals_bytes;
    }
    if (order_.progress != nullptr) order_.progress->bytes_of = reads;
    return check_room(order_.folder, copies, "the snapshot");
  }

  std::string source_of(const Wanted& wanted) const {
    return storage_.directory() + "/" + segment_name(wanted.said.segment);
  }

  Result<void> take(const Wanted& wanted) {
    taken_.snapshot.segments.push_back(wanted.said);
    if (!wanted.earlier.empty()) {
      TRY(const bool had, take_again(wanted));
      if (had) return {};
    }
    TRY(ScannedSegment scanned,
        scan_segment(storage_, manifest_.identity.id, topology_, wanted.place,
                     wanted.said.last_group, wanted.said.last_hash, pace()));
    if (wanted.said.segment == order_.end.segment)
      taken_.snapshot.partitions = std::move(scanned.states);
    TRY(wanted.said.settled ? take_settled(wanted) : take_open(wanted, scanned.end));
    forget_pages(source_of(wanted));
    return {};
  }

  /// From an earlier snapshot, unread; the file and its index.
  Result<bool> take_again(const Wanted& wanted) {
    const std::string path = segment_path(wanted.said.segment);
    TRY(const bool linked, link_file(wanted.earlier + "/" + path, path_ + "/" + path));
    if (!linked) return false;
    const SnapshotFile file = wanted.of->files.at(path);
    taken_.snapshot.files[path] = file;
    taken_.reused_bytes += file.bytes;
    if (wanted.said.segment == order_.end.segment)
      taken_.snapshot.partitions = wanted.of->partitions;
    const std::string index = index_path(wanted.said.segment);
    const auto indexed = wanted.of->files.find(index);
    if (indexed == wanted.of->files.end()) return true;
    TRY(const bool index_linked, link_file(wanted.earlier + "/" + index, path_ + "/" + index));
    if (!index_linked) return true;
    taken_.snapshot.files.insert(*indexed);
    taken_.reused_bytes += indexed->second.bytes;
    return true;
  }

  Result<void> take_settled(const Wanted& wanted) {
    const std::string path = segment_path(wanted.said.segment);
    TRY(const SnapshotFile file, link_or_copy(source_of(wanted), path));
    taken_.snapshot.files[path] = file;
    // Derived, but dear to build again for each look into the past; damaged ones count as missing.
    const std::string index = storage_.directory() + "/" + index_name(wanted.said.segment);
    std::error_code ignored;
    if (!fs::exists(index, ignored)) return {};
    TRY(taken_.snapshot.files[index_path(wanted.said.segment)],
        link_or_copy(index, index_path(wanted.said.segment)));
    return {};
  }

  Result<SnapshotFile> link_or_copy(const std::string& from, const std::string& path) {
    const std::string to = path_ + "/" + path;
    bool linked = false;
    if (linkable_) {
      TRY(linked, link_file(from, to));
    }
    TRY(const SnapshotFile file, linked ? hash_file(to, pace()) : copy_file(from, to, pace()));
    (linked ? taken_.linked_bytes : taken_.copied_bytes) += file.bytes;
    return file;
  }

  /// The groups of a segment that still changes, with the seal of a clean stop behind them.
  Result<void> take_open(const Wanted& wanted, const SegmentEnd& end) {
    const std::string path = segment_path(wanted.said.segment), to = path_ + "/" + path;
    TRY(state::File file, state::File::create(to));
    HashStream hash;
    TRY(copy_bytes(source_of(wanted), end.offset, file, hash, pace()));
    const ByteBuffer seal = seals(manifest_.identity.id, end, false);
    hash.add(seal);
    TRY(file.write(end.offset, seal));
    TRY(file.sync());
    taken_.snapshot.files[path] = {end.offset + seal.size(), hash.end()};
    taken_.copied_bytes += end.offset + seal.size();
    forget_pages(to);
    return {};
  }

  Result<void> take_small_files() {
    TRY(const auto log, PosixStorage::at(path_ + "/log"));
    TRY(make_manifest(*log, manifest_));
    TRY(const auto names, log->list());
    for (const std::string& name : names) {
      if (!name.starts_with("MANIFEST")) continue;
      TRY(taken_.snapshot.files["log/" + name], hash_file(path_ + "/log/" + name, {}));
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(order_.data + "/schemas", error)) {
      if (entry.path().extension() != ".bfbs") continue;
      const std::string path = "schemas/" + entry.path().filename().string();
      TRY(taken_.snapshot.files[path], copy_file(entry.path().string(), path_ + "/" + path, {}));
    }
    return {};
  }

  Pace pace() const {
    return [this](uint64_t bytes) {
      if (order_.progress != nullptr) order_.progress->bytes += bytes;
      return !order_.pace || order_.pace(bytes);
    };
  }

  const SnapshotOrder& order_;
  Storage& storage_;
  Manifest manifest_;
  Topology topology_;
  std::string path_;
  bool linkable_ = false;
  std::vector<ListedSnapshot> earlier_;
  std::vector<Wanted> wanted_;
  TakenSnapshot taken_;
};

}  // namespace

Result<TakenSnapshot> take_snapshot(const SnapshotOrder& order) {
  TRY(const auto storage, PosixStorage::at(order.data + "/log"));
  return Taking(order, *storage).run();
}

}  // namespace spate
