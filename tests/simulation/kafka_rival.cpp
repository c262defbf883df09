// The rival decides what it reads, by the same code, whenever it owns.
#include "tests/simulation/kafka_rival.hpp"
#include "tests/support/built_in_domain.hpp"

namespace spate {
namespace {

constexpr int64_t rival_ms = 1'000'000;

KafkaLogLimits limits_of(SeededRandom& random) {
  KafkaLogLimits limits;
  limits.undurable_bytes_max = 16 << 10;
  limits.recent_bytes_max = random.below(8 << 10);
  limits.queued_command_bytes_max = 1 << 10;
  limits.claim_delay_ns_min = 5 * rival_ms;
  limits.claim_delay_ns_max = 80 * rival_ms;
  limits.rival_delay_ns_min = 30 * rival_ms;
  limits.rival_delay_ns_max = 200 * rival_ms;
  limits.note_interval_ns = 500 * rival_ms;
  limits.mark_delay_ns = 50 * rival_ms;
  return limits;
}

}  // namespace

KafkaMember::KafkaMember(SimulatedKafka& kafka, const Clock& clock, SeededRandom& random,
                         Storage* storage)
    : client_(kafka.connect()) {
  KafkaLogParts parts{kafka.topology(), {{1, 1}, 1}, client_.get(), &clock, &door_, storage};
  parts.node = {random.next(), "node", [&random] { return random.next(); }, {}};
  parts.limits = limits_of(random);
  log_ = std::make_unique<KafkaLog>(std::move(parts));
}

KafkaRival::KafkaRival(SimulatedKafka& kafka, const Clock& clock, SeededRandom& random)
    : random_(random),
      member_(kafka, clock, random, nullptr),
      group_({&mailbox_}, static_cast<uint32_t>(kafka.topology().partitions().size())) {
  suspects_.open_in_memory(static_cast<uint32_t>(kafka.topology().partitions().size()));
  for (const PartitionId id : kafka.topology().partitions()) {
    State& state = states_.emplace_back();
    PartitionParts parts;
    parts.id = id;
    parts.dense = kafka.topology().dense_index(id);
    parts.domain = &redemptions_domain();
    parts.row_schema_digest = 1;
    parts.log = &member_.log();
    parts.store = &state.store;
    parts.rows = &state.rows;
    parts.ids = &state.ids;
    parts.clock = &clock;
    parts.suspects = &suspects_;
    group_.add(parts, {});
  }
}

bool KafkaRival::step() {
  if (!member_.log().step()) return false;
  return random_.one_in(3) || group_.step().has_value();
}

}  // namespace spate
