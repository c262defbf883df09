// Quizzes: every refusal of every command, what a quiz may ask, how answers are graded.
#include <gtest/gtest.h>

#include "schemas/quizzes_generated.h"
#include "tests/support/given_when_then.hpp"

namespace spate::quizzes {
namespace {

using Exam = Scenario<CommandUnionTraits, EventUnionTraits>;
using Texts = std::vector<std::string>;

constexpr int64_t closing = start_plus(hours(1)).ns;

AnswerT a_text(const char* text) { return {.text = text}; }
AnswerT a_number(double number) { return {.number = number}; }
AnswerT a_list(Texts items) { return {.items = std::move(items)}; }

QuestionT question(Kind kind, AnswerT answer, Texts options = {}, double tolerance = 0) {
  QuestionT q;
  q.prompt = "?";
  q.kind = kind;
  q.options = std::move(options);
  q.answer = std::make_unique<AnswerT>(std::move(answer));
  q.tolerance = tolerance;
  q.points = 10;
  return q;
}
QuestionT single() { return question(Kind::single, a_text("b"), {"a", "b", "c"}); }
QuestionT multiple() { return question(Kind::multiple, a_list({"a", "c"}), {"a", "b", "c"}); }
QuestionT number() { return question(Kind::number, a_number(3.14), {}, 0.01); }
QuestionT text() { return question(Kind::text, a_list({"Straße", "Weg"})); }

template <class Object>
Object quiz_of(std::vector<QuestionT> questions, uint32_t attempts_max = 1) {
  Object object;
  object.title = "Streets";
  object.teacher = "Ms Rivers";
  for (QuestionT& q : questions)
    object.questions.push_back(std::make_unique<QuestionT>(std::move(q)));
  object.attempts_max = attempts_max;
  object.closes_at = closing;
  return object;
}
CreateT create(std::vector<QuestionT> questions, uint32_t attempts_max = 1) {
  return quiz_of<CreateT>(std::move(questions), attempts_max);
}

struct GivenAnswer {
  uint64_t question;
  AnswerT answer;
};
template <class Object>
Object answered(std::vector<GivenAnswer> answers) {
  Object object;
  object.student = "sam";
  for (GivenAnswer& a : answers) {
    auto given = std::make_unique<GivenT>();
    given->question = a.question;
    given->answer = std::make_unique<AnswerT>(std::move(a.answer));
    object.answers.push_back(std::move(given));
  }
  return object;
}
SubmitT submit(std::vector<GivenAnswer> answers = {}) {
  return answered<SubmitT>(std::move(answers));
}

Exam exam() { return Exam("quizzes", "streets"); }
Exam created(uint32_t attempts_max = 1) {
  return exam().given(create({single(), multiple(), number(), text()}, attempts_max));
}

/// Points of one answer to one question.
uint32_t graded(QuestionT question, AnswerT answer) {
  Exam one = exam();
  one.given(create({std::move(question)})).given(submit({{1, std::move(answer)}}));
  const Message& event = one.steps().history().back().second;
  EXPECT_EQ(event.type, static_cast<uint16_t>(Event::Graded));
  return root<Graded>(event.bytes()).score();
}

class EveryQuizRejection : public testing::TestWithParam<Rejection> {};

TEST_P(EveryQuizRejection, IsGivenByEveryCommandThatMayGiveIt) {
  const Rejection no = GetParam();
  switch (no) {  // without a case for each rejection this does not compile
    case Rejection::already_created:
      created().when(create({single()})).then(no);
      created().given(CloseT{}).when(create({single()})).then(no);
      break;
    case Rejection::answer_not_among_options:
      exam().when(create({question(Kind::single, a_text("d"), {"a", "b"})})).then(no);
      exam()
          .when(create({single(), question(Kind::multiple, a_list({"a", "d"}), {"a", "b"})}))
          .then(no);
      exam().when(create({question(Kind::single, a_text("A"), {"a", "b"})})).then(no);
      break;
    case Rejection::unknown_quiz:
      exam().when(submit()).then(no);
      exam().when(CloseT{}).then(no);
      break;
    case Rejection::closed:
      created().given(CloseT{}).when(submit()).then(no);
      created().given(CloseT{}).when(CloseT{}).then(no);
      break;
    case Rejection::window_over:
      created().at({closing}).when(submit()).then(no);
      break;
    case Rejection::no_attempts_left:
      created(2).given(submit()).given(submit()).when(submit()).then(rejected(no).with("limit", 2));
      break;
    case Rejection::unknown_question:
      created().when(submit({{5, a_text("a")}})).then(rejected(no).with("limit", 4));
      created()
          .when(submit({{1, a_text("b")}, {UINT64_MAX, a_text("a")}}))
          .then(rejected(no).with("limit", 4));
      break;
  }
}
INSTANTIATE_TEST_SUITE_P(By, EveryQuizRejection, testing::ValuesIn(EnumValuesRejection()),
                         [](const auto& info) { return EnumNameRejection(info.param); });

TEST(Quizzes, KeepTheirQuestionsAndAnswers) {
  exam().when(create({single(), number()}, 3)).then(quiz_of<CreatedT>({single(), number()}, 3));
}

TEST(Quizzes, RecordTheAnswersAndTheirPointsAsOneOutcome) {
  const std::vector<GivenAnswer> answers{{1, a_text("b")}, {3, a_number(3.15)}, {4, a_text("no")}};
  GradedT event = answered<GradedT>(answers);
  event.score = 20;
  event.score_max = 40;
  event.points = {10, 0, 10, 0};
  created().when(submit(answers)).then({answered<SubmittedT>(answers), event});
}

TEST(Quizzes, TakeAnEmptySubmissionForNoPoints) {
  GradedT event = answered<GradedT>({});
  event.score_max = 40;
  event.points = {0, 0, 0, 0};
  created().when(submit()).then({answered<SubmittedT>({}), event});
}

TEST(Quizzes, CountAttemptsByStudent) {
  SubmitT other = submit();
  other.student = "kim";
  created().given(submit()).given(other).when(other).then(
      rejected(Rejection::no_attempts_left).with("limit", 1));
}

TEST(Quizzes, TakeSubmissionsUntilTheVeryInstantOfClosing) {
  created().at({closing - 1}).given(submit());
  created().at({closing}).when(submit()).then(Rejection::window_over);
}

TEST(Quizzes, MeetRefusalsInTheirOrder) {
  const SubmitT bad = submit({{9, a_text("a")}});
  created().given(submit()).given(CloseT{}).at({closing}).when(bad).then(Rejection::closed);
  created().given(submit()).at({closing}).when(bad).then(Rejection::window_over);
  created().given(submit()).when(bad).then(rejected(Rejection::no_attempts_left).with("limit", 1));
  created()
      .when(create({question(Kind::single, a_text("d"), {"a"})}))
      .then(Rejection::already_created);
}

TEST(Grading, OfASingleChoiceIsExact) {
  EXPECT_EQ(graded(single(), a_text("b")), 10u);
  EXPECT_EQ(graded(single(), a_text("a")), 0u);
  EXPECT_EQ(graded(single(), a_text("B")), 0u);
  EXPECT_EQ(graded(single(), a_text(" b")), 0u);
  EXPECT_EQ(graded(single(), a_list({"b"})), 0u);
}

TEST(Grading, OfAMultipleChoiceWantsAllAndOnly) {
  EXPECT_EQ(graded(multiple(), a_list({"c", "a"})), 10u);
  EXPECT_EQ(graded(multiple(), a_list({"a", "c", "a"})), 10u);
  EXPECT_EQ(graded(multiple(), a_list({"a"})), 0u);
  EXPECT_EQ(graded(multiple(), a_list({"a", "b", "c"})), 0u);
  EXPECT_EQ(graded(multiple(), a_text("a")), 0u);
}

TEST(Grading, OfAMultipleChoiceMayWantNothing) {
  const auto none = [] { return question(Kind::multiple, a_list({}), {"a", "b"}); };
  exam().refuses(create({none()}), {});
  EXPECT_EQ(graded(none(), a_list({})), 10u);
  EXPECT_EQ(graded(none(), a_list({"a"})), 0u);
  EXPECT_EQ(graded(none(), a_text("a")), 0u);
}

TEST(Grading, OfANumberIncludesTheToleranceItself) {
  EXPECT_EQ(graded(number(), a_number(3.14)), 10u);
  EXPECT_EQ(graded(number(), a_number(3.13)), 10u);
  EXPECT_EQ(graded(number(), a_number(3.15)), 10u);
  EXPECT_EQ(graded(number(), a_number(3.1501)), 0u);
  EXPECT_EQ(graded(number(), a_text("3.14")), 0u);
  EXPECT_EQ(graded(question(Kind::number, a_number(0)), a_number(0)), 10u);
}

TEST(Grading, OfATextTrimsAndFoldsCase) {
  EXPECT_EQ(graded(text(), a_text("  STRASSE\t")), 10u);
  EXPECT_EQ(graded(text(), a_text("strasse")), 10u);
  EXPECT_EQ(graded(text(), a_text("ＷＥＧ")), 10u);
  EXPECT_EQ(graded(text(), a_text("We g")), 0u);
  EXPECT_EQ(graded(text(), a_number(1)), 0u);
  EXPECT_EQ(graded(text(), a_list({"Weg"})), 0u);
}

TEST(QuizCheck, FindsNothingWrongWithAProperQuiz) {
  exam().refuses(create({single(), multiple(), number(), text()}), {});
}

TEST(QuizCheck, WantsOptionsForAChoiceAndNoneOtherwise) {
  exam().refuses(create({question(Kind::single, a_text("a"))}), {"/questions/0/options"});
  exam().refuses(create({single(), question(Kind::multiple, a_list({"a"}))}),
                 {"/questions/1/options"});
  exam().refuses(create({question(Kind::number, a_number(1), {"a"})}), {"/questions/0/options"});
  exam().refuses(create({question(Kind::text, a_list({"a"}), {"a"})}), {"/questions/0/options"});
}

TEST(QuizCheck, WantsAnAnswerOfTheKindThatTheQuestionAsksFor) {
  const std::vector<std::string> answer{"/questions/0/answer"};
  exam().refuses(create({question(Kind::single, a_list({"a"}), {"a"})}), answer);
  exam().refuses(create({question(Kind::single, a_number(1), {"a"})}), answer);
  exam().refuses(create({question(Kind::multiple, a_text("a"), {"a"})}), answer);
  exam().refuses(create({question(Kind::number, a_text("1"))}), answer);
  exam().refuses(create({question(Kind::text, a_text("a"))}), answer);
}

TEST(QuizCheck, WantsOneToTwentyAcceptedTexts) {
  exam().refuses(create({question(Kind::text, a_list({}))}), {"/questions/0/answer"});
  exam().refuses(create({question(Kind::text, a_list(Texts(21, "a")))}), {"/questions/0/answer"});
  exam().refuses(create({question(Kind::text, a_list(Texts(20, "a")))}), {});
}

TEST(QuizCheck, WantsAToleranceForNumbersOnly) {
  exam().refuses(create({question(Kind::single, a_text("a"), {"a"}, 0.5)}),
                 {"/questions/0/tolerance"});
}

TEST(QuizCheck, FindsAllFaultsAtOnce) {
  exam().refuses(
      create({question(Kind::single, a_number(1)), question(Kind::text, a_text("a"), {"a"})}),
      {"/questions/0/options", "/questions/0/answer", "/questions/1/options",
       "/questions/1/answer"});
}

}  // namespace
}  // namespace spate::quizzes
