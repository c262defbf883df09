// SimulatedClient: sends commands of redemptions, retries until answered, and remembers what it was
// told: a second answer that differs from the first is the fault it looks for.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/envelope.hpp"
#include "engine/base/topology.hpp"
#include "engine/processor/mailbox.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {

/// What a client was told about one key.
struct Told {
  envelope::Kind kind = envelope::Kind::none;
  uint16_t rejection = 0;
  uint64_t sequence = 0;
  bool operator==(const Told&) const = default;
};

struct ClientCommand {
  std::string key;
  std::string stream;
  uint16_t type = 0;
  std::string payload;
};

class SimulatedClient {
 public:
  SimulatedClient(int number, uint64_t seed, const Topology& topology)
      : number_(number), random_(seed), topology_(topology) {}

  /// Sends, retries or does nothing. `now` in ns of virtual time.
  void step(Mailbox& mailbox, int64_t now, bool may_start);
  /// An answer to `ticket`, without an outcome when it was none; false when it is not this
  /// client's.
  bool answered(uint64_t ticket, const std::optional<Told>& told);
  /// The process it talked to is gone.
  void disconnected() { ticket_ = 0; }

  bool idle() const { return !busy_; }
  const std::map<std::string, Told>& told() const { return told_; }
  const std::string& contradiction() const { return contradiction_; }
  uint64_t sent() const { return sends_; }

 private:
  void choose();
  bool send(Mailbox& mailbox);

  const int number_;
  SeededRandom random_;
  const Topology topology_;
  std::vector<ClientCommand> past_;
  ClientCommand current_;
  bool busy_ = false;
  uint64_t ticket_ = 0;    // 0: not waiting
  uint64_t sends_ = 0;
  uint64_t started_ = 0;
  int64_t give_up_at_ = 0;
  std::map<std::string, Told> told_;
  std::string contradiction_;
};

}  // namespace spate
