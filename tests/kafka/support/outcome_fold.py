"""The fold of an outcome topic by the rules alone: which outcomes are valid, and do they keep the promises?

The rules are those that every reader follows: the highest epoch wins and its first ownership record
makes the owner; records of lower epochs are stragglers; a sequence at or below the last is a repeat;
a sequence gap voids the rest of its epoch (G1, G2); each outcome names the hash of the one before it
(C5); each consumed command leaves one outcome, in the order of the command log (A2).
"""
import collections
import functools

import murmur2
import outcome_record
from outcome_record import (CONTROLLED, KEY_REUSED, NAMES, OWNERSHIP, PARKED, REFUSED, SKIPPABLE, hex_of)

VIOLATIONS_SHOWN_MAX = 50
partition_of = functools.lru_cache(maxsize=65536)(murmur2.partition_of)


class Violations:
    """What was found wrong: a count for each kind of wrong, and the first places."""

    def __init__(self):
        self.counts, self.places = collections.Counter(), []

    def add(self, kind, place):
        self.counts[kind] += 1
        if len(self.places) < VIOLATIONS_SHOWN_MAX:
            self.places.append(f"{kind}: {place}")

    def __bool__(self):
        return bool(self.counts)


class Decisions:
    """What became of each command id, over all partitions: at most one decision (invariant 2)."""

    def __init__(self, violations):
        self.by_id, self.violations, self.refused = {}, violations, set()

    def add(self, outcome, place):
        id_, kind = outcome.id, outcome.kind
        before = self.by_id.get(id_)
        if kind == CONTROLLED:
            return
        if kind == KEY_REUSED:
            if before is None and id_ not in self.refused:
                self.violations.add("reuse of an id never used", f"{place}, {hex_of(id_)}")
        elif kind == REFUSED and outcome.origin == 0:
            self.refused.add(id_)  # garbage may come again and be refused again
        elif outcome.origin != 0:
            if before != PARKED:
                what = NAMES[before] if before is not None else "unknown"
                self.violations.add("a settled command that was not parked",
                                    f"{place}, {hex_of(id_)} was {what}")
            self.by_id[id_] = kind
        elif before is not None:
            self.violations.add("a command id decided twice",
                                f"{place}, {hex_of(id_)} is {NAMES[kind]}, was {NAMES[before]}")
        else:
            self.by_id[id_] = kind

    def completed(self):
        """All ids that a sender may have been answered for."""
        return self.by_id.keys() | (self.refused - {0})


