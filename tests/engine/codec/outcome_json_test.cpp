// Renderings: golden bytes of events, views, outcomes and problems; they may never change.
#include "engine/codec/outcome_json.hpp"

#include "engine/codec/problem_page.hpp"
#include "tests/engine/codec/toys.hpp"

namespace spate::test {
namespace {

using envelope::Kind;

class Renderings : public Toys {
 protected:
  struct Event {
    uint16_t type;
    std::string payload;
  };

  const envelope::Outcome& outcome(Kind kind, const std::vector<Event>& events = {},
                                   uint16_t rejection = 0,
                                   const std::vector<NamedInteger>& details = {}) {
    builder_.Clear();
    std::vector<flatbuffers::Offset<envelope::Event>> event_offsets;
    for (const Event& e : events) {
      const Bytes payload = as_bytes(e.payload);
      builder_.ForceVectorAlignment(payload.size(), 1, 8);
      event_offsets.push_back(envelope::CreateEvent(
          builder_, e.type, 0, builder_.CreateVector(payload.data(), payload.size())));
    }
    std::vector<flatbuffers::Offset<envelope::Detail>> detail_offsets;
    for (const NamedInteger& d : details)
      detail_offsets.push_back(envelope::CreateDetailDirect(builder_, d.name, d.value));
    const auto all_events = builder_.CreateVector(event_offsets);
    const auto all_details = builder_.CreateVector(detail_offsets);
    const envelope::Id id(0x0011223344556677, 0x8899aabbccddeeff);
    envelope::OutcomeBuilder outcome(builder_);
    outcome.add_kind(kind);
    outcome.add_time(1'764'439'200'500'000'000);
    outcome.add_id(&id);
    outcome.add_rejection(rejection);
    outcome.add_events(all_events);
    outcome.add_details(all_details);
    builder_.Finish(outcome.Finish());
    return *flatbuffers::GetRoot<envelope::Outcome>(builder_.GetBufferPointer());
  }
  std::string line(const envelope::Outcome& of) {
    std::string text;
    JsonWriter out(text);
    out.begin_object();
    write_outcome(plan(), of, "P", out);
    out.end_object();
    return text;
  }
  std::pair<int, std::string> answer(const envelope::Outcome& of) {
    std::string body;
    const int status = write_answer(plan(), of, "P", body);
    return {status, body};
  }
  /// A table with one slot written by hand, as another build would.
  template <class T>
  static std::string table_with(uint16_t slot, T value) {
    flatbuffers::FlatBufferBuilder builder;
    const auto start = builder.StartTable();
    builder.AddElement<T>(slot, value);
    builder.Finish(flatbuffers::Offset<void>(builder.EndTable(start)));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
  }

