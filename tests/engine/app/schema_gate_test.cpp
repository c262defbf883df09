// The gate: what is recorded at a start, what is refused at the next one, and the decode of it all.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/api/envelope.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/schema_record.hpp"
#include "engine/app/schema_verify.hpp"
#include "engine/app/view_schemas.hpp"
#include "engine/log/chain.hpp"
#include "engine/log/memory_log.hpp"
#include "tests/support/schema_text.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The domains of this binary, but redemptions as `schemas/redemptions.fbs` would be after `edit`.
class Edited {
 public:
  Edited(const std::string& from, const std::string& to) {
    std::string text = file_text("schemas/redemptions.fbs");
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    binary_ = test::compile_schema_text(text.replace(at, from.size(), to));
    for (const Domain& domain : domains()) {
      all_.push_back(domain);
      if (domain.name == "redemptions") all_.back().schema = as_bytes(binary_);
    }
    catalog = std::move(*Catalog::load(all_));
  }
  std::unique_ptr<Catalog> catalog;

 private:
  std::string binary_;
  std::vector<Domain> all_;
};

class SchemaGate : public testing::Test {
 protected:
  SchemaGate()
      : catalog_(std::move(*Catalog::load(domains()))),
        data_(scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(data_);
    std::filesystem::create_directories(data_);
  }
  ~SchemaGate() override { std::filesystem::remove_all(data_); }

  static Fault fault_of(const Result<std::string>& gated) {
    return gated ? Fault{} : gated.error();
  }
  std::string record() const { return data_ + "/schemas/redemptions.bfbs"; }

  std::unique_ptr<Catalog> catalog_;
  const std::string data_;
};

TEST_F(SchemaGate, RecordsAtTheFirstStartAndLetsTheSameSchemasIn) {
  EXPECT_TRUE(recorded_schemas(data_)->empty());
  ASSERT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "");
  EXPECT_EQ(*recorded_schemas(data_), compiled_schemas(*catalog_));
  const auto written = std::filesystem::last_write_time(record());
  ASSERT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "");
  EXPECT_EQ(std::filesystem::last_write_time(record()), written);
}

TEST_F(SchemaGate, RefusesWhatWouldMisreadAndKeepsTheRecord) {
  ASSERT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "");
  const std::string kept = file_text(record());
  const Edited edited("  /// What is left of the stock.\n  remaining:ulong (id:2);",
                      "  remaining:uint (id:2);");
  const Fault fault = fault_of(gate_schemas(data_, *edited.catalog));
  EXPECT_EQ(fault.code, "schema_incompatible");
  EXPECT_NE(fault.detail.find("redemptions: Redeemed.remaining: its type was ulong, now it is uint; "),
            std::string::npos)
      << fault.detail;
  EXPECT_EQ(file_text(record()), kept);
  EXPECT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "") << "the old binary still starts";
}

TEST_F(SchemaGate, RecordsWhatGrewSoThatItCannotBeTakenBack) {
  ASSERT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "");
  const Edited grown("table Closed { reason:string (id:0); }",
                     "table Closed { reason:string (id:0); by:string (id:1); }");
  ASSERT_EQ(fault_of(gate_schemas(data_, *grown.catalog)).code, "");
  const Fault fault = fault_of(gate_schemas(data_, *catalog_));
  EXPECT_EQ(fault.code, "schema_incompatible");
  EXPECT_NE(fault.detail.find("Closed.by: it is gone"), std::string::npos) << fault.detail;
}

TEST_F(SchemaGate, RefusesARecordThatIsNotWhole) {
  ASSERT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "");
  const std::string whole = file_text(record());
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  for (const std::string& bad : {std::string(), whole.substr(0, whole.size() - 1), flipped}) {
    std::ofstream(record(), std::ios::binary) << bad;
    const Fault fault = fault_of(gate_schemas(data_, *catalog_));
    EXPECT_EQ(fault.code, "schema_record");
    EXPECT_NE(fault.detail.find("redemptions.bfbs is not whole"), std::string::npos) << fault.detail;
  }
  std::ofstream(record(), std::ios::binary) << whole;
  EXPECT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "");
}

