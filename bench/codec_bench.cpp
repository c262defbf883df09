// What the codec costs a command: JSON → FlatBuffer with fingerprint, and outcome → JSON.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

#include "engine/app/foreign_commands.hpp"
#include "engine/codec/outcome_json.hpp"
#include "engine/log/kafka_client.hpp"
#include "schemas/redemptions_generated.h"

using namespace spate;

namespace {

/// CPU nanoseconds a call, over `rounds` calls.
template <class Work>
void measure(const char* what, int rounds, Work work) {
  work();
  const std::clock_t begin = std::clock();
  for (int i = 0; i < rounds; ++i) work();
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("%-32s %8.1f ns\n", what, seconds * 1e9 / rounds);
}

std::string sold_out_or_redeemed(bool accepted) {
  flatbuffers::FlatBufferBuilder event, outcome;
  event.Finish(redemptions::CreateRedeemedDirect(event, "customer-4711", 1, 9'999, 1));
  outcome.ForceVectorAlignment(event.GetSize(), 1, 8);
  const auto one = envelope::CreateEvent(
      outcome, 2, 0, outcome.CreateVector(event.GetBufferPointer(), event.GetSize()));
  const auto events = outcome.CreateVector(&one, accepted ? 1 : 0);
  const auto detail = envelope::CreateDetailDirect(outcome, "remaining", 0);
  const auto details = outcome.CreateVector(&detail, accepted ? 0 : 1);
  const envelope::Id id(1, 2);
  envelope::OutcomeBuilder builder(outcome);
  builder.add_kind(accepted ? envelope::Kind::accepted : envelope::Kind::rejected);
  builder.add_rejection(accepted ? 0 : static_cast<uint16_t>(redemptions::Rejection::sold_out));
  builder.add_id(&id);
  builder.add_time(1'764'439'200'500'000'000);
  builder.add_events(events);
  builder.add_details(details);
  outcome.Finish(builder.Finish());
  return {reinterpret_cast<const char*>(outcome.GetBufferPointer()), outcome.GetSize()};
}

}  // namespace

int main(int argc, char** argv) {
  const bool tiny = argc > 1 && std::strcmp(argv[1], "--tiny") == 0;
  const int rounds = tiny ? 1'000 : 2'000'000;
  const auto catalog = Catalog::load(domains());
  if (!catalog) return std::fprintf(stderr, "%s\n", catalog.error().detail.c_str()), 1;
  const DomainPlan& domain = *(*catalog)->find("redemptions");
  const CommandPlan& redeem = *domain.command("redeem");

  CommandReader reader;
  FieldFaults faults;
  std::size_t bytes = 0;
  measure("read redeem", rounds, [&] {
    bytes += reader.read(domain, redeem, R"({"claimant":"customer-4711","quantity":1})", faults)
                 ->payload.size();
  });
  const std::string line =
      R"({"domain":"redemptions","stream":"c42","command":"redeem","id":"k-1","body":{"claimant":"customer-4711"}})";
  measure("read a line of a batch", rounds, [&] {
    BatchLine parts;
    reader.read_line(line, parts, faults);
    bytes += reader.read_body(domain, redeem, faults)->payload.size();
  });
  measure("refuse a redeem with two faults", rounds / 10, [&] {
    faults.clear();
    reader.read(domain, redeem, R"({"claimnt":"customer-4711"})", faults);
  });
  const Topology topology({DomainPlace{"redemptions", 0, 1}});
  ForeignCommands foreign(**catalog, topology, {});
  const auto header = [](const char* name, const char* value) {
    return KafkaHeader{name, as_bytes(std::string_view(value))};
  };
  const KafkaHeader headers[] = {
      header("ce_specversion", "1.0"), header("ce_id", "id-123456789"),
      header("ce_source", "/shop/bench"), header("ce_type", "redemptions.redeem"),
      header("ce_time", "2026-11-25T12:00:00Z"),
      header("content-type", "application/json")};
  KafkaRecord record;
  record.key = as_bytes(std::string_view("campaign-7"));
  record.value = as_bytes(std::string_view(R"({"claimant":"customer-4711","quantity":1})"));
  record.headers = headers;
  ByteBuffer command;
  measure("a CloudEvent becomes a command", rounds, [&] {
    command.clear();
    foreign.accept({0, 0}, record, command);
    bytes += command.size();
  });
  std::string body;
  for (bool accepted : {true, false}) {
    const std::string stored = sold_out_or_redeemed(accepted);
    const auto& outcome = *flatbuffers::GetRoot<envelope::Outcome>(stored.data());
    measure(accepted ? "write an accepted answer" : "write a rejected answer", rounds, [&] {
      body.clear();
      write_answer(domain, outcome, "AQEAAAAAAAAAAAAAAQBk", body);
      bytes += body.size();
    });
  }
  return bytes > 0 ? 0 : 1;
}
