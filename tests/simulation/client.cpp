// Choosing commands at random, with old keys among the new ones.
#include "tests/simulation/client.hpp"

#include "schemas/redemptions_generated.h"

namespace spate {
namespace {

constexpr int campaigns = 3;
constexpr int claimants = 40;
constexpr int64_t patience_ns = 2'000'000'000;

std::string bytes_of_builder(const flatbuffers::FlatBufferBuilder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace

void SimulatedClient::choose() {
  if (!past_.empty() && random_.one_in(8)) {
    current_ = past_[random_.below(past_.size())];  // a duplicate, perhaps of long ago
    return;
  }
  namespace r = redemptions;
  flatbuffers::FlatBufferBuilder b;
  current_.key = "c" + std::to_string(number_) + "-" + std::to_string(started_++);
  current_.stream = "campaign-" + std::to_string(random_.below(campaigns));
  const std::string claimant = "p" + std::to_string(random_.below(claimants));
  const uint64_t die = random_.below(100);
  if (die < 70) {
    current_.type = 2;
    b.Finish(r::CreateRedeem(b, b.CreateString(claimant), 1 + random_.below(2)));
  } else if (die < 82) {
    current_.type = 3;
    b.Finish(r::CreateRelease(b, b.CreateString(claimant), 1));
  } else if (die < 90) {
    current_.type = 4;
    b.Finish(r::CreateRestock(b, static_cast<uint32_t>(1 + random_.below(20))));
  } else {
    current_.type = 1;
    b.Finish(r::CreateOpen(b, 10 + random_.below(30), static_cast<uint32_t>(1 + random_.below(3))));
  }
  current_.payload = bytes_of_builder(b);
  past_.push_back(current_);
}

void SimulatedClient::step(Mailbox& mailbox, int64_t now, bool may_start) {
  if (!busy_) {
    if (!may_start) return;
    choose();
    busy_ = true;
    ticket_ = 0;
  }
  if (ticket_ != 0 && now < give_up_at_) return;
  if (send(mailbox)) give_up_at_ = now + patience_ns;
}

bool SimulatedClient::send(Mailbox& mailbox) {
  const DomainPlace& place = topology_.domains().front();
  RequestHead head;
  head.ticket = static_cast<uint64_t>(number_ + 1) << 40 | ++sends_;
  head.id = command_id("", place.name, current_.stream, current_.key);
  head.partition = topology_.dense_index(Topology::partition_for(place, current_.stream));
  CommandFields fields;
  fields.id = head.id;
  fields.type = current_.type;
  fields.payload = as_bytes(current_.payload);
  fields.fingerprint = xxh3_64(fields.payload, current_.type);
  fields.stream = current_.stream;
  fields.sender_key = current_.key;
  flatbuffers::FlatBufferBuilder builder;
  const Bytes body = build_command(builder, fields);
  uint8_t* at = mailbox.requests.begin(sizeof head + body.size());
  if (at == nullptr) return false;
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, body.data(), body.size());
  mailbox.requests.commit();
  ticket_ = head.ticket;
  return true;
}

bool SimulatedClient::answered(uint64_t ticket, const std::optional<Told>& told) {
  if (ticket >> 40 != static_cast<uint64_t>(number_ + 1)) return false;
  if (ticket != ticket_) return true;  // an answer to a try that was given up
  ticket_ = 0;
  if (!told) return true;  // try again
  const auto [found, fresh] = told_.emplace(current_.key, *told);
  if (!fresh && found->second != *told)
    contradiction_ = current_.key + " was told sequence " + std::to_string(found->second.sequence) +
                     ", then " + std::to_string(told->sequence);
  busy_ = false;
  return true;
}

}  // namespace spate