TEST_F(SchemaGate, SurvivesAStartThatWasKilledWhileItRecorded) {
  std::filesystem::create_directories(data_ + "/schemas");
  std::ofstream(record() + ".new") << "half of it";
  ASSERT_EQ(fault_of(gate_schemas(data_, *catalog_)).code, "");
  EXPECT_EQ(*recorded_schemas(data_), compiled_schemas(*catalog_));
}

TEST_F(SchemaGate, NamesADomainThatIsGone) {
  SchemaSet fewer = compiled_schemas(*catalog_);
  fewer.erase("orders");
  EXPECT_NE(misread_by(compiled_schemas(*catalog_), fewer)->find("orders: the domain is gone"),
            std::string::npos);
  EXPECT_EQ(*misread_by(fewer, compiled_schemas(*catalog_)), "");
}

TEST_F(SchemaGate, StopsAStartBeforeAnythingIsDecided) {
  Config config;
  config.data = data_;
  config.partitions = 1;
  const SystemClock clock;
  const Edited other("no_such_claim = 9", "no_such_claim = 19");
  ASSERT_TRUE(Engine::open(config, *other.catalog, clock, {}));
  const auto refused = Engine::open(config, *catalog_, clock, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "schema_incompatible");
  EXPECT_NE(refused.error().detail.find("redemptions: Rejection: no_such_claim was 19, now it is 9"),
            std::string::npos)
      << refused.error().detail;
  ASSERT_TRUE(Engine::open(config, *other.catalog, clock, {})) << "the one that wrote it starts";
}

TEST_F(SchemaGate, ReadsSchemasFromFiles) {
  const auto files = read_schema_files("schemas");
  ASSERT_TRUE(files) << files.error().detail;
  EXPECT_EQ(files->size(), catalog_->domains().size());
  EXPECT_EQ(*misread_by(*files, compiled_schemas(*catalog_)), "");
  EXPECT_EQ(*misread_by(compiled_schemas(*catalog_), *files), "");
  std::ofstream(data_ + "/bad.fbs") << "table T { x: }";
  for (const std::string& path : {data_, data_ + "/bad.fbs", std::string("schemas/none.fbs"),
                                  std::string("schemas/attributes.fbs")})
    EXPECT_EQ(read_schema_files(path).error().code, "schema_files") << path;
  EXPECT_NE(read_schema_files(data_).error().detail.find("bad.fbs"), std::string::npos);
}

/// One outcome with one event, as a binary of another schema would have left it.
class WrittenLog {
 public:
  explicit WrittenLog(const Catalog& catalog) : log_(topology_of(catalog)) {
    id_ = {log_.topology().find("redemptions")->number, 0};
    EXPECT_TRUE(log_.acquire(id_));
  }
  void add(uint16_t type, const std::string& payload) {
    flatbuffers::FlatBufferBuilder builder;
    builder.ForceVectorAlignment(payload.size(), 1, 8);
    const auto bytes = builder.CreateVector(reinterpret_cast<const uint8_t*>(payload.data()),
                                            payload.size());
    const auto events = builder.CreateVector(
        std::vector{envelope::CreateEvent(builder, type, 0, bytes)});
    const auto stream = builder.CreateString("c");
    envelope::OutcomeBuilder outcome(builder);
    outcome.add_kind(envelope::Kind::accepted);
    outcome.add_sequence(++last_);
    outcome.add_stream(stream);
    outcome.add_events(events);
    builder.Finish(outcome.Finish());
    auto batch = std::make_shared<RecordBatch>(id_, LogSide::outcomes);
    batch->add(last_, {1}, {builder.GetBufferPointer(), builder.GetSize()});
    EXPECT_EQ(log_.append_outcomes(id_, {1}, {last_}, batch), Taken::yes);
    while (log_.step() == Step::worked) {
    }
  }
  Log& log() { return log_; }

 private:
  static Topology topology_of(const Catalog& catalog) {
    std::vector<DomainPlace> places;
    for (const DomainPlan& d : catalog.domains())
      places.push_back({d.name, static_cast<uint16_t>(places.size() + 1), 2});
    return Topology(std::move(places));
  }
  MemoryLog log_;
  PartitionId id_;
  uint64_t last_ = 0;
};

