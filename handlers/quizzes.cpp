// Decides quizzes: takes attempts while there are any left, and grades them.
#include <algorithm>
#include <set>

#include "engine/api/decimal.hpp"
#include "engine/api/handler.hpp"
#include "engine/api/text.hpp"
#include "schemas/quizzes_generated.h"

namespace spate::quizzes {
namespace {

constexpr uint32_t accepted_texts_max = 20;
using Texts = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

std::set<std::string_view> set_of(const Texts* texts) {
  std::set<std::string_view> set;
  for (const flatbuffers::String* s : items(texts)) set.insert(text(s));
  return set;
}

/// An empty list may be stored as no field at all.
bool is_list(const Answer& answer) { return answer.text() == nullptr && !answer.number(); }

std::string as_compared(const flatbuffers::String* s) { return fold_case(trim(text(s))); }

bool is_accepted_text(const Texts& accepted_texts, const flatbuffers::String* given) {
  const std::string wanted = as_compared(given);
  return std::any_of(accepted_texts.begin(), accepted_texts.end(),
                     [&](const flatbuffers::String* s) { return as_compared(s) == wanted; });
}

/// An answer of another type than the question's kind is a wrong one, not an error.
bool is_right(const Question& question, const Answer& given) {
  const Answer& right = *question.answer();
  switch (*question.kind()) {
    case Kind::single:
      return given.text() != nullptr && text(given.text()) == text(right.text());
    case Kind::multiple:
      return is_list(given) && set_of(given.items()) == set_of(right.items());
    case Kind::number:
      return given.number() && is_within(*given.number(), *right.number(), question.tolerance());
    case Kind::text:
      return given.text() != nullptr && is_accepted_text(*right.items(), given.text());
  }
  return false;
}

bool answer_is_an_option(const Question& question) {
  if (*question.kind() != Kind::single && *question.kind() != Kind::multiple) return true;
  const std::set<std::string_view> options = set_of(question.options());
  if (*question.kind() == Kind::single) return options.contains(text(question.answer()->text()));
  const std::set<std::string_view> right = set_of(question.answer()->items());
  return std::includes(options.begin(), options.end(), right.begin(), right.end());
}

/// What the kind of a question asks of its other fields, and the schema cannot say.
void check_question(FieldFaults& faults, uint32_t i, const Question& question) {
  const Kind kind = *question.kind();
  const bool has_options = question.options() != nullptr && question.options()->size() > 0;
  const bool needs_options = kind == Kind::single || kind == Kind::multiple;
  if (needs_options && !has_options)
    faults.push_back({pointer_to("questions", i, "options"), "needed: 1 to 50 different texts"});
  if (!needs_options && question.options() != nullptr)
    faults.push_back(
        {pointer_to("questions", i, "options"), "only for kind single or multiple: leave it out"});

  const Answer& answer = *question.answer();
  const char* wrong = nullptr;
  if (kind == Kind::single && answer.text() == nullptr) wrong = "must be a text: the right option";
  if (kind == Kind::multiple && !is_list(answer)) wrong = "must be a list of the right options";
  if (kind == Kind::number && !answer.number()) wrong = "must be a number";
  if (kind == Kind::text && (answer.items() == nullptr || answer.items()->size() == 0 ||
                             answer.items()->size() > accepted_texts_max))
    wrong = "must be a list of 1 to 20 accepted texts";
  if (wrong != nullptr) faults.push_back({pointer_to("questions", i, "answer"), wrong});

  if (question.tolerance() != 0 && kind != Kind::number)
    faults.push_back(
        {pointer_to("questions", i, "tolerance"), "only for kind number: leave it out"});
}

struct Quizzes : Handles<Members<CommandTraits, Create, Submit, Close>,
                         Members<EventTraits, Created, Submitted, Graded, Closed>,
                         Members<RowTraits, QuizRow, AttemptsRow>> {
  static constexpr uint32_t evolve_version = 1;

  // Rows: the quiz always, the student's attempts where a student is named.
  template <class T>
  static void rows(Names& names, const T& item) {
    names.add<QuizRow>();
    if constexpr (requires { item.student(); }) names.add<AttemptsRow>(text(item.student()));
  }

  static void check(FieldFaults& faults, const Create& create) {
    for (uint32_t i = 0; i < create.questions()->size(); ++i)
      check_question(faults, i, *create.questions()->Get(i));
  }

  static Verdict decide(const Rows& rows, const Create& create, Emit& emit) {
    if (rows.find<QuizRow>() != nullptr) return Rejection::already_created;
    for (const Question* question : *create.questions())
      if (!answer_is_an_option(*question)) return Rejection::answer_not_among_options;
    CreateT wish;
    create.UnPackTo(&wish);
    CreatedT created;
    created.title = wish.title;
    created.teacher = wish.teacher;
    created.questions = std::move(wish.questions);
    created.attempts_max = wish.attempts_max;
    created.closes_at = wish.closes_at;
    emit(created);
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Submit& submit, Emit& emit) {
    const QuizRow* quiz = rows.find<QuizRow>();
    if (quiz == nullptr) return Rejection::unknown_quiz;
    if (quiz->closed()) return Rejection::closed;
    if (quiz->closes_at() && rows.now().ns >= *quiz->closes_at()) return Rejection::window_over;
    const AttemptsRow* attempts = rows.find<AttemptsRow>(text(submit.student()));
    if (attempts != nullptr && attempts->used() >= quiz->attempts_max())
      return rejected(Rejection::no_attempts_left).with("limit", quiz->attempts_max());
    const uint32_t last_question = quiz->questions()->size();
    for (const Given* given : items(submit.answers()))
      if (*given->question() > last_question)
        return rejected(Rejection::unknown_question).with("limit", last_question);

    SubmitT wish;
    submit.UnPackTo(&wish);
    SubmittedT submitted;
    submitted.student = wish.student;
    submitted.answers = std::move(wish.answers);
    emit(submitted);
    GradedT graded = grade(*quiz, submit);
    graded.student = std::move(submitted.student);
    graded.answers = std::move(submitted.answers);
    emit(graded);
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Close&, Emit& emit) {
    const QuizRow* quiz = rows.find<QuizRow>();
    if (quiz == nullptr) return Rejection::unknown_quiz;
    if (quiz->closed()) return Rejection::closed;
    emit(ClosedT{});
    return accepted;
  }

  /// All points of a question or none; what was not answered scores 0.
  static GradedT grade(const QuizRow& quiz, const Submit& submit) {
    GradedT graded;
    graded.points.resize(quiz.questions()->size());
    for (const Question* question : *quiz.questions())
      graded.score_max += question->points().value();
    for (const Given* given : items(submit.answers())) {
      const auto i = static_cast<uint32_t>(*given->question() - 1);
      const Question& question = *quiz.questions()->Get(i);
      if (is_right(question, *given->answer())) graded.points[i] = *question.points();
    }
    for (const uint32_t points : graded.points) graded.score += points;
    return graded;
  }

  static void evolve(Rows& rows, const Created& e) {
    CreatedT created;
    e.UnPackTo(&created);
    QuizRowT quiz;
    quiz.questions = std::move(created.questions);
    quiz.attempts_max = created.attempts_max;
    quiz.closes_at = created.closes_at;
    rows.put(quiz);
  }
  static void evolve(Rows& rows, const Submitted& e) {
    AttemptsRow& attempts = rows.edit<AttemptsRow>(text(e.student()));
    attempts.mutate_used(attempts.used() + 1);
  }
  static void evolve(Rows&, const Graded&) {}
  static void evolve(Rows& rows, const Closed&) {
    rows.update<QuizRow>({}, [](QuizRowT& quiz) { quiz.closed = true; });
  }
};

}  // namespace

const HandlerTable& handler() { return make_handler<Quizzes>(); }

}  // namespace spate::quizzes
