// Questions, answers, and what follows from them.
#include "engine/app/live_compare.hpp"

#include "engine/base/place_text.hpp"

namespace spate {
namespace {

constexpr int asked_together_max = 128;

std::string text_of(const Hash128& digest) {
  char text[33];
  std::snprintf(text, sizeof text, "%016lx%016lx", digest.hi, digest.lo);
  return text;
}

/// Points of one code alone: what others folded by another is no news.
bool is_of(const LiveCompare::Recorded& recorded, const DigestPoint& point) {
  return recorded.journal != nullptr && recorded.schema_digest == point.schema_digest &&
         recorded.logic_version == point.logic_version;
}

std::vector<DigestPoint> points_from(const LiveCompare::Recorded& recorded, Sequence first) {
  return recorded.journal->points({first.value - 1}, recorded.schema_digest,
                                  recorded.logic_version);
}

}  // namespace

LiveCompare::LiveCompare(Parts parts)
    : parts_(std::move(parts)),
      subjects_(2 * parts_.topology.partitions().size()),
      next_subject_(subjects_.size()),
      next_ask_ns_(parts_.clock->monotonic_ns() + parts_.interval_ns) {}

Step LiveCompare::step() {
  while (const auto asked = parts_.mail->questions_in.take()) answer(*asked);
  while (const auto heard = parts_.mail->answers_in.take()) hear(*heard);
  ask();
  return Step::idle;
}

/// A few at a time: what has no room in the mail is lost.
void LiveCompare::ask() {
  const int64_t now = parts_.clock->monotonic_ns();
  if (next_subject_ == subjects_.size() && now >= next_ask_ns_) {
    next_ask_ns_ = now + parts_.interval_ns;
    next_subject_ = 0;
  }
  for (int i = 0; i < asked_together_max && next_subject_ < subjects_.size(); ++i, ++next_subject_)
    ask(static_cast<uint32_t>(next_subject_ / 2), static_cast<DigestOf>(next_subject_ % 2));
}

/// The newest, if there are too many: those before are of outcomes that these rest on.
void LiveCompare::ask(uint32_t dense, DigestOf of) {
  const Owner owner = parts_.owners->owner(dense);
  if (owner.where != Owner::Where::peer) return;
  const Recorded here = recorded(dense, of);
  if (here.journal == nullptr) return;
  const Subject& known = subject(dense, of, here);
  if (known.differs_from == owner.address) return;
  std::vector<DigestPoint> points = points_from(here, known.agreed_at.next());
  if (points.empty()) return;
  if (points.size() > DigestQuestion::points_max)
    points.erase(points.begin(), points.end() - DigestQuestion::points_max);
  parts_.mail->questions_out.put({owner.address, {dense, of, std::move(points)}});
}

/// Whoever is asked need not own it any more: what it recorded is as good.
void LiveCompare::answer(const DigestMail::FromNode& asked) {
  const auto& [dense, of, points] = asked.question;
  const Recorded here = recorded(dense, of);
  if (!is_of(here, points.front())) return;
  const ComparedPoints compared =
      compare_points(points_from(here, points.front().sequence), points);
  DigestAnswer answer{dense, of, static_cast<uint32_t>(compared.agreed), compared.agreed_at, {}};
  if (compared.difference) answer.difference = compared.difference->ours;
  parts_.mail->answers_out.put({asked.link, std::move(answer)});
  if (!compared.difference || !told_.insert({place(dense, of), here.generation}).second) return;
  Finding differs = finding(dense, of, *compared.difference, asked.address, "follows");
  differs.generation = here.generation;
  differs.is_asked = true;
  found(std::move(differs));
}

/// What the other says is held against what is recorded here: an answer may be late.
void LiveCompare::hear(const DigestMail::Answered& heard) {
  const auto& [dense, of, agreed, agreed_at, difference] = heard.answer;
  const Recorded here = recorded(dense, of);
  if (here.journal == nullptr) return;
  Subject& known = subject(dense, of, here);
  if (agreed_at > known.agreed_at) {
    known.agreed_at = agreed_at;
    (of == DigestOf::rows ? rows_agreed_ : views_agreed_).add(agreed);
  }
  if (!difference || known.differs_from == heard.address || !is_of(here, *difference)) return;
  const ComparedPoints compared =
      compare_points(points_from(here, difference->sequence), {&*difference, 1});
  if (!compared.difference) return;
  known.differs_from = heard.address;
  Finding differs = finding(dense, of, *compared.difference, heard.address, "owns");
  differs.generation = here.generation;
  differs.text += "; they parted behind outcome " + std::to_string(known.agreed_at.value) +
                  (known.agreed_at == Sequence{} ? ", the beginning" : ", where they were equal");
  found(std::move(differs));
}

/// Another generation of views has a history of its own.
LiveCompare::Subject& LiveCompare::subject(uint32_t dense, DigestOf of, const Recorded& recorded) {
  Subject& known = subjects_[place(dense, of)];
  if (known.generation != recorded.generation) known = {{}, recorded.generation, {}};
  return known;
}

/// `relation`: what the other node does with it.
LiveCompare::Finding LiveCompare::finding(uint32_t dense, DigestOf of,
                                          const ComparedPoints::Difference& difference,
                                          const std::string& node,
                                          const std::string& relation) const {
  const auto& [ours, theirs] = difference;
  Finding differs;
  differs.partition = partition(dense);
  differs.of = of;
  differs.ours = ours;
  differs.theirs = theirs;
  differs.text = (of == DigestOf::rows ? "rows of " : "views of ") +
                 place_text(parts_.topology.domains(), differs.partition) +
                 " differ between here and node " + node + ", which " + relation +
                 " them: at outcome " + std::to_string(ours.sequence.value) +
                 " their digest is " + text_of(ours.digest) + " here, " + text_of(theirs.digest) +
                 " there";
  return differs;
}

void LiveCompare::found(Finding finding) {
  {
    const std::lock_guard lock(text_mutex_);
    text_ += finding.text + "\n";
  }
  (finding.of == DigestOf::rows ? rows_differ_ : views_differ_).fetch_add(1);
  parts_.differs(finding);
}

std::string LiveCompare::text() const {
  const std::lock_guard lock(text_mutex_);
  return text_;
}

void LiveCompare::add_metrics(std::vector<Sample>& out) const {
  const auto number = [](uint64_t value) { return static_cast<double>(value); };
  out.push_back({Metric::compared_digests, {"rows"}, number(rows_agreed_.get())});
  out.push_back({Metric::compared_digests, {"views"}, number(views_agreed_.get())});
  out.push_back({Metric::compare_differences, {"rows"}, number(rows_differ_.load())});
  out.push_back({Metric::compare_differences, {"views"}, number(views_differ_.load())});
}

}  // namespace spate