TEST_F(SchemaGate, StandsBeforeWhoeverShowsHistory) {
  const Edited changed("  quantity:uint (id:1);\n  /// What is left",
                       "  quantity:ulong (id:1);\n  /// What is left");
  EXPECT_TRUE(check_reads_schemas(data_, *changed.catalog)) << "nothing is recorded";
  ASSERT_TRUE(gate_schemas(data_, *catalog_));
  EXPECT_TRUE(check_reads_schemas(data_, *catalog_));
  const auto refused = check_reads_schemas(data_, *changed.catalog);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "schema_incompatible");
  EXPECT_NE(refused.error().detail.find("Redeemed.quantity"), std::string::npos);
}

TEST_F(SchemaGate, KeepsTheSchemasOfViewsSoThatALaterBinaryKnowsWhatItReads) {
  const std::string closed = "  is_closed:bool (id:13, secret);\n";
  const Edited added(closed, closed + "  note:string (id:14);\n");
  const Edited changed("  redeemed:ulong (id:4);", "  redeemed:uint (id:4);");
  const uint64_t digest = catalog_->find("redemptions")->view_schema_digest;
  ASSERT_TRUE(gate_schemas(data_, *catalog_));  // by a version that kept no schemas of views
  EXPECT_TRUE(keep_view_schemas(data_, *added.catalog).empty());
  ASSERT_TRUE(gate_schemas(data_, *added.catalog));
  const auto reads = [&](const Catalog& catalog) {
    const std::vector<uint64_t> all = readable_view_schemas(data_, catalog)["redemptions"];
    return std::count(all.begin(), all.end(), digest) == 1;
  };
  EXPECT_TRUE(reads(*added.catalog));
  EXPECT_TRUE(reads(*catalog_));
  EXPECT_FALSE(reads(*changed.catalog));
  for (const auto& file : std::filesystem::directory_iterator(data_ + "/schemas/views"))
    std::filesystem::resize_file(file.path(), file.file_size() - 1);
  EXPECT_FALSE(reads(*added.catalog)) << "a rotten schema tells nothing";
}

/// A table whose first field is a number, as that of `Opened` is.
std::string numbered() {
  flatbuffers::FlatBufferBuilder builder;
  const auto start = builder.StartTable();
  builder.AddElement<uint64_t>(4, 1'000'000'000, 0);
  builder.Finish(flatbuffers::Offset<flatbuffers::Table>(builder.EndTable(start)));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::string closed() {
  flatbuffers::FlatBufferBuilder builder;
  const auto text = builder.CreateString("why");
  const auto start = builder.StartTable();
  builder.AddOffset(4, text);
  builder.Finish(flatbuffers::Offset<flatbuffers::Table>(builder.EndTable(start)));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

TEST_F(SchemaGate, VerifyNamesThePlaceOfWhatCannotBeDecoded) {
  WrittenLog written(*catalog_);
  constexpr uint16_t closed_type = 5, redeemed_type = 2, none_such = 77;
  written.add(closed_type, closed());
  const auto good = verify_schemas(written.log(), *catalog_, 3);
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_TRUE(good->holds()) << good->text();
  EXPECT_EQ(good->outcomes, 1u);
  EXPECT_EQ(good->events, 1u);
  written.add(none_such, closed());
  written.add(redeemed_type, numbered());  // where a text is due
  written.add(closed_type, closed().substr(0, 12));
  written.add(closed_type, "");
  const auto bad = verify_schemas(written.log(), *catalog_, 3);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->findings_total, 4u) << bad->text();
  EXPECT_NE(bad->text().find("redemptions/0 outcome 2, stream 'c': its event 77 is not known"),
            std::string::npos)
      << bad->text();
  EXPECT_NE(bad->text().find("outcome 4, stream 'c': its event 5 (closed): it is no Closed"),
            std::string::npos)
      << bad->text();
  EXPECT_NE(bad->text().find("4 cannot be read as they were meant"), std::string::npos);
}

}  // namespace
}  // namespace spate
