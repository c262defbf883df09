// Drafts carry the process's number and a random one: two nodes may ship the same file at once.
#include "engine/shipping/directory_depot.hpp"

#include <unistd.h>

#include <filesystem>

#include "engine/base/chance.hpp"
#include "engine/state/file.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;
using state::File;

tl::unexpected<Fault> depot_failed(const std::string& path, const std::error_code& error) {
  return stop("depot_failed", path + ": " + error.message());
}

class DirectoryWriter final : public Depot::Writer {
 public:
  DirectoryWriter(File file, std::string draft, std::string path)
      : file_(std::move(file)), draft_(std::move(draft)), path_(std::move(path)) {}
  ~DirectoryWriter() override {
    if (!published_) ::unlink(draft_.c_str());
  }
  Result<void> append(Bytes bytes) override {
    TRY(file_.write(written_, bytes));
    written_ += bytes.size();
    return {};
  }
  Result<void> publish() override {
    TRY(state::publish(file_, draft_, path_));
    published_ = true;
    return {};
  }

 private:
  File file_;
  const std::string draft_, path_;
  uint64_t written_ = 0;
  bool published_ = false;
};

class DirectoryReader final : public Depot::Reader {
 public:
  DirectoryReader(File file, uint64_t size) : file_(std::move(file)), left_(size) {}
  Result<std::size_t> read(std::span<uint8_t> into) override {
    into = into.first(std::min<uint64_t>(into.size(), left_));
    TRY(file_.read(at_, into));
    at_ += into.size();
    left_ -= into.size();
    return into.size();
  }

 private:
  File file_;
  uint64_t at_ = 0, left_;
};

}  // namespace

Result<std::vector<Depot::Object>> DirectoryDepot::list(const std::string& folder) {
  std::vector<Object> objects;
  std::error_code error;
  fs::directory_iterator entries(path_of(folder), error);
  if (error == std::errc::no_such_file_or_directory && fs::exists(directory_)) return objects;
  if (error) return depot_failed(path_of(folder), error);
  const auto now = fs::file_time_type::clock::now();
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (error) return depot_failed(path_of(folder), error);
    std::error_code gone;  // by another node, since it was listed
    if (!entries->is_regular_file(gone) || gone) continue;
    const uint64_t bytes = entries->file_size(gone);
    const auto written = gone ? now : entries->last_write_time(gone);
    if (gone) continue;
    objects.push_back(
        {folder + "/" + entries->path().filename().string(), bytes,
         std::chrono::duration_cast<std::chrono::nanoseconds>(now - written).count()});
  }
  return objects;
}

Result<std::unique_ptr<Depot::Writer>> DirectoryDepot::write(const std::string& name) {
  const std::string path = path_of(name);
  TRY(state::make_directory(fs::path(path).parent_path().string()));
  const std::string draft =
      path + "." + std::to_string(::getpid()) + "-" + std::to_string(chance()) + ".draft";
  TRY(File file, File::create(draft));
  return std::make_unique<DirectoryWriter>(std::move(file), draft, path);
}

Result<std::unique_ptr<Depot::Reader>> DirectoryDepot::read(const std::string& name) {
  Result<File> file = File::open(path_of(name));
  if (!file && file.error().code == "file_missing")
    return stop("object_missing", file.error().detail);
  if (!file) return pass_on(std::move(file.error()));
  TRY(const uint64_t size, file->size());
  return std::make_unique<DirectoryReader>(std::move(*file), size);
}

Result<void> DirectoryDepot::remove(const std::string& name) {
  return state::remove_file(path_of(name));
}

Result<bool> DirectoryDepot::renew(const std::string& name, uint64_t bytes) {
  std::error_code error;
  const uint64_t size = fs::file_size(path_of(name), error);
  if (error == std::errc::no_such_file_or_directory) return false;
  if (error) return depot_failed(path_of(name), error);
  if (size != bytes) return false;
  fs::last_write_time(path_of(name), fs::file_time_type::clock::now(), error);
  if (error == std::errc::no_such_file_or_directory) return false;
  if (error) return depot_failed(path_of(name), error);
  return true;
}

}  // namespace spate
