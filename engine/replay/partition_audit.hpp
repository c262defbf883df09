// PartitionAudit: the laws of one partition's outcomes, and through the domain those of its
// streams.
#pragma once
#include <optional>
#include <unordered_map>

#include "engine/api/audit.hpp"
#include "engine/api/envelope.hpp"
#include "engine/replay/audit.hpp"

namespace spate {

class PartitionAudit {
 public:
  PartitionAudit(const Domain& domain, const DomainPlace& place, PartitionId id,
                 AuditReport& report);

  PartitionId id() const { return id_; }
  /// The outcomes in the order of the log.
  void take(const RecordView& record);
  /// After the last: what must hold of the whole.
  Result<void> finish(ViewStore* views);

 private:
  struct Stream {
    std::unique_ptr<StreamAudit> laws;  ///< null when the domain states none
  };
  struct Effect {
    CommandId id;
    uint64_t sequence;
    auto operator<=>(const Effect&) const = default;
  };
  void check_record(const RecordView& record, const envelope::Outcome& outcome);
  void check_order(const RecordView& record, const envelope::Outcome& outcome);
  void count(const envelope::Outcome& outcome, Sequence sequence);
  void fold_events(const envelope::Outcome& outcome, Sequence sequence);
  void check_ids();
  Result<bool> may_compare(ViewStore* views);
  void broken(std::string law, Sequence sequence = {}, std::string_view stream = {});

  const Domain& domain_;
  Upcaster upcaster_;
  const DomainPlace& place_;
  const PartitionId id_;
  AuditReport& report_;
  AuditCount& count_;
  uint64_t last_ = 0;
  std::optional<uint64_t> chain_ = 0;  ///< none: unknown behind a record that is not what it was
  uint64_t cause_ = 0;
  uint64_t epoch_ = 0;
  int64_t time_ = 0;
  std::vector<Effect> effects_;
  std::unordered_map<std::string, Stream> streams_;
  Laws laws_;
};

}  // namespace spate
