// By schema alone: what an outcome says, not how the engine reads it.
#include "bench/kafka/outcomes.hpp"

#include <cstring>

#include "bench/kafka/flow_client.hpp"
#include "engine/base/hash.hpp"
#include "schemas/envelope_generated.h"
#include "schemas/redemptions_generated.h"

namespace spate::bench {
namespace {

template <class T>
T taken(const uint8_t*& at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

std::string_view text_taken(const uint8_t*& at) {
  const auto bytes = taken<uint8_t>(at);
  const std::string_view text(reinterpret_cast<const char*>(at), bytes);
  at += bytes;
  return text;
}

}  // namespace

std::optional<Decided> decided_by_spate(const rd_kafka_message_t& message) {
  const auto* payload = static_cast<const uint8_t*>(message.payload);
  flatbuffers::Verifier verifier(payload, message.len);
  if (!verifier.VerifyBuffer<envelope::Outcome>(nullptr)) fail("a record that is no outcome");
  const auto& outcome = *flatbuffers::GetRoot<envelope::Outcome>(payload);
  if (outcome.kind() == envelope::Kind::ownership) return std::nullopt;
  Decided decided;
  decided.is_accepted = outcome.kind() == envelope::Kind::accepted;
  if (!decided.is_accepted && outcome.kind() != envelope::Kind::rejected)
    fail("an outcome of kind " + std::to_string(static_cast<int>(outcome.kind())));
  decided.id = CommandId{outcome.id()->hi(), outcome.id()->lo()};
  decided.rejection = outcome.rejection();
  decided.taken_ms = outcome.time() / 1'000'000;
  if (!decided.is_accepted) return decided;
  const auto& event = *outcome.events()->Get(0);
  if (event.type() == 1) {
    decided.remaining = flatbuffers::GetRoot<redemptions::Opened>(event.payload()->data())->stock();
    return decided;
  }
  const auto& redeemed = *flatbuffers::GetRoot<redemptions::Redeemed>(event.payload()->data());
  decided.remaining = redeemed.remaining();
  decided.serial = redeemed.serial();
  decided.claimant = {redeemed.claimant()->c_str(), redeemed.claimant()->size()};
  return decided;
}

Decided decided_by_streams(const rd_kafka_message_t& message) {
  const auto* at = static_cast<const uint8_t*>(message.payload);
  Decided decided;
  decided.is_accepted = taken<uint8_t>(at) == 1;
  decided.rejection = taken<uint16_t>(at);
  decided.remaining = taken<uint64_t>(at);
  decided.serial = taken<uint64_t>(at);
  const std::string_view campaign(static_cast<const char*>(message.key), message.key_len);
  decided.id = command_id(source, "redemptions", campaign, text_taken(at));
  decided.claimant = text_taken(at);
  return decided;
}

}  // namespace spate::bench
