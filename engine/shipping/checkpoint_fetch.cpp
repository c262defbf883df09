// Below <data>/fetched everything lies as it will in <data>; the file `whole` says that it is all.
#include "engine/shipping/checkpoint_fetch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/base/hash_stream.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

constexpr const char* stores[] = {"rows", "views", "ids"};

std::string folder_in(const std::string& data) { return data + "/fetched"; }
std::string mark_in(const std::string& data) { return folder_in(data) + "/whole"; }

tl::unexpected<Fault> failed(const std::string& what, const std::error_code& error) {
  return stop("file_failed", what + ": " + error.message());
}

Result<void> sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const std::error_code error(errno, std::generic_category());
  if (fd >= 0) ::close(fd);
  return synced ? Result<void>() : failed("syncing " + path, error);
}

Result<void> sync_folders_below(const std::string& path) {
  TRY(sync_folder(path));
  std::error_code error;
  fs::recursive_directory_iterator entries(path, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error))
    if (entries->is_directory()) TRY(sync_folder(entries->path()));
  if (error) return failed("listing " + path, error);
  return {};
}

Result<void> remove_all(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return failed("removing " + path, error);
  return {};
}

/// What is there already was moved before, or is the server's own: it stays.
Result<void> move_into(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(from) || fs::exists(to)) return {};
  fs::rename(from, to, error);
  if (error) return failed("moving " + from.string(), error);
  return {};
}

}  // namespace

struct CheckpointFetch::Incoming {
  state::File file;
  HashStream hash;
  uint64_t bytes = 0;
};

CheckpointFetch::CheckpointFetch(Parts parts)
    : parts_(std::move(parts)), piece_(depot_piece_bytes) {}
CheckpointFetch::~CheckpointFetch() = default;

std::string CheckpointFetch::folder() const { return folder_in(parts_.data); }

bool CheckpointFetch::is_wanted(const std::string& data) {
  std::error_code ignored;
  for (const char* store : stores)
    if (fs::exists(data + "/" + store, ignored)) return false;
  return !fs::exists(data + "/kafka", ignored) ||
         std::none_of(fs::directory_iterator(data + "/kafka", ignored), fs::directory_iterator(),
                      [](const auto& entry) {
                        return entry.path().filename().string().starts_with("kafka-");
                      });
}

Result<void> CheckpointFetch::finish(const std::string& data) {
  const std::string from = folder_in(data);
  std::error_code error;
  if (fs::exists(mark_in(data), error)) {
    for (const char* store : stores) TRY(move_into(from + "/" + store, data + "/" + store));
    TRY(state::make_directory(data + "/kafka"));
    fs::directory_iterator notes(from + "/kafka", error);
    for (; !error && notes != fs::directory_iterator(); notes.increment(error))
      TRY(move_into(notes->path(), data + "/kafka/" + notes->path().filename().string()));
    TRY(sync_folder(data));
    TRY(sync_folder(data + "/kafka"));
    TRY(state::remove_file(mark_in(data)));
  }
  return remove_all(from);
}

Result<bool> CheckpointFetch::step() {
  switch (phase_) {
    case Phase::listing: TRY(list()); break;
    case Phase::choosing: TRY(choose()); break;
    case Phase::comparing: TRY(compare()); break;
    case Phase::fetching: TRY(fetch()); break;
    case Phase::done: break;
  }
  return phase_ == Phase::done;
}

std::string CheckpointFetch::doing() const {
  if (phase_ != Phase::fetching) return "looking for a checkpoint in " + parts_.depot->name();
  return "fetching the checkpoint " + object_ + ": " + std::to_string(fetched_bytes_ >> 20) +
         " of " + std::to_string(checkpoint_.bytes() >> 20) + " MiB";
}

Result<void> CheckpointFetch::list() {
  const auto listed = list_checkpoints(*parts_.depot, parts_.log, parts_.incarnation);
  if (!listed)
    parts_.tell("checkpoints cannot be read: " + listed.error().detail +
                "; folding everything from the topics instead");
  else listed_.assign(listed->rbegin(), listed->rend());
  phase_ = Phase::choosing;
  return {};
}

