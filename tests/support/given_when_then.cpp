// The steps of a scenario and the checks that every step undergoes.
#include "tests/support/given_when_then.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

template <class Run>
std::string failure_of(Run run) {
  const DomainScope scope;
  try {
    run();
    return {};
  } catch (const DomainFault& fault) {
    return std::string("broken: ") + fault.condition + " at " + fault.file + ":" +
           std::to_string(fault.line);
  }
}

bool holds(const std::vector<RowName>& names, RowName wanted) {
  for (const RowName& name : names)
    if (name.table == wanted.table && name.sub == wanted.sub) return true;
  return false;
}

bool same(const Message& a, const Message& b) { return a.type == b.type && a.payload == b.payload; }

void fail_at(std::source_location where, const std::string& message) {
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << message;
}

}  // namespace

Message newest(const Domain& domain, const Message& event, std::source_location where) {
  Upcaster upcaster(domain.handler->upcasts), again(domain.handler->upcasts);
  const NewestEvent now = upcaster.newest(event.type, event.bytes());
  const NewestEvent same = again.newest(event.type, event.bytes());
  if (now.fault != nullptr) fail_at(where, *now.fault);
  if (as_text(now.payload) != as_text(same.payload))
    fail_at(where, "an upcaster makes two things of " +
                       member_text(domain, "Event", event.type, event.bytes()));
  return {now.type, std::string(as_text(now.payload))};
}

void ScenarioSteps::take_event(const Message& given, std::source_location where) {
  const Message event = newest(domain_, given, where);
  const std::string failure = evolve(rows_, now_, event);
  if (!failure.empty())
    fail_at(where,
            "given " + member_text(domain_, "Event", event.type, event.bytes()) + "\n  " + failure);
  history_.emplace_back(now_, event);
}

void ScenarioSteps::take_command(const Message& command, std::source_location where) {
  decide(command);
  if (!answer_.failure.empty() || !answer_.verdict.is_accepted())
    fail_at(where, "given " + when_ + "\n  must be accepted, but: " + answer_text(answer_));
}

void ScenarioSteps::decide(const Message& command) {
  when_ = member_text(domain_, "Command", command.type, command.bytes());
  answer_ = decide_once(command);
  const Answer again = decide_once(command);
  const std::string first_text = answer_text(answer_), second_text = answer_text(again);
  bool equal = first_text == second_text && answer_.events.size() == again.events.size();
  for (std::size_t i = 0; equal && i < again.events.size(); ++i)
    equal = same(answer_.events[i], again.events[i]);
  if (!equal)
    broken("decide gives two answers\n  first:  " + first_text + "\n  second: " + second_text);
  if (!answer_.failure.empty() || !answer_.verdict.is_accepted()) return;
  check_rows_named(command, answer_.events);
  for (const Message& event : answer_.events) {
    const std::string failure = evolve(rows_, now_, event);
    if (!failure.empty())
      broken("evolve of " + member_text(domain_, "Event", event.type, event.bytes()) + "\n  " +
             failure);
    history_.emplace_back(now_, event);
  }
  check_afresh();
}

ScenarioSteps::Answer ScenarioSteps::decide_once(const Message& command) {
  Answer answer;
  const HandlerTable::CommandOps* ops = domain_.handler->command(command.type);
  ENSURE(ops != nullptr);
  answer.failure = failure_of([&] {
    std::vector<RowName> names;
    ops->rows(stream_, command.bytes(), names);
    rows_.allow(names, MemoryRows::Mode::reading);
    EmitCore emitted;
    answer.verdict = ops->decide(rows_, stream_, now_, command.bytes(), emitted);
    for (const EmitCore::Emitted& e : emitted.events())
      answer.events.push_back({e.type, std::string(as_text(emitted.payload(e)))});
  });
  return answer;
}

std::string ScenarioSteps::evolve(MemoryRows& rows, Instant at, const Message& event) const {
  const HandlerTable::EventOps* ops = domain_.handler->event(event.type);
  ENSURE(ops != nullptr);
  return failure_of([&] {
    std::vector<RowName> names;
    ops->rows(stream_, event.bytes(), names);
    rows.allow(names, MemoryRows::Mode::writing);
    ops->evolve(rows, stream_, at, event.bytes());
  });
}

void ScenarioSteps::check_rows_named(const Message& command, const std::vector<Message>& events) {
  std::vector<RowName> of_command;
  domain_.handler->command(command.type)->rows(stream_, command.bytes(), of_command);
  for (const Message& event : events) {
    std::vector<RowName> of_event;
    domain_.handler->event(event.type)->rows(stream_, event.bytes(), of_event);
    for (const RowName& name : of_event)
      if (!holds(of_command, name))
        broken("the event names row " + std::to_string(name.table) + "/" + std::string(name.sub) +
               ", which its command does not (C4): " +
               member_text(domain_, "Event", event.type, event.bytes()));
  }
}

void ScenarioSteps::check_afresh() {
  MemoryRows afresh;
  for (const auto& [at, event] : history_) evolve(afresh, at, event);
  if (afresh.dump() != rows_.dump()) broken("folding all events afresh gives other rows");
}

void ScenarioSteps::broken(const std::string& what) {
  ADD_FAILURE() << "when " << when_ << "\n  " << what;
}

void ScenarioSteps::expect_events(const std::vector<Message>& events, std::source_location where) {
  Answer expected;
  expected.events = events;
  const std::string want = answer_text(expected), got = answer_text(answer_);
  if (want != got)
    fail_at(where, "when " + when_ + "\n  expected: " + want + "\n  got:      " + got);
}

void ScenarioSteps::expect_rejection(const Verdict& verdict, std::source_location where) {
  Answer expected;
  expected.verdict = verdict;
  const std::string want = answer_text(expected), got = answer_text(answer_);
  if (want != got)
    fail_at(where, "when " + when_ + "\n  expected: " + want + "\n  got:      " + got);
  if (!answer_.verdict.is_accepted() && !answer_.events.empty())
    fail_at(where, "when " + when_ + "\n  a rejection that emitted events");
}

void ScenarioSteps::expect_faults(const Message& command, const std::vector<std::string>& pointers,
                                  std::source_location where) {
  const HandlerTable::CommandOps* ops = domain_.handler->command(command.type);
  FieldFaults faults;
  if (ops->check != nullptr) ops->check(command.bytes(), faults);
  std::string want, got, details;
  for (const std::string& pointer : pointers) want += pointer + " ";
  for (const FieldFault& fault : faults) {
    got += fault.pointer + " ";
    details += "\n    " + fault.pointer + ": " + fault.detail;
  }
  if (want != got)
    fail_at(where, "check " + member_text(domain_, "Command", command.type, command.bytes()) +
                       "\n  expected faults at: " + want + "\n  got:                " + got +
                       details);
}

std::string ScenarioSteps::answer_text(const Answer& answer) const {
  if (!answer.failure.empty()) return answer.failure;
  if (!answer.verdict.is_accepted()) return rejection_text(domain_, answer.verdict);
  if (answer.events.empty()) return "accepted, no event";
  std::string text;
  for (const Message& event : answer.events) {
    if (!text.empty()) text += ", ";
    text += member_text(domain_, "Event", event.type, event.bytes());
  }
  return text;
}

std::string ScenarioSteps::rows_text() const {
  std::string text;
  for (const auto& [key, value] : rows_.dump()) {
    const auto row = static_cast<uint16_t>(key[0]);
    text += (text.empty() ? "" : "\n") + ("[" + key.substr(1) + "] ") +
            member_text(domain_, "Row", row, as_bytes(value));
  }
  return text;
}

}  // namespace spate
