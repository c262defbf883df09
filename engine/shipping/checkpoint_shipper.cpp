// Settle, take, hash, send, publish, prune, rest: one piece a step.
#include "engine/shipping/checkpoint_shipper.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/shipping/shipped_list.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

constexpr int64_t ms = 1'000'000, second_ns = 1'000'000'000;
constexpr int64_t look_again_ns = 5 * second_ns;
constexpr int64_t fill_up_ns_max = second_ns / 4;  // a rate is one over this time

std::string mark_of(const std::string& path, const std::string& name) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  return name + " " + std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

Result<std::vector<ShippedFile>> files_below(const std::string& folder) {
  std::vector<ShippedFile> files;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error))
    if (entries->is_regular_file())
      files.push_back({{}, entries->file_size(), entries->path().lexically_relative(folder)});
  if (error) return stop("file_failed", "listing " + folder + ": " + error.message());
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace

CheckpointShipper::CheckpointShipper(Parts parts)
    : parts_(std::move(parts)), piece_(depot_piece_bytes) {}

Step CheckpointShipper::step() {
  const Result<Step> step = advance();
  if (step) return *step;
  stats_.failed.add(1);
  parts_.tell("a checkpoint was not shipped to " + parts_.depot->name() + ": " +
              step.error().detail);
  rest(parts_.limits.interval_ns);
  return Step::worked;
}

Result<Step> CheckpointShipper::advance() {
  switch (phase_) {
    case Phase::resting: return begin();
    case Phase::settling: return take();
    case Phase::hashing: return hash_next();
    case Phase::sending: return send_next();
    case Phase::publishing: return publish();
    case Phase::pruning: return prune();
  }
  return Step::idle;
}

/// Nothing of this round is needed any more.
void CheckpointShipper::rest(int64_t for_ns) {
  writer_.reset();
  file_ = {};
  taken_ = {};
  std::error_code ignored;
  fs::remove_all(parts_.folder, ignored);
  due_ns_ = parts_.clock->monotonic_ns() + for_ns;
  phase_ = Phase::resting;
}

Result<Step> CheckpointShipper::begin() {
  const int64_t now = parts_.clock->monotonic_ns();
  if (now < due_ns_) return Step::blocked;
  if (!parts_.may_ship()) {
    due_ns_ = now + look_again_ns;
    return Step::blocked;
  }
  TRY(const auto listed, list_checkpoints(*parts_.depot, parts_.log, parts_.incarnation));
  newest_ms_ = listed.empty() ? 0 : listed.front().taken_ms;
  const int64_t age_ns = parts_.clock->wall().ns - newest_ms_ * ms;
  if (age_ns >= 0 && age_ns < parts_.limits.interval_ns) {  // another node, or we before a restart
    due_ns_ = now + parts_.limits.interval_ns - age_ns;
    return Step::blocked;
  }
  parts_.settle();
  due_ns_ = now + parts_.limits.settle_ns;
  phase_ = Phase::settling;
  return Step::worked;
}

Result<Step> CheckpointShipper::take() {
  if (parts_.clock->monotonic_ns() < due_ns_) return Step::blocked;
  std::error_code error;
  fs::remove_all(parts_.folder, error);
  fs::create_directories(parts_.folder, error);
  if (error) return stop("file_failed", parts_.folder + ": " + error.message());
  TRY(taken_, parts_.take());
  if (taken_.partitions == shipped_) {
    rest(parts_.limits.interval_ns);
    return Step::worked;
  }
  taken_.log = parts_.log;
  taken_.incarnation = parts_.incarnation;
  taken_.taken_ms = std::max(parts_.clock->wall().ns / ms, newest_ms_ + 1);
  TRY(taken_.files, files_below(parts_.folder));
  still_known_.clear();
  next_ = 0;
  phase_ = Phase::hashing;
  return Step::worked;
}

/// What it holds becomes its name; a file whose format says that it is rotten is not shipped.
Result<Step> CheckpointShipper::hash_next() {
  if (next_ == taken_.files.size()) {
    known_.swap(still_known_);
    next_ = 0;
    phase_ = Phase::sending;
    return Step::worked;
  }
  ShippedFile& file = taken_.files[next_];
  const std::string mark = mark_of(path_of(file), file.path);
  if (const auto found = known_.find(mark); found != known_.end()) {
    file.hash = still_known_[mark] = found->second;
    ++next_;
    return Step::worked;
  }
  if (!file_.is_open()) TRY(begin_hash(file));
  const std::span<uint8_t> into(piece_.data(),
                                std::min<uint64_t>(depot_piece_bytes, file.bytes - moved_));
  if (!may_move(into.size())) return Step::blocked;
  TRY(file_.read(moved_, into));
  hash_.add(into);
  moved_ += into.size();
  if (moved_ < file.bytes) return Step::worked;
  file.hash = still_known_[mark] = hash_.end();
  file_ = {};
  ++next_;
  return Step::worked;
}

