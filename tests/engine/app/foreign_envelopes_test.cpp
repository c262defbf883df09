// Who claims to be an edge is believed only what can be seen; and no bytes at all do harm.
#include <random>

#include "engine/app/control_mark.hpp"
#include "tests/engine/app/foreign_kit.hpp"

namespace spate::test {
namespace {

TEST_F(Foreign, EnvelopesOfEdgesAreTrustedAsTheyAre) {
  const Sent sent = envelope_record(envelope_of());
  EXPECT_TRUE(trusts(sent));
  accept(sent);
  EXPECT_EQ(bytes_of_accepted(), *sent.value);
  EXPECT_TRUE(trusts(envelope_record(envelope_of([](CommandFields& f) {
    f.expected_version = 7;
    f.traceparent = trace;
    f.sender = "/shop";
    f.id = command_id("/shop", "redemptions", "spring-sale", "wish-1");
  }))));
}

TEST_F(Foreign, EnvelopesThatAreNotWhatAnEdgeWritesAreRefused) {
  const std::string whole = envelope_of();
  const std::string unsound =
      "value must be the envelope of a command of the stream that the key names";
  std::string bad_payload(as_text(parsed(R"({"claimant":"alice","quantity":2})").payload));
  bad_payload[bad_payload.find("alice")] = ' ';
  using Change = std::function<void(CommandFields&)>;
  const std::pair<Change, std::string> cases[] = {
      {[](auto& f) { f.stream = "other"; }, unsound},
      {[](auto& f) { f.type = 77; }, "type 77 is no command that this version knows"},
      {[](auto& f) { f.type = 1; }, "/stock must be a sound FlatBuffer"},
      {[](auto& f) { f.payload = {}; }, "body must be a sound FlatBuffer"},
      {[&](auto& f) { f.payload = as_bytes(bad_payload); },
       "/claimant must be 1..128 bytes without white space, control characters or '/'"},
      {[](auto& f) { ++f.fingerprint; }, "fingerprint must be that of the body"},
      {[](auto& f) { ++f.id.lo; }, "id must be that of sender, stream and sender_key"},
      {[](auto& f) { f.sender = "mallory"; }, "id must be that of sender, stream and sender_key"},
      {[](auto& f) { f.sender_key = {}; }, "sender_key is malformed"},
      {[](auto& f) { f.sender_key = "a b"; }, "sender_key is malformed"},
      {[](auto& f) { f.control = envelope::Control::discard; },
       "control is not taken: the nodes have no kafka.control_secret"},
      {[](auto& f) { f.control = static_cast<envelope::Control>(9); },
       "control is none that this version knows"},
  };
  for (const auto& [change, reason] : cases) {
    const Sent sent = envelope_record(envelope_of(change));
    EXPECT_FALSE(trusts(sent)) << reason;
    EXPECT_EQ(told(sent), reason);
  }
  for (const std::string& value : {std::string(), whole.substr(0, 40), std::string(64, '\xff')})
    EXPECT_EQ(told(envelope_record(value)), unsound);
}

TEST_F(Foreign, ControlsAreTakenFromWhoKnowsTheSecretAndForThatStreamAlone) {
  make_door({.control_secret = "0123456789abcdef"});
  const auto control = [&](const std::string& secret, const std::string& stream,
                           envelope::Control marked, envelope::Control sent) {
    const std::string key = control_key(secret, "redemptions", stream, marked, 1234);
    return envelope_record(envelope_of([&](CommandFields& f) {
      f = {};
      f.stream = "spring-sale";
      f.sender_key = key;
      f.id = command_id("", "redemptions", "spring-sale", key);
      f.control = sent;
    }));
  };
  constexpr auto redrive = envelope::Control::redrive, discard = envelope::Control::discard;
  const Sent right = control("0123456789abcdef", "spring-sale", redrive, redrive);
  EXPECT_TRUE(trusts(right));
  EXPECT_EQ(accept(right).control(), redrive);
  const std::string refused = "control is not taken: its sender does not know kafka.control_secret";
  EXPECT_EQ(told(control("another secret..", "spring-sale", redrive, redrive)), refused);
  EXPECT_EQ(told(control("0123456789abcdef", "winter-sale", redrive, redrive)), refused);
  EXPECT_EQ(told(control("0123456789abcdef", "spring-sale", redrive, discard)), refused);
  EXPECT_EQ(told(control("", "spring-sale", redrive, redrive)), refused);
  make_door({});
  EXPECT_EQ(told(right), "control is not taken: the nodes have no kafka.control_secret");
}

/// Whatever comes, there is one command that verifies, fits, and is either raw or trusted.
TEST_F(Foreign, EveryRecordGivesExactlyOneSoundCommand) {
  make_door({8192, 8192});
  std::mt19937_64 random(20261125);
  Sent flat = binary_event().set("content-type", "application/x-flatbuffers");
  flat.value = std::string(as_text(parsed().payload));
  const Sent seeds[] = {binary_event().set("traceparent", trace), structured_event(), flat,
                        structured_event(R"("data_base64":")" + base64(redeem_body) + '"'),
                        envelope_record(envelope_of())};
  const auto damage = [&](std::string& text) {
    const uint64_t what = random() % 8;
    if (what == 0) text.resize(random() % (text.size() + 1));
    else if (what == 1) text.insert(random() % (text.size() + 1), random() % 20'000, '\x07');
    else if (what == 2) text += text;
    else if (!text.empty()) text[random() % text.size()] = static_cast<char>(random());
  };
  int raw = 0, understood = 0;
  for (int round = 0; round < 20'000; ++round) {
    Sent sent = seeds[random() % std::size(seeds)];
    for (uint64_t n = random() % 3; n > 0; --n) {
      const uint64_t where = random() % 8;
      auto& header = sent.headers[random() % sent.headers.size()];
      if (where < 4 && sent.value) damage(*sent.value);
      else if (where == 4 && sent.key) damage(*sent.key);
      else if (where == 5) damage(header.second);
      else if (where == 6) damage(header.first);
      else if (random() % 4 == 0) sent.value.reset();
      else sent.headers.push_back(header);
    }
    const envelope::Command& command = accept(sent);
    ASSERT_NE(command.id(), nullptr);
    ASSERT_LE(accepted_.size(), 8192u);
    if (raw_record_of(command) != nullptr) {
      ++raw;
      continue;
    }
    ++understood;
    Sent again = envelope_record(bytes_of_accepted());
    again.key = sent.key;
    ASSERT_TRUE(trusts(again)) << round;
  }
  EXPECT_GT(raw, 3000);
  EXPECT_GT(understood, 3000);
}

}  // namespace
}  // namespace spate::test
