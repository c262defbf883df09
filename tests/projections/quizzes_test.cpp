// The quiz's statistics, a student's attempts, and a student over all quizzes and partitions.
#include <gtest/gtest.h>

#include "schemas/quizzes_generated.h"
#include "tests/support/view_kit.hpp"

namespace spate::quizzes {
namespace {

using QuizViews = ViewScenario<EventUnionTraits, ViewTraits>;

constexpr int64_t closing = start_plus(hours(1)).ns;
constexpr const char* secret_answer = "the-secret-answer";

template <class Object>
Object quiz_of(std::vector<uint32_t> points, bool with_answers) {
  Object object;
  object.title = "Streets";
  object.teacher = "Ms Rivers";
  object.attempts_max = 3;
  object.closes_at = closing;
  for (const uint32_t p : points) {
    auto question = std::make_unique<QuestionT>();
    question->prompt = "?";
    question->kind = Kind::single;
    question->options = {secret_answer, "no"};
    question->points = p;
    if (with_answers) {
      question->answer = std::make_unique<AnswerT>();
      question->answer->text = secret_answer;
    }
    object.questions.push_back(std::move(question));
  }
  return object;
}
GradedT graded(const char* student, std::vector<uint32_t> points, uint32_t score_max) {
  GradedT event;
  event.student = student;
  for (const uint32_t p : points) event.score += p;
  event.score_max = score_max;
  event.points = std::move(points);
  return event;
}
SubmittedT submitted(const char* student) {
  SubmittedT event;
  event.student = student;
  return event;
}
QuizViews created() {
  QuizViews views("quizzes");
  views.on("streets").given(quiz_of<CreatedT>({10, 30}, true));
  return views;
}
QuizT expected(uint64_t version) {
  QuizT view = quiz_of<QuizT>({10, 30}, false);
  view.quiz = "streets";
  view.state = State::open;
  view.histogram.resize(10);
  view.points_sums.resize(2);
  view.version = version;
  return view;
}

TEST(QuizView, ShowsQuestionsWithoutTheirAnswers) { created().then(expected(1)); }

TEST(QuizView, CountsEveryAttempt) {
  QuizT view = expected(7);
  view.submissions = 3;
  view.score_sum = 80;
  view.mean = 80.0 / 3;
  view.min = 0;
  view.max = 40;
  view.histogram = {1, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  view.points_sums = {20, 60};
  view.hardest_question = 1;
  created()
      .given(submitted("sam"))
      .given(graded("sam", {10, 30}, 40))
      .given(submitted("sam"))
      .given(graded("sam", {0, 0}, 40))
      .given(submitted("kim"))
      .given(graded("kim", {10, 30}, 40))
      .then(view);
}

TEST(QuizView, SortsAttemptsIntoTenths) {
  QuizViews views = created();
  for (const auto& [points, tenth] : std::vector<std::pair<uint32_t, std::size_t>>{
           {0, 0}, {3, 0}, {4, 1}, {20, 5}, {35, 8}, {36, 9}, {40, 9}}) {
    const uint64_t before = views.view<Quiz>().histogram()->Get(static_cast<uint32_t>(tenth));
    views.given(graded("sam", {points, 0}, 40));
    EXPECT_EQ(views.view<Quiz>().histogram()->Get(static_cast<uint32_t>(tenth)), before + 1)
        << points;
  }
}

TEST(QuizView, NamesTheQuestionWithTheLowestShareOfItsPoints) {
  QuizViews views = created();
  views.given(graded("sam", {10, 15}, 40));
  EXPECT_EQ(views.view<Quiz>().hardest_question(), 2u);
  views.given(graded("kim", {0, 30}, 40));
  EXPECT_EQ(views.view<Quiz>().hardest_question(), 1u);
}

TEST(QuizView, BreaksATieByTheLowerNumber) {
  QuizViews views = created();
  views.given(graded("sam", {5, 15}, 40));
  EXPECT_EQ(views.view<Quiz>().hardest_question(), 1u);
}

TEST(QuizView, IsOverAtTheVeryInstantAndClosedAboveAll) {
  QuizT over = expected(1);
  over.state = State::over;
  QuizT closed = expected(2);
  closed.state = State::closed;
  closed.is_closed = true;
  created()
      .at({closing - 1})
      .then(expected(1))
      .at({closing})
      .then(over)
      .given(ClosedT{})
      .then(closed);
}

TEST(AttemptsView, ListsTheAttemptsOfAStudent) {
  AttemptsT view;
  view.student = "sam";
  for (const auto& [score, at] : std::vector<std::pair<uint32_t, int64_t>>{
           {30, scenario_start.ns}, {10, start_plus(minutes(5)).ns}}) {
    view.attempts.push_back(std::make_unique<AttemptT>());
    view.attempts.back()->score = score;
    view.attempts.back()->at = at;
  }
  view.attempts_left = 1;
  view.best = 30;
  view.score_max = 40;
  view.points = {10, 0};
  created()
      .given(graded("sam", {0, 30}, 40))
      .given(graded("kim", {10, 30}, 40))
      .wait(minutes(5))
      .given(graded("sam", {10, 0}, 40))
      .then(view, "sam")
      .then_no<Attempts>("bob");
}

StudentT student(uint64_t quizzes, uint64_t attempts, uint64_t points, uint64_t points_max,
                 double best, double worst) {
  StudentT view;
  view.student = "sam";
  view.quizzes = quizzes;
  view.attempts = attempts;
  view.points = points;
  view.points_max = points_max;
  view.best = best;
  view.worst = worst;
  return view;
}

TEST(StudentView, GathersAttemptsAtAllQuizzes) {
  created()
      .given(graded("sam", {10, 0}, 40))
      .given(graded("sam", {0, 30}, 40))
      .given(graded("kim", {0, 0}, 40))
      .on("rivers")
      .given(quiz_of<CreatedT>({8}, true))
      .given(graded("sam", {8}, 8))
      .then(student(2, 3, 48, 88, 100, 25), "sam")
      .then_no<Student>("bob");
}

TEST(StudentView, JoinsPartitionsInAnyOrder) {
  const Domain& domain = domain_named("quizzes");
  const auto part = [](const StudentT& view) { return Message::pack(0, view).payload; };
  EXPECT_EQ(merged_in_every_order(
                domain, QuizViews::id<Student>(),
                {part(student(1, 2, 30, 80, 75, 0)), part(student(2, 2, 10, 20, 50, 50)),
                 part(student(1, 1, 7, 7, 100, 100)), part(student(3, 9, 1, 90, 10, 0.5))}),
            member_text(domain, "View", QuizViews::id<Student>(),
                        as_bytes(part(student(7, 14, 48, 197, 100, 0)))));
}

}  // namespace
}  // namespace spate::quizzes