Result<void> CheckpointShipper::begin_hash(const ShippedFile& file) {
  TRY(parts_.verify(path_of(file)));
  TRY(file_, state::File::open(path_of(file)));
  hash_ = {};
  moved_ = 0;
  return {};
}

Result<Step> CheckpointShipper::send_next() {
  if (next_ == taken_.files.size()) {
    phase_ = Phase::publishing;
    return Step::worked;
  }
  const ShippedFile& file = taken_.files[next_];
  const std::string object = file_object(taken_.log, taken_.incarnation, file);
  if (writer_ == nullptr) {
    TRY(const bool is_there, parts_.depot->renew(object, file.bytes));
    if (is_there) {
      ++next_;
      return Step::worked;
    }
    TRY(file_, state::File::open(path_of(file)));
    TRY(writer_, parts_.depot->write(object));
    moved_ = 0;
  }
  if (!may_move(std::min<uint64_t>(depot_piece_bytes, file.bytes - moved_))) return Step::blocked;
  TRY(send_piece());
  return Step::worked;
}

Result<void> CheckpointShipper::send_piece() {
  const ShippedFile& file = taken_.files[next_];
  const std::span<uint8_t> into(piece_.data(),
                                std::min<uint64_t>(depot_piece_bytes, file.bytes - moved_));
  TRY(file_.read(moved_, into));
  TRY(writer_->append(into));
  moved_ += into.size();
  stats_.bytes.add(into.size());
  if (moved_ < file.bytes) return {};
  TRY(writer_->publish());
  writer_.reset();
  file_ = {};
  ++next_;
  return {};
}

bool CheckpointShipper::may_move(std::size_t bytes) {
  const int64_t now = parts_.clock->monotonic_ns();
  const auto rate = static_cast<double>(parts_.limits.bytes_per_second_max);
  const int64_t since = std::min(now - moved_at_ns_, fill_up_ns_max);
  const double most = std::max<double>(depot_piece_bytes, rate * fill_up_ns_max / second_ns);
  const double came = rate * static_cast<double>(since) / second_ns;
  allowance_ = static_cast<int64_t>(std::min(most, static_cast<double>(allowance_) + came));
  moved_at_ns_ = now;
  if (allowance_ < static_cast<int64_t>(bytes)) return false;
  allowance_ -= static_cast<int64_t>(bytes);
  return true;
}

/// Every file is there: from the moment the checkpoint itself is, others may find all of it.
Result<Step> CheckpointShipper::publish() {
  const std::string text = to_text(taken_);
  TRY(const auto writer, parts_.depot->write(checkpoint_object(taken_, text)));
  TRY(writer->append(as_bytes(text)));
  TRY(writer->publish());
  shipped_ = taken_.partitions;
  stats_.checkpoints.add(1);
  stats_.shipped_at_ms.set(static_cast<uint64_t>(taken_.taken_ms));
  phase_ = Phase::pruning;
  return Step::worked;
}

/// Older checkpoints go first, then the files that none of those left names.
Result<Step> CheckpointShipper::prune() {
  TRY(const auto listed, list_checkpoints(*parts_.depot, parts_.log, parts_.incarnation));
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (i < parts_.limits.keep) {
      kept.push_back(listed[i].object);
    } else {
      TRY(parts_.depot->remove(listed[i].object));
    }
  }
  TRY(remove_strays(kept));
  rest(parts_.limits.interval_ns);
  return Step::worked;
}

Result<void> CheckpointShipper::remove_strays(const std::vector<std::string>& kept) {
  std::set<std::string> named;
  for (const std::string& object : kept) {
    const auto checkpoint =
        read_checkpoint(*parts_.depot, object, parts_.log, parts_.incarnation);
    if (!checkpoint && is_of_no_use(checkpoint.error())) continue;
    if (!checkpoint) return tl::unexpected<Fault>(checkpoint.error());
    for (const ShippedFile& file : checkpoint->files)
      named.insert(file_object(parts_.log, parts_.incarnation, file));
  }
  const std::string files = files_folder(parts_.log, parts_.incarnation);
  for (const std::string& folder : {files, checkpoints_folder(parts_.log, parts_.incarnation)}) {
    TRY(const auto objects, parts_.depot->list(folder));
    for (const Depot::Object& object : objects) {
      const bool is_stray = Depot::is_draft(object.name) ||
                            (folder == files && !named.contains(object.name));
      if (is_stray && object.age_ns >= parts_.limits.stray_age_ns_min)
        TRY(parts_.depot->remove(object.name));
    }
  }
  return {};
}

}  // namespace spate
