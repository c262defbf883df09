// Records of other systems and a door of redemptions to hand them to.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/api/raw_record.hpp"
#include "engine/app/foreign_commands.hpp"
#include "engine/base/base64url.hpp"
#include "engine/base/text.hpp"

namespace spate::test {

inline constexpr uint16_t partitions = 8;
inline constexpr std::string_view trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
inline constexpr std::string_view redeem_body = R"({"claimant":"alice","quantity":2})";

/// A record that owns what it says; null key or value by `reset`.
struct Sent {
  std::optional<std::string> key = "spring-sale";
  std::optional<std::string> value = std::string(redeem_body);
  std::vector<std::pair<std::string, std::string>> headers;

  Sent& set(std::string_view name, std::string_view text) {
    for (auto& [known, value_of_it] : headers)
      if (known == name) return value_of_it = text, *this;
    headers.emplace_back(name, text);
    return *this;
  }
  Sent& drop(std::string_view name) {
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    return *this;
  }
};

inline Sent binary_event() {
  Sent sent;
  sent.set("ce_specversion", "1.0").set("ce_id", "wish-1").set("ce_source", "/shop/web");
  sent.set("ce_type", "redemptions.redeem").set("ce_time", "2026-11-25T11:08:15.123456+00:00");
  return sent.set("content-type", "application/json");
}

inline Sent structured_event(std::string_view data = R"("data":{"quantity":2,"claimant":"alice"})") {
  Sent sent;
  sent.set("content-type", "application/cloudevents+json; charset=UTF-8");
  sent.value = R"({"specversion":"1.0","id":"wish-1","source":"/shop/web",)"
               R"("type":"redemptions.redeem","time":"2026-11-25T11:08:15Z",)" +
               std::string(data) + "}";
  return sent;
}

inline std::string base64(std::string_view bytes) {
  std::string text = base64url(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return text;
}

class Foreign : public testing::Test {
 protected:
  Foreign() : catalog_(std::move(*Catalog::load(domains()))) {
    std::vector<DomainPlace> places;
    for (const DomainPlan& plan : catalog_->domains())
      places.push_back({plan.name, static_cast<uint16_t>(7 + places.size()), partitions});
    topology_ = Topology(std::move(places));
    redemptions_ = topology_.find("redemptions");
    plan_ = catalog_->find("redemptions");
    make_door({});
  }
  void make_door(const ForeignLimits& limits) {
    door_ = std::make_unique<ForeignCommands>(*catalog_, topology_, limits);
  }
  PartitionId home(std::string_view stream) const {
    return Topology::partition_for(*redemptions_, stream);
  }
  /// Hands `record` a view of what was sent, in exact buffers, for as long as the call takes.
  template <class Use>
  void with_record(const Sent& sent, Use use) {
    const auto exact = [](const std::optional<std::string>& text, ByteBuffer& copy) {
      if (!text) return Bytes{};
      copy.append(as_bytes(*text));
      return text->empty() ? as_bytes("") : Bytes(copy);
    };
    ByteBuffer key, value;
    std::vector<KafkaHeader> headers;
    for (const auto& [name, text] : sent.headers) headers.push_back({name, as_bytes(text)});
    use(KafkaRecord{42, 1'764'000'000'123, exact(sent.key, key), exact(sent.value, value),
                    headers});
  }
  const envelope::Command& accept(const Sent& sent) {
    return accept_at(home(sent.key.value_or("")), sent);
  }
  const envelope::Command& accept_at(PartitionId partition, const Sent& sent) {
    accepted_.clear();
    with_record(sent, [&](const KafkaRecord& r) { door_->accept(partition, r, accepted_); });
    flatbuffers::Verifier verifier(accepted_.data(), accepted_.size());
    EXPECT_TRUE(verifier.VerifyBuffer<envelope::Command>(nullptr));
    return command_of(accepted_);
  }
  /// Why it was refused, or the name of the command that it became.
  std::string told(const Sent& sent) { return told_of(accept(sent)); }
  std::string told_of(const envelope::Command& command) {
    if (const envelope::RawRecord* raw = raw_record_of(command)) {
      EXPECT_FALSE(text_of(raw->reason()).empty());
      return std::string(text_of(raw->reason()));
    }
    EXPECT_EQ(command.codec(), envelope::Codec::flatbuffers);
    const CommandPlan* found = plan_->command(command.type());
    return found == nullptr ? "?" : std::string(found->name());
  }
  std::string bytes_of_accepted() const { return std::string(as_text(accepted_)); }
  CommandReader::Parsed parsed(std::string_view json = redeem_body) {
    FieldFaults faults;
    return *reader_.read(*plan_, *plan_->command("redeem"), json, faults);
  }
  /// As an edge of HTTP writes it.
  std::string envelope_of(const std::function<void(CommandFields&)>& change = {}) {
    const CommandReader::Parsed body = parsed();
    CommandFields fields;
    fields.id = command_id("", "redemptions", "spring-sale", "wish-1");
    fields.type = plan_->command("redeem")->type;
    fields.fingerprint = body.fingerprint;
    fields.stream = "spring-sale";
    fields.payload = body.payload;
    fields.sender_key = "wish-1";
    if (change) change(fields);
    flatbuffers::FlatBufferBuilder builder;
    return std::string(as_text(build_command(builder, fields)));
  }
  Sent envelope_record(std::string value) {
    Sent sent;
    sent.value = std::move(value);
    return sent.set("content-type", command_content_type);
  }
  bool trusts(const Sent& sent) {
    bool trusted = false;
    with_record(sent, [&](const KafkaRecord& record) {
      ByteBuffer aligned;
      aligned.append(record.value);
      const envelope::Command* command = envelope_in(record, aligned);
      trusted = command != nullptr && door_->trusts(home(*sent.key), record, *command);
    });
    return trusted;
  }

  std::unique_ptr<Catalog> catalog_;
  Topology topology_;
  const DomainPlace* redemptions_ = nullptr;
  const DomainPlan* plan_ = nullptr;
  std::unique_ptr<ForeignCommands> door_;
  CommandReader reader_;
  ByteBuffer accepted_;
};

}  // namespace spate::test
