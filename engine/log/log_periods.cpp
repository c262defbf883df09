// Looking for the first outcome of a period in what is folded next.
#include "engine/log/log_periods.hpp"

namespace spate {

/// Asked about every batch, and nearly always none begins: then the last one says so for all.
std::optional<Sequence> LogPeriods::beginning(const RecordBatch& batch, Sequence done,
                                              Sequence until) const {
  if (batch.empty() || !begins({batch.last_record().head.time})) return {};
  for (const RecordView record : batch) {
    const Sequence at{record.head.number};
    if (at > until) break;
    if (at > done && begins({record.head.time})) return at;
  }
  return {};
}

}  // namespace spate
