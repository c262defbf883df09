// The steps of a projection test.
#include "tests/support/view_kit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace spate {
namespace {

void fail_at(std::source_location where, const std::string& message) {
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << message;
}

/// Joins parts[first, last) in every grouping and collects the different results.
std::set<std::string> every_grouping(const ProjectionTable::ViewOps& ops,
                                     const std::vector<std::string>& parts, std::size_t first,
                                     std::size_t last) {
  if (last - first == 1) return {parts[first]};
  std::set<std::string> joins;
  for (std::size_t split = first + 1; split < last; ++split)
    for (const std::string& a : every_grouping(ops, parts, first, split))
      for (const std::string& b : every_grouping(ops, parts, split, last))
        joins.insert(ops.merge(as_bytes(a), as_bytes(b)));
  return joins;
}

}  // namespace

std::string view_text(const Domain& domain, uint8_t view, Bytes value, Instant now) {
  Derived derived;
  const ProjectionTable::ViewOps& ops = domain.projection->views[view];
  if (ops.derive != nullptr) ops.derive(value, now, derived);
  return member_text(domain, "View", view, value, &derived);
}

ProjectionSteps::ProjectionSteps(std::string_view domain)
    : domain_(domain_named(domain)), views_(*domain_.projection), again_(*domain_.projection) {}

void ProjectionSteps::on(std::string stream) {
  views_.turn_to(stream);
  again_.turn_to(stream);
  stream_ = std::move(stream);
}

void ProjectionSteps::fold(const Message& given, std::source_location where) {
  const Message event = newest(domain_, given, where);
  const DomainScope scope;
  const std::string text = member_text(domain_, "Event", event.type, event.bytes());
  try {
    domain_.projection->apply[event.type](views_, stream_, now_, event.bytes());
    domain_.projection->apply[event.type](again_, stream_, now_, event.bytes());
  } catch (const DomainFault& fault) {
    fail_at(where, "given " + text + "\n  broken: " + fault.condition);
  }
  if (views_.dump() != again_.dump()) fail_at(where, "given " + text + "\n  folds to two results");
  history_[stream_].push_back(event);
}

void ProjectionSteps::expect(uint8_t view, std::string_view key, Bytes expected,
                             std::source_location where) {
  const Bytes value = find(view, key);
  const std::string want = member_text(domain_, "View", view, expected);
  const std::string got =
      value.data() == nullptr ? "no such view" : view_text(domain_, view, value, now_);
  if (want != got)
    fail_at(where,
            stream_ + "/" + std::string(key) + "\n  expected: " + want + "\n  got:      " + got);
}

void ProjectionSteps::expect_none(uint8_t view, std::string_view key, std::source_location where) {
  const Bytes value = find(view, key);
  if (value.data() != nullptr)
    fail_at(where, stream_ + "/" + std::string(key) + "\n  expected: no such view\n  got:      " +
                       view_text(domain_, view, value, now_));
}

std::vector<std::string> ProjectionSteps::broken_laws() {
  ENSURE(domain_.projection->audit != nullptr);
  Laws laws;
  const std::unique_ptr<StreamAudit> audit = domain_.projection->audit();
  for (const Message& event : history_[stream_]) audit->fold(event.type, event.bytes(), laws);
  const MemoryStoredViews views(views_);
  audit->finish(&views, laws);
  return laws.broken();
}

std::string merged_in_every_order(const Domain& domain, uint8_t view,
                                  const std::vector<std::string>& parts) {
  ENSURE(!parts.empty() && parts.size() <= 6);
  const ProjectionTable::ViewOps& ops = domain.projection->views[view];
  ENSURE(ops.merge != nullptr);
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  std::set<std::string> texts;
  do {
    std::vector<std::string> arranged;
    for (const std::size_t i : order) arranged.push_back(parts[i]);
    for (const std::string& join : every_grouping(ops, arranged, 0, arranged.size()))
      texts.insert(member_text(domain, "View", view, as_bytes(join)));
  } while (std::next_permutation(order.begin(), order.end()));
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "\n or: ") + text;
  EXPECT_EQ(texts.size(), 1u) << "the order of a merge changes its result:\n " << all;
  return *texts.begin();
}

}  // namespace spate
