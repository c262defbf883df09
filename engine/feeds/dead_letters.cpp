// Refused outcomes hold the raw record; of a reused key only the command topic still does.
#include "engine/feeds/dead_letters.hpp"

#include "engine/api/raw_record.hpp"
#include "engine/log/command_door.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

std::optional<std::string> copy(Bytes bytes) {
  if (bytes.data() == nullptr) return std::nullopt;
  return std::string(as_text(bytes));
}

void take_raw(const envelope::RawRecord& raw, FeedRecord& letter) {
  if (raw.key_bytes() > 0) letter.key = std::string(as_text(bytes_of(raw.key())));
  if (!raw.tombstone()) letter.value = std::string(as_text(bytes_of(raw.value())));
  if (raw.headers() != nullptr)
    for (const envelope::RawHeader* header : *raw.headers())
      letter.headers.emplace_back(as_text(bytes_of(header->name())),
                                  as_text(bytes_of(header->value())));
  const uint64_t kept_key = bytes_of(raw.key()).size(), kept_value = bytes_of(raw.value()).size();
  const std::size_t kept_headers = raw.headers() == nullptr ? 0 : raw.headers()->size();
  if (kept_key < raw.key_bytes() || kept_value < raw.value_bytes() ||
      kept_headers < raw.headers_count())
    letter.headers.emplace_back(
        "spate-truncated", "of key " + std::to_string(raw.key_bytes()) + " bytes, value " +
                               std::to_string(raw.value_bytes()) + " bytes, headers " +
                               std::to_string(raw.headers_count()));
}

/// A sound envelope that was refused all the same: by another version, or after it was parked.
void take_envelope(const envelope::Outcome& outcome, FeedRecord& letter) {
  letter.key = std::string(text_of(outcome.stream()));
  letter.value = std::string(as_text(bytes_of(outcome.command())));
  letter.headers.emplace_back("content-type", command_content_type);
}

const envelope::RawRecord* raw_of(const envelope::Outcome& outcome) {
  const Bytes bytes = bytes_of(outcome.command());
  flatbuffers::Verifier verifier(bytes.data(), bytes.size());
  if (bytes.empty() || !verifier.VerifyBuffer<envelope::Command>(nullptr)) return nullptr;
  return raw_record_of(command_of(bytes));
}

}  // namespace

DeadLetters::DeadLetters(std::vector<Topic> topics, ReadRaw read_raw)
    : topics_(std::move(topics)), read_raw_(std::move(read_raw)) {}

const DeadLetters::Topic* DeadLetters::topic_of(const DomainPlan& domain) const {
  for (const Topic& topic : topics_)
    if (topic.domain == domain.name) return &topic;
  return nullptr;
}

Result<void> DeadLetters::render(const FeedPlace& place, const RecordView& record,
                                 std::vector<FeedRecord>& out) {
  const envelope::Outcome& outcome = outcome_of(record.body);
  const bool reused = outcome.kind() == envelope::Kind::key_reused;
  if (outcome.kind() != envelope::Kind::refused && !reused) return {};
  const Topic& topic = *topic_of(place.domain);
  FeedRecord letter;
  letter.topic = topic.topic;
  letter.partition = static_cast<uint16_t>(place.partition.index % topic.partitions);
  const uint64_t cause = outcome.origin() != 0 ? outcome.origin() : outcome.cause();
  int64_t offset = static_cast<int64_t>(cause) - 1;
  std::string reason(text_of(outcome.reason()));
  if (reused) {
    TRY(const bool is_foreign, take_reused(place, offset, letter, reason));
    if (!is_foreign) return {};
  } else if (const envelope::RawRecord* raw = raw_of(outcome)) {
    take_raw(*raw, letter);
    offset = raw->offset();
    if (reason.empty()) reason = text_of(raw->reason());
  } else {
    take_envelope(outcome, letter);
  }
  const auto error = [&](const char* what, std::string text) {
    letter.headers.emplace_back("__connect.errors." + std::string(what), std::move(text));
  };
  error("topic", kafka_topic_name(place.domain.name, LogSide::commands));
  error("partition", std::to_string(place.partition.index));
  error("offset", std::to_string(offset));
  error("exception.class.name", reused ? "spate.KeyReused" : "spate.Refused");
  error("exception.message", reason.empty() ? "refused" : reason);
  error("stage", reused ? "TRANSFORMATION" : "VALUE_CONVERTER");
  letter.headers.emplace_back("spate-position", feed_position(place, {record.head.number}));
  letter.headers.emplace_back("spate-command-id", to_hex(id_of(outcome.id())));
  out.push_back(std::move(letter));
  return {};
}

/// False: an edge wrote it.
Result<bool> DeadLetters::take_reused(const FeedPlace& place, int64_t offset, FeedRecord& letter,
                                      std::string& reason) const {
  reason = "this id named another command of this stream before";
  bool is_foreign = true;
  const auto take = [&](const KafkaRecord& raw) {
    if (raw.offset != offset) return;
    is_foreign = as_text(header_of(raw, "content-type")) != command_content_type;
    letter.key = copy(raw.key);
    letter.value = copy(raw.value);
    for (const KafkaHeader& header : raw.headers)
      letter.headers.emplace_back(header.name, as_text(header.value));
  };
  const auto read = read_raw_(place.partition, offset, take);
  if (read) return is_foreign;
  if (read.error().action == FaultAction::retry) return pass_on(Fault(read.error()));
  letter.headers.emplace_back("spate-truncated", "the command topic does not keep it any more");
  return true;
}

}  // namespace spate
