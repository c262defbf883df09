// Folds the events of quizzes into each quiz, each student's attempts at it, and each student.
#include <algorithm>

#include "engine/api/projection.hpp"
#include "schemas/quizzes_generated.h"

namespace spate::quizzes {
namespace {

constexpr std::size_t histogram_buckets = 10;

struct QuizViews : Projects<Members<EventTraits, Created, Submitted, Graded, Closed>,
                            Members<ViewTraits, Quiz, Attempts, Student>> {
  static constexpr uint32_t version = 1;

  static void apply(Views& views, const Created& e) {
    CreatedT event;
    e.UnPackTo(&event);
    QuizT quiz;
    quiz.quiz = views.stream();
    quiz.title = event.title;
    quiz.teacher = event.teacher;
    quiz.questions = std::move(event.questions);
    for (const auto& question : quiz.questions) question->answer.reset();  // no view needs it
    quiz.attempts_max = event.attempts_max;
    quiz.closes_at = event.closes_at;
    quiz.histogram.resize(histogram_buckets);
    quiz.points_sums.resize(quiz.questions.size());
    quiz.version = 1;
    views.put(quiz);
  }
  static void apply(Views& views, const Submitted&) {
    change(views, [](QuizT&) {});
  }
  static void apply(Views& views, const Graded& e) {
    change(views, [&](QuizT& quiz) { count(quiz, e); });
    const bool is_first = views.find<Attempts>(text(e.student())) == nullptr;
    const uint32_t attempts_max = views.find<Quiz>()->attempts_max();
    views.update<Attempts>(text(e.student()), [&](AttemptsT& attempts) {
      note_attempt(attempts, e, attempts_max, views.at());
    });
    views.update<Student>(text(e.student()), [&](StudentT& student) {
      student.student = text(e.student());
      student.quizzes += is_first ? 1 : 0;
      student.attempts += 1;
      student.points += e.score();
      student.points_max += e.score_max();
      const double percent = 100.0 * e.score() / e.score_max();
      student.best =
          either(student.best, Percent(percent), [](double a, double b) { return a > b; });
      student.worst =
          either(student.worst, Percent(percent), [](double a, double b) { return a < b; });
    });
  }
  static void apply(Views& views, const Closed&) {
    change(views, [](QuizT& quiz) { quiz.is_closed = true; });
  }

  static void derive(const Quiz& quiz, Instant now, Derived& out) {
    State state = State::open;
    if (quiz.is_closed())
      state = State::closed;
    else if (quiz.closes_at() && now.ns >= *quiz.closes_at())
      state = State::over;
    out.set("state", state);
  }

  /// Joins what two partitions know of one student; a quiz lies in one partition, so sums are
  /// right.
  static void merge(StudentT& into, const Student& from) {
    into.student = text(from.student());
    into.quizzes += from.quizzes();
    into.attempts += from.attempts();
    into.points += from.points();
    into.points_max += from.points_max();
    into.best = either(into.best, from.best(), [](double a, double b) { return a > b; });
    into.worst = either(into.worst, from.worst(), [](double a, double b) { return a < b; });
  }

 private:
  using Percent = flatbuffers::Optional<double>;

  template <class Better>
  static Percent either(Percent a, Percent b, Better better) {
    if (!a) return b;
    if (!b) return a;
    return better(*b, *a) ? b : a;
  }

  template <class Change>
  static void change(Views& views, Change change_to) {
    views.update<Quiz>({}, [&](QuizT& quiz) {
      ++quiz.version;
      change_to(quiz);
    });
  }

  static void count(QuizT& quiz, const Graded& e) {
    ++quiz.submissions;
    quiz.score_sum += e.score();
    quiz.mean = static_cast<double>(quiz.score_sum) / static_cast<double>(quiz.submissions);
    quiz.min = std::min(quiz.min.value_or(e.score()), e.score());
    quiz.max = std::max(quiz.max.value_or(e.score()), e.score());
    const std::size_t tenth = std::size_t{e.score()} * histogram_buckets / e.score_max();
    ++quiz.histogram[std::min(tenth, histogram_buckets - 1)];
    for (uint32_t i = 0; i < e.points()->size(); ++i) quiz.points_sums[i] += e.points()->Get(i);
    quiz.hardest_question = hardest(quiz);
  }

  /// The lowest share of points; as every attempt counts for every question, the sums compare.
  static uint32_t hardest(const QuizT& quiz) {
    std::size_t lowest = 0;
    for (std::size_t i = 1; i < quiz.questions.size(); ++i)
      if (quiz.points_sums[i] * *quiz.questions[lowest]->points <
          quiz.points_sums[lowest] * *quiz.questions[i]->points)
        lowest = i;
    return static_cast<uint32_t>(lowest + 1);
  }

  static void note_attempt(AttemptsT& attempts, const Graded& e, uint32_t attempts_max,
                           Instant at) {
    attempts.student = text(e.student());
    auto attempt = std::make_unique<AttemptT>();
    attempt->score = e.score();
    attempt->at = at.ns;
    attempts.attempts.push_back(std::move(attempt));
    attempts.attempts_left = attempts_max - static_cast<uint32_t>(attempts.attempts.size());
    attempts.best = std::max(attempts.best, e.score());
    attempts.score_max = e.score_max();
    attempts.points.assign(e.points()->begin(), e.points()->end());
  }
};

}  // namespace

const ProjectionTable& projection() { return make_projection<QuizViews>(); }

}  // namespace spate::quizzes