Result<void> CheckpointFetch::choose() {
  TRY(remove_all(folder()));
  if (listed_.empty()) {
    phase_ = Phase::done;
    return {};
  }
  object_ = listed_.back().object;
  listed_.pop_back();
  auto read = read_checkpoint(*parts_.depot, object_, parts_.log, parts_.incarnation);
  if (!read) {
    pass_over(read.error().detail);
    return {};
  }
  checkpoint_ = std::move(*read);
  next_ = 0;
  phase_ = Phase::comparing;
  return {};
}

void CheckpointFetch::pass_over(const std::string& why) {
  parts_.tell("the checkpoint " + object_ + " in " + parts_.depot->name() + " is not used: " + why +
              (listed_.empty() ? "; there is no older one, folding from the topics"
                               : "; trying the one before"));
  reader_.reset();
  incoming_.reset();
  fetched_bytes_ = 0;
  phase_ = Phase::choosing;
}

/// Before anything is fetched: it is this log's, and not ahead of it (C2).
Result<void> CheckpointFetch::compare() {
  if (next_ < checkpoint_.partitions.size()) {
    const Result<std::string> why = parts_.misfit(checkpoint_.partitions[next_]);
    if (!why && why.error().action == FaultAction::retry) return {};
    if (!why) return tl::unexpected<Fault>(why.error());
    ++next_;
    if (!why->empty()) pass_over(*why);
    return {};
  }
  next_ = 0;
  phase_ = Phase::fetching;
  return {};
}

Result<void> CheckpointFetch::fetch() {
  if (next_ == checkpoint_.files.size()) return install();
  const ShippedFile& file = checkpoint_.files[next_];
  if (incoming_ == nullptr) {
    auto reader =
        parts_.depot->read(file_object(checkpoint_.log, checkpoint_.incarnation, file));
    if (!reader) {
      pass_over(reader.error().detail);
      return {};
    }
    reader_ = std::move(*reader);
    incoming_ = std::make_unique<Incoming>();
    const fs::path path = folder() + "/" + file.path;
    TRY(state::make_directory(path.parent_path().string()));
    TRY(incoming_->file, state::File::create(path.string()));
  }
  const Result<std::size_t> got = reader_->read(piece_);
  if (!got) {
    pass_over(got.error().detail);
    return {};
  }
  const Bytes bytes(piece_.data(), *got);
  if (bytes.empty() || incoming_->bytes + bytes.size() > file.bytes) return end_file();
  TRY(incoming_->file.write(incoming_->bytes, bytes));
  incoming_->hash.add(bytes);
  incoming_->bytes += bytes.size();
  fetched_bytes_ += bytes.size();
  return incoming_->bytes == file.bytes ? end_file() : Result<void>();
}

/// What does not hold what it is named after is taken away, so that the next to ship sends it anew.
Result<void> CheckpointFetch::end_file() {
  const ShippedFile& file = checkpoint_.files[next_];
  const bool is_whole = incoming_->bytes == file.bytes && incoming_->hash.end() == file.hash;
  if (!is_whole) {
    const std::string object = file_object(checkpoint_.log, checkpoint_.incarnation, file);
    const bool removed = parts_.depot->remove(object).has_value();
    pass_over(file.path + " fails its hash (" + object +
              (removed ? ", removed)" : ", which could not be removed: do that)"));
    return {};
  }
  TRY(incoming_->file.sync());
  incoming_.reset();
  reader_.reset();
  ++next_;
  return {};
}

Result<void> CheckpointFetch::install() {
  TRY(state::make_directory(folder()));
  TRY(sync_folders_below(folder()));
  const std::string mark = mark_in(parts_.data);
  TRY(state::File file, state::File::create(mark + ".draft"));
  TRY(state::publish(file, mark + ".draft", mark));
  TRY(finish(parts_.data));
  found_ = std::move(checkpoint_);
  phase_ = Phase::done;
  return {};
}

}  // namespace spate
