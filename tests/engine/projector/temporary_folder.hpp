// TemporaryFolder: a folder for one test, gone after it.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "engine/base/ensure.hpp"

namespace spate {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "spate-XXXXXX").string()) {
    ENSURE(mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace spate
