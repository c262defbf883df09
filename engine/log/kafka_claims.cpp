// Becoming the owner of a partition and ceasing to be it; whose turn it is to try.
#include <limits>
#include <utility>

#include "engine/log/kafka_partition.hpp"

namespace spate {
namespace {

constexpr int64_t never = std::numeric_limits<int64_t>::max();
constexpr int64_t send_again_ns = 1'000'000;
constexpr uint32_t doublings_max = 16;

}  // namespace

void KafkaPartition::start(uint64_t session) {
  Lock lock(mutex_);
  session_ = session;
  due_ns_ = never;
  follow_outcomes();
  shared_.client.ask_end({id_, LogSide::outcomes});
}

/// What was resumed from begins at its last valid outcome: to find that it is still there.
void KafkaPartition::follow_outcomes() {
  shared_.client.follow({id_, LogSide::outcomes},
                        unchecked_ ? unchecked_->tail_offset : fold_.at().next_offset);
}

void KafkaPartition::electing() {
  Lock lock(mutex_);
  is_chosen_anew_ = true;
  if (role_ == Role::catching_up && stood_down_) role_ = Role::following;
}

void KafkaPartition::elected(bool is_elected) {
  Lock lock(mutex_);
  elected_ = is_elected;
  election_known_ = true;
  // Meanwhile another may have been elected, and have claimed: an owner that has nothing to send
  // would never learn of it.
  if (std::exchange(is_chosen_anew_, false) && is_elected && role_ == Role::owned) {
    makes_sure_ = true;
    shared_.client.ask_end({id_, LogSide::outcomes});
  }
  resigning_ = role_ == Role::owned && !is_elected;
  owner_moved_ = true;
  if (is_elected && stood_down_) {
    stood_down_ = false;
    wait_before_claiming(false);
  }
  if (!is_elected && (role_ == Role::catching_up || role_ == Role::claiming))
    role_ = Role::following;  // a claim on its way may still win: nobody will act on it
  turn_wanted_.store(true);
}

/// From now on what is read is believed, not what is reported: so the next owner's claim is met
/// although nothing is sent any more.
void KafkaPartition::leave() {
  Lock lock(mutex_);
  elected_ = false;
  election_known_ = owner_moved_ = true;
  if (role_ == Role::catching_up || role_ == Role::claiming) role_ = Role::following;
  if (role_ != Role::owned || resigning_) return;
  if (!reading_ && deferred_ == 0) settle();
  read_to(never);
}

bool KafkaPartition::turn(int64_t now_ns) {
  if (!turn_wanted_.exchange(false) && now_ns < due_ns_) return false;
  Lock lock(mutex_);
  due_ns_ = never;
  if (giving_up_) lose(fate_);
  bool all_sent = send_commands();
  if (role_ == Role::owned) {
    all_sent &= send_outcomes();
    if (resigning_ && in_flight_.empty()) lose(Progress::Fate::conflict);
  }
  if (commands_held_ && may_go_on()) {
    commands_held_ = false;
    shared_.client.hold({id_, LogSide::commands}, false);
  }
  ask_commands_end();
  mark_passed(now_ns);
  advance_claim(now_ns);
  waits_for_reports_.store(!commands_to_send_.empty() || in_flight_.has_unsent());
  if (!all_sent)
    due_ns_ = std::min(due_ns_, now_ns + send_again_ns);
  return true;
}

/// Whoever may claim reads to the end first: an owner must have read what came before its claim,
/// and the fewer records lie between, the sooner it owns.
void KafkaPartition::advance_claim(int64_t now_ns) {
  if (fold_.at().address == kafka_moved_address && shared_.node.address != kafka_moved_address)
    return stop_at(LogSide::outcomes, fold_.at().next_offset,
                   "the log is moved from here into a directory: no node goes on with it; finish "
                   "with `spate log migrate --back`, then serve that directory");
  // Who met a rival may have heard of its own election only: it waits until the group is at rest.
  const bool may_claim = elected_ && !(stood_down_ && is_chosen_anew_);
  if (role_ == Role::following && wanted_ && may_claim && caught_up() && !broken_) {
    if (now_ns < claim_at_ns_) {
      due_ns_ = std::min(due_ns_, claim_at_ns_);
      return;
    }
    role_ = Role::catching_up;
    catch_up_end_ = -1;
    shared_.client.ask_end({id_, LogSide::outcomes});
  }
  if (role_ == Role::catching_up && catch_up_end_ >= 0 && fold_.at().next_offset >= catch_up_end_)
    send_claim(now_ns);
}

void KafkaPartition::send_claim(int64_t now_ns) {
  epoch_ = fold_.at().epoch.next();
  nonce_ = {shared_.node.nonce, shared_.node.random()};
  const ByteBuffer record = ownership_record(epoch_, nonce_, shared_.node.address);
  claim_token_ = in_flight_.mint();
  if (shared_.client.send_outcome(id_, claim_token_, {}, record) == KafkaClient::Sent::full) {
    due_ns_ = std::min(due_ns_, now_ns + send_again_ns);
    return;
  }
  role_ = Role::claiming;
}

/// The first record of an epoch owns it: ours, or that of a rival, or a late one of our own whose
/// report had failed.
void KafkaPartition::judge_claim() {
  const FoldedTopic& at = fold_.at();
  if (at.epoch < epoch_) return;
  if (at.epoch == epoch_ && at.nonce == nonce_) return become_owner();
  role_ = Role::following;
  wait_before_claiming(at.nonce.hi != shared_.node.nonce);
}

void KafkaPartition::become_owner() {
  const FoldedTopic& at = fold_.at();
  role_ = Role::owned;
  granted_ = resigning_ = stood_down_ = makes_sure_ = false;
  reading_ = false;
  deferred_ = asked_for_ = front_end_ = read_ahead_ = 0;
  deferred_end_.reset();
  expected_ = at.next_offset;
  reported_ = claim_token_;
  shared_.client.unfollow({id_, LogSide::outcomes});
  commands_.restart(at.tail.cause);
  commands_held_ = false;
  commands_came_ = commands_taken_ = at.decided();
  commands_next_ = static_cast<int64_t>(at.decided().value);
  mark_token_ = 0;
  mark_at_ns_ = 0;
  shared_.client.follow({id_, LogSide::commands}, commands_next_);
  answer_commands_end();
  moved_ = owner_moved_ = true;
}

/// What was acknowledged stands; the rest did not happen for this owner (A4).
void KafkaPartition::lose(Progress::Fate fate) {
  if (role_ == Role::owned) {
    if (!reading_ && deferred_ == 0) settle();
    free_bytes(in_flight_.clear());
    shared_.client.unfollow({id_, LogSide::commands});
    commands_.restart({});
    commands_held_ = false;
    mark_token_ = 0;
  }
  if (granted_) {
    fate_ = fate;
    granted_ = wanted_ = false;
  }
  role_ = Role::following;
  reading_ = resigning_ = giving_up_ = false;
  deferred_ = 0;
  if (!broken_) follow_outcomes();
  moved_ = owner_moved_ = true;
}

void KafkaPartition::tell_owner() {
  if (!owner_moved_ || !shared_.node.owner_changed) return;
  owner_moved_ = false;
  KafkaOwner now;
  {
    Lock lock(mutex_);
    now = owner();
  }
  shared_.node.owner_changed(id_, now);
}

/// Whoever claimed last, whether it lives or not; an earlier life of this node is nobody.
KafkaOwner KafkaPartition::owner() const {
  const FoldedTopic& at = fold_.at();
  const bool is_left = election_known_ && !elected_;
  if (role_ == Role::owned && !resigning_) return {KafkaOwner::Where::here, {}, is_left};
  const bool ours = at.nonce.hi == shared_.node.nonce || at.address == shared_.node.address;
  if (ours || at.address.empty() || at.address == kafka_moved_address || broken_ || !caught_up())
    return {KafkaOwner::Where::nobody, {}, is_left};
  return {KafkaOwner::Where::elsewhere, at.address, is_left};
}

void KafkaPartition::wait_before_claiming(bool for_rival) {
  const KafkaLogLimits& limits = shared_.limits;
  const int64_t now = shared_.clock.monotonic_ns();
  int64_t delay = 0;
  if (for_rival) {
    stood_down_ = true;
    if (now - rival_met_at_ns_ > 4 * limits.rival_delay_ns_max) rivals_met_ = 0;
    rival_met_at_ns_ = now;
    delay = std::min(limits.rival_delay_ns_max, limits.rival_delay_ns_min << rivals_met_);
    rivals_met_ = std::min(rivals_met_ + 1, doublings_max);
  } else {
    delay = std::min(limits.claim_delay_ns_max, limits.claim_delay_ns_min << claims_failed_);
    claims_failed_ = std::min(claims_failed_ + 1, doublings_max);
  }
  const auto jitter = shared_.node.random() % static_cast<uint64_t>(delay);
  claim_at_ns_ = now + delay / 2 + static_cast<int64_t>(jitter);
  due_ns_ = std::min(due_ns_, claim_at_ns_);
}

void KafkaPartition::session_opened(uint64_t session) {
  Lock lock(mutex_);
  session_ = session;
  if (role_ == Role::claiming) {
    role_ = Role::following;
    wait_before_claiming(false);
  } else if (role_ == Role::owned && (!in_flight_.empty() || mark_token_ != 0)) {
    lose(Progress::Fate::unknown);
    wait_before_claiming(false);
  }
}

void KafkaPartition::out_of_range(LogSide side, int64_t begin) {
  Lock lock(mutex_);
  if (unchecked_ && side == LogSide::outcomes) {
    is_where_it_was_left({});
    return;
  }
  const int64_t from = side == LogSide::outcomes
                           ? fold_.at().next_offset
                           : static_cast<int64_t>(fold_.at().decided().value);
  stop_at(side, from, "it is not there any more: the topic begins at " + std::to_string(begin));
}

/// The partition stops for good in this process: what comes next contradicts what was read (G2).
void KafkaPartition::stop_at(LogSide side, int64_t offset, const std::string& reason) {
  if (broken_) return;
  lose(Progress::Fate::unknown);
  shared_.client.unfollow({id_, LogSide::outcomes});
  broken_ = Fault{"log_broken", FaultAction::stop, place(side, offset) + ": " + reason};
  if (shared_.node.tell) shared_.node.tell(broken_->detail);
}

}  // namespace spate