  flatbuffers::FlatBufferBuilder builder_;
  std::string toy_;
};

const std::string identity =
    R"("command_id":"00112233445566778899aabbccddeeff","position":"P","at":"2025-11-29T18:00:00.5Z")";

TEST_F(Renderings, OfAcceptedOutcomesHoldTheirEventsWithNullsAndEmptyLists) {
  const auto& o =
      outcome(Kind::accepted, {{1, table_with<uint64_t>(6, 7)}, {2, table_with<int64_t>(4, -3)}});
  const std::string expected =
      R"({"outcome":"accepted",)" + identity +
      R"(,"events":[{"type":"made","name":null,"price":7,"tags":[],"at":null,"discount":null,)"
      R"("answer":null,"colour":"red"},{"type":"refund_due","amount_minor":-3}]})";
  EXPECT_EQ(line(o), expected);
  EXPECT_EQ(answer(o), std::make_pair(200, expected));
}

TEST_F(Renderings, OfRejectionsAreProblemsWithTheWordsOfTheSchema) {
  const auto& o = outcome(Kind::rejected, {}, 1, {{"remaining", 0}, {"held", 3}});
  EXPECT_EQ(line(o), R"({"outcome":"rejected",)" + identity +
                         R"(,"code":"already_made","details":{"remaining":0,"held":3}})");
  EXPECT_EQ(answer(o),
            std::make_pair(
                409, R"({"type":"/problems/toys/already_made","title":"Already made","status":409,)"
                     R"("detail":"It was made before. Choose another name.",)"
                     R"("code":"already_made","outcome":"rejected",)" +
                         identity + R"(,"details":{"remaining":0,"held":3}})"));
}

TEST_F(Renderings, OfARejectionWithoutWordsOrDetailsLeaveThemOut) {
  const auto& o = outcome(Kind::rejected, {}, 2);
  EXPECT_EQ(line(o), R"({"outcome":"rejected",)" + identity + R"(,"code":"too_late"})");
  EXPECT_EQ(
      answer(o).second,
      R"({"type":"/problems/toys/too_late","title":"Too late","status":409,"code":"too_late",)"
      R"("outcome":"rejected",)" +
          identity + "}");
}

TEST_F(Renderings, OfAFailedPreconditionHaveStatus412) {
  const auto [status, body] = answer(outcome(Kind::rejected, {}, 65280));
  EXPECT_EQ(status, 412);
  EXPECT_NE(body.find(R"("type":"/problems/precondition_failed")"), std::string::npos) << body;
}

TEST_F(Renderings, OfParkedCommandsPromiseALaterDecision) {
  const auto& o = outcome(Kind::parked);
  EXPECT_EQ(answer(o), std::make_pair(202, R"({"outcome":"parked",)" + identity + "}"));
}

TEST_F(Renderings, OfANewerBuildsEventsAndRejectionsStayReadable) {
  EXPECT_EQ(line(outcome(Kind::accepted, {{99, table_with<uint8_t>(4, 1)}})),
            R"({"outcome":"accepted",)" + identity + R"(,"events":[{"type":"unknown"}]})");
  EXPECT_EQ(line(outcome(Kind::accepted, {{2, table_with<int64_t>(40, 1)}})),
            R"({"outcome":"accepted",)" + identity +
                R"(,"events":[{"type":"refund_due","amount_minor":0}]})");
  EXPECT_EQ(line(outcome(Kind::rejected, {}, 77)),
            R"({"outcome":"rejected",)" + identity + R"(,"code":"unknown"})");
}

TEST_F(Renderings, NeverShowSecrets) {
  flatbuffers::FlatBufferBuilder b;
  const auto secret = b.CreateString("hush");
  const auto start = b.StartTable();
  b.AddOffset(8, secret);
  b.Finish(flatbuffers::Offset<void>(b.EndTable(start)));
  const Event made{1, {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()}};
  EXPECT_EQ(line(outcome(Kind::accepted, {made})).find("hush"), std::string::npos);
}

TEST_F(Renderings, NeverSendAnIntegerThatJsonReadersWouldChange) {
  const auto price = [&](uint64_t value) {
    const std::string text = line(outcome(Kind::accepted, {{1, table_with<uint64_t>(6, value)}}));
    const std::size_t at = text.find("\"price\":") + 8;
    return text.substr(at, text.find(',', at) - at);
  };
  EXPECT_EQ(price(9'007'199'254'740'991), "9007199254740991");
  EXPECT_EQ(price(9'007'199'254'740'992), "9.007199254740992e+15");
  EXPECT_EQ(price(UINT64_MAX), "1.8446744073709552e+19");
  EXPECT_EQ(line(outcome(Kind::rejected, {}, 2, {{"limit", INT64_MAX}})),
            R"({"outcome":"rejected",)" + identity +
                R"(,"code":"too_late","details":{"limit":9.223372036854776e+18}})");
}

TEST_F(Renderings, OfViewsDeriveWhatDependsOnNowAndHideSecrets) {
  ProjectionTable::ViewOps ops[2];
  ops[1].derive = [](Bytes, Instant now, Derived& out) { out.set("state", now.ns > 5 ? 1 : 0); };
  domain_.projection.views = ops;
  const auto view = [&](int64_t now) {
    std::string text;
    JsonWriter out(text);
    write_view(plan(), *plan().stream_view(), as_bytes(toy_), Instant{now}, out);
    return text;
  };
  toy_ = table_with<uint64_t>(8, 4);
  EXPECT_EQ(view(5), R"({"toy":null,"state":"idle","made":4,"colour":"red"})");
  EXPECT_EQ(view(6), R"({"toy":null,"state":"busy","made":4,"colour":"red"})");
}

TEST_F(Renderings, OfProblemPagesSayWhatItMeansAndWhatToDoNext) {
  const ProblemText text = problem_text(*plan().rejection("already_made"));
  EXPECT_EQ(text.meaning, "It was made before.");
  EXPECT_EQ(text.remedy, "Choose another name.");
  EXPECT_TRUE(problem_page_text(text).starts_with(
      "Already made\n\ncode:   already_made\nstatus: 409\n\nWhat it means: It was made before.\n\n"
      "What to do next: Choose another name.\n\nThis is an answer, not a failure"));
  const std::string html = problem_page_html({"<b>", "x", 400, "a & b: `left` <", ""});
  EXPECT_NE(html.find("&lt;b&gt;"), std::string::npos);
  EXPECT_NE(html.find("a &amp; b"), std::string::npos);
  EXPECT_NE(html.find("<code>left</code> &lt;"), std::string::npos) << html;
  EXPECT_EQ(html.find("<b>"), std::string::npos);
  const std::string page = problem_page_text({"Position", "position_unknown", 409, "", ""});
  EXPECT_EQ(page.find("the command was decided"), std::string::npos) << "no command was sent";
}

}  // namespace
}  // namespace spate::test
