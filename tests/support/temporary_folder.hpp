// Folders of tests: made for one of them or for the process, gone afterwards, never shared.
#pragma once
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "engine/base/ensure.hpp"

namespace spate {

class TemporaryFolder {
 public:
  TemporaryFolder() : TemporaryFolder(std::filesystem::temp_directory_path()) {}
  explicit TemporaryFolder(const std::filesystem::path& below)
      : path_((below / "spate-XXXXXX").string()) {
    ENSURE(mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() {
    if (getpid() == made_by_) std::filesystem::remove_all(path_);  // a forked child leaves it
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  const pid_t made_by_ = getpid();
  std::string path_;
};

/// For files that no power cut can take from a test: a sync of theirs costs nothing.
inline std::filesystem::path memory_folder() {
  const std::filesystem::path shared = "/dev/shm";
  return ::access(shared.c_str(), W_OK) == 0 ? shared : std::filesystem::temp_directory_path();
}

/// One folder a test program. A death test that runs the program anew finds it by the environment:
/// what the killed child wrote lies where its parent looks.
class ProcessFolder {
 public:
  ProcessFolder() {
    if (const char* given = getenv(variable)) {
      path_ = given;
      return;
    }
    made_ = std::make_unique<TemporaryFolder>();
    path_ = made_->path();
    setenv(variable, path_.c_str(), 1);
  }
  const std::string& path() const { return path_; }

 private:
  static constexpr const char* variable = "SPATE_TEST_FOLDER";
  std::unique_ptr<TemporaryFolder> made_;
  std::string path_;
};
inline const ProcessFolder process_folder;

/// `name` below a folder of this process: two runs on one machine never meet in a file.
inline std::string scratch_path(const std::string& name) { return process_folder.path() + "/" + name; }

}  // namespace spate
