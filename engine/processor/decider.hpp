// Decider: what becomes of one command; the one place where a failure of domain code is caught.
#pragma once
#include <exception>

#include "engine/api/domain.hpp"
#include "engine/api/envelope.hpp"
#include "engine/processor/named_rows.hpp"

namespace spate {

/// `kind` none means: decide failed before there was anything to record.
struct Decision {
  envelope::Kind kind = envelope::Kind::none;
  Verdict verdict;
  std::string reason;  ///< parked, refused: why
};

class Decider {
 public:
  Decider(const HandlerTable& handler, std::size_t outcome_bytes_max)
      : handler_(handler), outcome_bytes_max_(outcome_bytes_max) {}

  /// The rows the command needs; empty for a command that will be refused. Never throws.
  void name_rows(const envelope::Command& command, std::vector<RowName>& names) const;

  /// Accepted (events in `events()`), rejected, refused or parked. Never throws.
  /// `suspect`: this command killed the process before; it is parked unseen (E2).
  Decision decide_once(const envelope::Command& command, Instant now, NamedRows& rows,
                       bool suspect);
  /// The same for a parked command that is tried again, ahead of what is parked behind it.
  Decision redrive(const envelope::Command& command, Instant now, NamedRows& rows);
  /// A failure of evolve on what was just decided becomes a parked command the same way.
  template <class Apply>
  static Decision guard(Apply apply) {
    const DomainScope scope;
    try {
      apply();
      return {};
    } catch (const DomainFault& fault) {
      return parked(fault);
    } catch (const std::exception& error) {
      return parked(error.what());
    }
  }

  EmitCore& events() { return events_; }

 private:
  Decision decide(const envelope::Command& command, Instant now, NamedRows& rows, bool redriven);
  static Decision refused(const envelope::Command& command);
  static Decision parked(std::string reason);
  static Decision parked(const DomainFault& fault);

  const HandlerTable& handler_;
  const std::size_t outcome_bytes_max_;
  EmitCore events_;
};

}  // namespace spate