class PartitionFold:
    """One partition's records in offset order; stops at the first thing that breaks the log itself."""

    def __init__(self, topic, partition, partitions, decisions, violations, on_valid=None):
        self.name = f"{topic}[{partition}]"
        self.partition, self.partitions = partition, partitions
        self.decisions, self.violations, self.on_valid = decisions, violations, on_valid
        self.counts = collections.Counter()
        self.next_offset = 0
        self.epoch = self.sequence = self.cause = self.time = self.chain = 0
        self.voided = self.broken = False
        self.ignored_hashes = {}  # of outcomes that do not count, and their epoch: nobody may build on them

    def take(self, offset, key, value):
        if self.broken:
            return
        place = f"{self.name}@{offset}"
        if offset != self.next_offset:
            self._break("offset jump", f"{place}, expected {self.next_offset}")
            return
        self.next_offset += 1
        self.counts["records"] += 1
        try:
            outcome = outcome_record.parse(value)
        except outcome_record.NotAnOutcome as e:
            self._break("not an outcome", f"{place}, {e}")
            return
        if outcome.kind == OWNERSHIP:
            self._own(outcome)
        elif outcome.kind >= SKIPPABLE:
            self.counts["markers"] += 1
        elif self._is_next(outcome, place):
            self._accept(outcome, key, value, place)
        else:
            self.ignored_hashes[outcome_record.chain_after(value)] = outcome.epoch

    def _break(self, kind, place):
        self.broken = True
        self.violations.add(kind, place)

    def _own(self, outcome):
        if outcome.epoch > self.epoch:
            self.epoch, self.voided = outcome.epoch, False
            self.counts["ownerships"] += 1
        else:
            self.counts["lost ownerships"] += 1

    def _is_next(self, outcome, place):
        """Whether the outcome is valid; else it is counted as what it is."""
        if outcome.epoch > self.epoch:
            self._break("an epoch without an ownership record",
                        f"{place}, epoch {outcome.epoch} after {self.epoch}")
        elif outcome.epoch < self.epoch:
            self.counts["stragglers"] += 1
        elif self.voided:
            self.counts["void"] += 1
        elif outcome.sequence <= self.sequence:
            self.counts["repeats"] += 1
        elif outcome.sequence > self.sequence + 1 and self._builds_on_ignored(outcome):
            self._break("an owner built on outcomes that do not count", f"{place}, epoch {outcome.epoch}")
        elif outcome.sequence > self.sequence + 1:
            self.voided = True
            self.counts["gaps"] += 1
            self.counts["void"] += 1
        elif outcome.chain != self.chain:
            self._break("broken chain", f"{place}, sequence {outcome.sequence} names "
                        f"{outcome.chain:016x}, the one before hashes to {self.chain:016x}")
        else:
            return True
        return False

    def _builds_on_ignored(self, outcome):
        return self.ignored_hashes.get(outcome.chain, outcome.epoch) < outcome.epoch

    def _accept(self, outcome, key, value, place):
        is_settling = outcome.origin != 0 and outcome.cause == self.cause
        if outcome.cause <= self.cause and not is_settling:
            self.violations.add("causes out of order", f"{place}, {outcome.cause} after {self.cause}")
        if outcome.time < self.time:
            self.violations.add("time runs back", f"{place}, {outcome.time} after {self.time}")
        if outcome.kind != REFUSED:  # a refused record may have had any key, or none
            self._check_key(outcome, key or b"", place)
        self.sequence, self.cause, self.time = outcome.sequence, outcome.cause, outcome.time
        self.chain = outcome_record.chain_after(value)
        self.counts["valid"] += 1
        self.counts[NAMES[outcome.kind]] += 1
        self.decisions.add(outcome, place)
        if self.on_valid:
            self.on_valid(self.partition, outcome)

    def _check_key(self, outcome, key, place):
        if key != outcome.stream:
            self.violations.add("a key that is not the stream", f"{place}, {key!r} for {outcome.stream!r}")
        elif partition_of(key, self.partitions) != self.partition:
            self.violations.add("a stream in the wrong partition",
                                f"{place}, {key!r} belongs in {partition_of(key, self.partitions)}")


class TopicFold:
    """All partitions of one outcome topic."""

    def __init__(self, topic, partitions, on_valid=None):
        self.violations = Violations()
        self.decisions = Decisions(self.violations)
        self.partitions = [PartitionFold(topic, p, partitions, self.decisions, self.violations, on_valid)
                           for p in range(partitions)]

    def take(self, partition, offset, key, value):
        self.partitions[partition].take(offset, key, value)

    def counts(self):
        return sum((fold.counts for fold in self.partitions), collections.Counter())

    def check_answers(self, acknowledged, sent=None):
        """Acknowledged ⊆ decided ⊆ sent; without `sent`, acknowledged = decided.

        `acknowledged` maps ids to the kind that was answered, or to None when only the id is known.
        """
        decided = self.decisions.completed()
        for id_ in sorted(acknowledged.keys() - decided):
            self.violations.add("acknowledged but not in the log", hex_of(id_))
        for id_ in sorted(decided - (acknowledged.keys() if sent is None else sent)):
            self.violations.add("in the log but never " + ("acknowledged" if sent is None else "sent"),
                                hex_of(id_))
        for id_, kind in acknowledged.items():
            found = self.decisions.by_id.get(id_)
            if kind is not None and found is not None and kind != found and kind != PARKED:
                self.violations.add("another answer than the log holds",
                                    f"{hex_of(id_)} was answered {NAMES[kind]}, is {NAMES[found]}")
