// Frames about digests.
#include "engine/cluster/frame_writer.hpp"
#include "engine/cluster/link_protocol.hpp"

namespace spate {
namespace {

void put_code(const DigestPoint& of, WireWriter& out) {
  out.number(of.schema_digest).number(of.logic_version).number(uint32_t{0});
}

void put_point(const DigestPoint& point, WireWriter& out) {
  out.number(point.sequence.value).number(point.chain);
  out.number(point.digest.hi).number(point.digest.lo);
}

DigestPoint code_of(WireReader& in) {
  DigestPoint code;
  code.schema_digest = in.number<uint64_t>();
  code.logic_version = in.number<uint32_t>();
  in.number<uint32_t>();
  return code;
}

DigestPoint point_of(WireReader& in, DigestPoint code) {
  code.sequence.value = in.number<uint64_t>();
  code.chain = in.number<uint64_t>();
  code.digest.hi = in.number<uint64_t>();
  code.digest.lo = in.number<uint64_t>();
  return code;
}

}  // namespace

void put_compare(const DigestQuestion& question, ByteBuffer& out) {
  ENSURE(!question.points.empty() && question.points.size() <= DigestQuestion::points_max);
  put_frame(FrameKind::compare, out, [&](WireWriter& w) {
    w.number(question.partition).number(static_cast<uint8_t>(question.of));
    w.number(uint8_t{0}).number(uint16_t{0});
    put_code(question.points.front(), w);
    for (const DigestPoint& point : question.points) put_point(point, w);
  });
}

void put_compared(const DigestAnswer& answer, ByteBuffer& out) {
  put_frame(FrameKind::compared, out, [&](WireWriter& w) {
    w.number(answer.partition).number(static_cast<uint8_t>(answer.of));
    w.number(static_cast<uint8_t>(answer.difference ? 1 : 0)).number(uint16_t{0});
    w.number(answer.agreed).number(uint32_t{0}).number(answer.agreed_at.value);
    put_code(answer.difference.value_or(DigestPoint{}), w);
    if (answer.difference) put_point(*answer.difference, w);
  });
}

Result<DigestQuestion> parse_compare(Bytes payload, const Topology& topology) {
  WireReader in(payload);
  DigestQuestion question;
  question.partition = in.number<uint32_t>();
  const auto of = in.number<uint8_t>();
  in.number<uint8_t>();
  in.number<uint16_t>();
  const DigestPoint code = code_of(in);
  if (!in.ok() || of > static_cast<uint8_t>(DigestOf::views) ||
      question.partition >= topology.partitions().size())
    return broken_link("a comparison's head is malformed");
  question.of = static_cast<DigestOf>(of);
  while (!in.rest().empty() && in.ok() && question.points.size() <= DigestQuestion::points_max) {
    const Sequence last = question.points.empty() ? Sequence{} : question.points.back().sequence;
    question.points.push_back(point_of(in, code));
    if (question.points.back().sequence <= last)
      return broken_link("the points of a comparison are out of order");
  }
  if (!in.ok() || question.points.empty() || question.points.size() > DigestQuestion::points_max)
    return broken_link("a comparison of no or too many points");
  return question;
}

Result<DigestAnswer> parse_compared(Bytes payload, const Topology& topology) {
  WireReader in(payload);
  DigestAnswer answer;
  answer.partition = in.number<uint32_t>();
  const auto of = in.number<uint8_t>();
  const auto differs = in.number<uint8_t>();
  in.number<uint16_t>();
  answer.agreed = in.number<uint32_t>();
  in.number<uint32_t>();
  answer.agreed_at.value = in.number<uint64_t>();
  const DigestPoint code = code_of(in);
  if (differs == 1) answer.difference = point_of(in, code);
  if (!in.ok() || !in.rest().empty() || of > static_cast<uint8_t>(DigestOf::views) ||
      differs > 1 || answer.partition >= topology.partitions().size())
    return broken_link("the answer to a comparison is malformed");
  answer.of = static_cast<DigestOf>(of);
  return answer;
}

}  // namespace spate
