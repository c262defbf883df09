// RocksRun: over what lay there, beside snapshots, when it fails, and what a kill leaves.
#include "engine/state/rocks_run.hpp"

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/rate_limiter.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

class RocksRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.create_if_missing = true;
    options_.disable_auto_compactions = true;
    options_.level0_file_num_compaction_trigger = 2;  // RocksDB raises the next one to it
    options_.level0_slowdown_writes_trigger = 3;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options_, folder_.path(), &db).ok());
    db_.reset(db);
  }
  void put(const std::string& key, const std::string& value) {
    rocksdb::WriteOptions how;
    how.disableWAL = true;
    ASSERT_TRUE(db_->Put(how, key, value).ok());
  }
  std::string get(const std::string& key, const rocksdb::Snapshot* at = nullptr) {
    rocksdb::ReadOptions how;
    how.snapshot = at;
    std::string value;
    const auto status = db_->Get(how, key, &value);
    return status.ok() ? value : status.IsNotFound() ? "none" : status.ToString();
  }
  std::size_t run_files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      count += entry.path().native().ends_with(".run.sst");
    return count;
  }

  TemporaryFolder folder_;
  rocksdb::Options options_;
  std::unique_ptr<rocksdb::DB> db_;
};

TEST_F(RocksRunTest, ReplacesAndErasesWhatTheMemtableAndTheTablesHold) {
  put("a", "table");
  ASSERT_TRUE(db_->Flush({}).ok());
  put("b", "memtable");
  put("c", "memtable");
  RocksRun run(*db_, options_, "test");
  run.put("a", "run");
  run.erase("b");
  run.put("d", "run");
  ASSERT_TRUE(run.finish().ok());
  EXPECT_EQ(get("a") + " " + get("b") + " " + get("c") + " " + get("d"), "run none memtable run");
  put("a", "later");
  EXPECT_EQ(get("a"), "later");
  EXPECT_EQ(run_files(), 0u);
}

TEST_F(RocksRunTest, IsNotSeenByASnapshotTakenBefore) {
  put("a", "before");
  const rocksdb::Snapshot* before = db_->GetSnapshot();
  RocksRun run(*db_, options_, "test");
  run.put("a", "run");
  ASSERT_TRUE(run.finish().ok());
  EXPECT_EQ(get("a", before), "before");
  EXPECT_EQ(get("a"), "run");
  db_->ReleaseSnapshot(before);
}

TEST_F(RocksRunTest, LeavesNothingWhenItsKeysAreNotInOrder) {
  {
    RocksRun run(*db_, options_, "test");
    run.put("b", "run");
    run.put("a", "run");
    run.put("c", "run");
    EXPECT_FALSE(run.finish().ok());
  }
  EXPECT_EQ(get("b") + get("c"), "nonenone");
  EXPECT_EQ(run_files(), 0u);
}

TEST_F(RocksRunTest, LeavesNothingWhenItIsGivenUp) {
  { RocksRun(*db_, options_, "test").put("a", "run"); }
  EXPECT_EQ(get("a"), "none");
  EXPECT_EQ(run_files(), 0u);
}

TEST_F(RocksRunTest, IsWrittenWithinTheLimitOfItsStore) {
  options_.rate_limiter.reset(rocksdb::NewGenericRateLimiter(int64_t{1} << 40));
  options_.compression = rocksdb::kNoCompression;
  RocksRun run(*db_, options_, "test");
  constexpr std::size_t value_bytes = 64 << 10;
  const std::string value(value_bytes, 'v');
  for (char key = 'a'; key <= 'z'; ++key) run.put(std::string(1, key), value);
  ASSERT_TRUE(run.finish().ok());
  EXPECT_GE(options_.rate_limiter->GetTotalBytesThrough(), static_cast<int64_t>(26 * value_bytes));
}

TEST_F(RocksRunTest, GoesPastThePageCacheWhereThatCanBe) {
  const std::string value(100'000, 'v');
  for (const auto written : {RocksRun::Written::passes, RocksRun::Written::stays}) {
    RocksRun run(*db_, options_, "test", written);
    for (char key = 'a'; key <= 'z'; ++key) run.put(std::string(1, key), value);
    ASSERT_TRUE(run.finish().ok());
    EXPECT_EQ(get("a"), value);
    EXPECT_EQ(get("z"), value);
  }
}

/// Not every file system can write past it.
class OnlyThroughTheCache final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "only through the cache"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (options.use_direct_writes) {
      ++refused;
      return rocksdb::IOStatus::IOError("Invalid argument", path);
    }
    return target()->NewWritableFile(path, options, file, debug);
  }
  int refused = 0;
};

TEST_F(RocksRunTest, GoesThroughThePageCacheWhereItMust) {
  const auto files = std::make_shared<OnlyThroughTheCache>(rocksdb::FileSystem::Default());
  const auto env = rocksdb::NewCompositeEnv(files);
  rocksdb::Options options = options_;
  options.env = env.get();
  RocksRun run(*db_, options, "test", RocksRun::Written::passes);
  run.put("a", "run");
  ASSERT_TRUE(run.finish().ok());
  EXPECT_EQ(get("a"), "run");
  EXPECT_EQ(files->refused, 1);
}

TEST_F(RocksRunTest, HasNoRoomWhereRocksDbWouldSlowWritersDown) {
  put("a", "table");  // else the first run would lie on the last level
  ASSERT_TRUE(db_->Flush({}).ok());
  for (int tables = 1; tables < 3; ++tables) {
    EXPECT_TRUE(RocksRun::has_room(*db_)) << tables;
    RocksRun run(*db_, options_, "test");
    run.put("a", "run");
    ASSERT_TRUE(run.finish().ok());
  }
  EXPECT_FALSE(RocksRun::has_room(*db_));
}

TEST_F(RocksRunTest, SweepsWhatAKilledProcessLeftAndNothingElse) {
  put("a", "kept");
  ASSERT_TRUE(db_->Flush({}).ok());
  db_.reset();
  std::ofstream(folder_.path() + "/rows-1.run.sst") << "half a table";
  RocksRun::sweep(folder_.path());
  EXPECT_EQ(run_files(), 0u);
  SetUp();
  EXPECT_EQ(get("a"), "kept");
  RocksRun::sweep(folder_.path() + "/missing");
}

}  // namespace
}  // namespace spate
