// Bytes are written at their place in the file: a write that found no room is repeated as it was.
#include "engine/state/rocks_patience.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <chrono>
#include <thread>

namespace spate {
namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr auto look_again = std::chrono::milliseconds(100);
constexpr uint64_t look_after_bytes = 1 << 20;

/// Repeats `attempt` while the disk is full.
template <class Attempt>
IOStatus patiently(const Attempt& attempt) {
  for (;;) {
    IOStatus status = attempt();
    if (!status.IsNoSpace()) return status;
    std::this_thread::sleep_for(look_again);
  }
}

class PatientFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  PatientFile(std::unique_ptr<FSWritableFile>&& file, rocksdb::FileSystem& files, std::string path)
      : FSWritableFileOwnerWrapper(std::move(file)),
        files_(files),
        path_(std::move(path)),
        is_table_(path_.ends_with(".sst")) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (is_table_) leave_room(data.size());
    IOStatus status = patiently([&] {
      return FSWritableFileOwnerWrapper::PositionedAppend(data, end_, options, debug);
    });
    if (status.ok()) end_ += data.size();
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&, IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            IODebugContext* debug) override {
    if (is_table_) leave_room(data.size());
    IOStatus status = patiently([&] {
      return FSWritableFileOwnerWrapper::PositionedAppend(data, offset, options, debug);
    });
    if (status.ok()) end_ = std::max<uint64_t>(end_, offset + data.size());
    return status;
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo&, IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }

 private:
  void leave_room(std::size_t bytes) {
    unlooked_bytes_ += bytes;
    if (unlooked_bytes_ < look_after_bytes) return;
    unlooked_bytes_ = 0;
    uint64_t free = 0;
    while (files_.GetFreeSpace(path_, {}, &free, nullptr).ok() && free < tables_leave_free_bytes)
      std::this_thread::sleep_for(look_again);
  }

  rocksdb::FileSystem& files_;
  const std::string path_;
  const bool is_table_;
  uint64_t end_ = 0;
  uint64_t unlooked_bytes_ = look_after_bytes;  // a look before the first write
};

class PatientFiles final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "patient"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) override {
    const IOStatus made =
        patiently([&] { return target()->NewWritableFile(path, options, file, debug); });
    if (made.ok()) *file = std::make_unique<PatientFile>(std::move(*file), *target(), path);
    return made;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    return patiently([&] { return target()->RenameFile(from, to, options, debug); });
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* debug) override {
    return patiently([&] { return target()->LinkFile(from, to, options, debug); });
  }
};

class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Env* patient_env() {
  static rocksdb::Env* const env =  // never destroyed: threads of RocksDB end after main
      rocksdb::NewCompositeEnv(std::make_shared<PatientFiles>(rocksdb::FileSystem::Default()))
          .release();
  return env;
}

}  // namespace

void wait_for_room(rocksdb::Options& options) {
  options.env = patient_env();
  options.info_log = std::make_shared<NoLog>();
}

}  // namespace spate
