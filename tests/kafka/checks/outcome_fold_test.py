"""The judge judged: it passes good histories, and names what is wrong with each bad one."""
import pathlib
import unittest

import command_coverage
import murmur2
import outcome_record
from history import History
from outcome_record import CONTROLLED, KEY_REUSED, OWNERSHIP, PARKED, REFUSED, REJECTED, Outcome

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "murmur2_vectors.txt"


class FoldCase(unittest.TestCase):
    def setUp(self):
        self.history = History()

    def good(self, **counts):
        fold = self.history.fold()
        self.assertEqual(fold.violations.places, [])
        for name, count in counts.items():
            self.assertEqual(fold.counts()[name], count, name)
        return fold

    def bad(self, kind, fold=None):
        fold = fold or self.history.fold()
        self.assertEqual(list(fold.violations.counts), [kind], fold.violations.places)


class GoodHistories(FoldCase):
    def test_one_owner_with_every_kind(self):
        owner = self.history.owner(1)
        owner.writes(3).writes(kind=REJECTED).writes(kind=KEY_REUSED, id=2).writes(kind=REFUSED, id=0)
        self.good(valid=6, accepted=3, rejected=1, key_reused=1, refused=1)

    def test_a_takeover_continues_where_the_first_ended(self):
        first = self.history.owner(1).writes(5)
        self.history.owner(2, after=first).writes(5)
        self.assertEqual(self.good(valid=10).partitions[0].sequence, 10)

    def test_stragglers_of_a_fenced_owner_do_not_count(self):
        first = self.history.owner(1).writes(2)
        second = self.history.owner(2, after=first)
        first.writes(2)
        second.writes(3)
        first.writes(1)
        self.good(valid=5, stragglers=3)

    def test_of_equal_epochs_the_first_in_the_log_owns(self):
        winner = self.history.owner(1, nonce=1)
        self.history.owner(1, nonce=2)
        winner.writes(2)
        self.good(valid=2, **{"lost ownerships": 1})

    def test_a_gap_voids_the_rest_of_its_epoch_and_the_next_owner_goes_on_before_it(self):
        first = self.history.owner(1).writes(2)
        end = History().owner(1).writes(2)
        first.loses().writes(3)
        self.history.owner(2, after=end).writes(4)
        self.good(valid=6, gaps=1, void=3)

    def test_a_repeated_record_does_not_count(self):
        owner = self.history.owner(1).writes(2)
        self.history.add(self.history.records[-1][1])
        owner.writes(1)
        self.good(valid=3, repeats=1)

    def test_markers_take_no_sequence(self):
        owner = self.history.owner(1).writes(1)
        self.history.add(outcome_record.write(Outcome(200, epoch=1)))
        owner.writes(1)
        self.good(valid=2, markers=1)

    def test_a_parked_command_is_decided_when_it_is_redriven(self):
        owner = self.history.owner(1).writes(1).writes(2, kind=PARKED)
        owner.writes(kind=CONTROLLED, id=99)
        owner.writes(id=2, origin=2, cause=4).writes(id=3, origin=3, cause=4, kind=REJECTED)
        fold = self.good(valid=6)
        self.assertEqual(fold.decisions.completed(), {1, 2, 3})


class BadHistories(FoldCase):
    def test_an_id_decided_twice(self):
        self.history.owner(1).writes(2).writes(id=1)
        self.bad("a command id decided twice")

    def test_an_id_rejected_and_then_accepted(self):
        self.history.owner(1).writes(kind=REJECTED).writes(id=1)
        self.bad("a command id decided twice")

    def test_a_second_owner_that_decided_again_what_was_decided(self):
        first = self.history.owner(1).writes(3)
        second = self.history.owner(2, after=first)
        second.cause = 1
        second.writes(1)
        fold = self.history.fold()
        self.assertEqual(set(fold.violations.counts),
                         {"causes out of order", "time runs back", "a command id decided twice"})

    def test_a_settled_command_that_was_never_parked(self):
        self.history.owner(1).writes(2).writes(id=1, origin=1)
        self.bad("a settled command that was not parked")

    def test_a_parked_command_that_is_settled_twice(self):
        owner = self.history.owner(1).writes(kind=PARKED).writes(kind=CONTROLLED)
        owner.writes(2, id=1, origin=1)
        self.bad("a settled command that was not parked")

    def test_causes_that_fall_back(self):
        self.history.owner(1).writes(3).writes(cause=2, id=9, time=9000)
        self.bad("causes out of order")

    def test_two_outcomes_of_one_cause(self):
        self.history.owner(1).writes(3).writes(cause=3, id=9)
        self.bad("causes out of order")

    def test_time_that_runs_back(self):
        self.history.owner(1).writes(3).writes(time=1)
        self.bad("time runs back")

    def test_a_chain_that_names_another_record(self):
        self.history.owner(1).writes(2).writes(chain=7)
        self.bad("broken chain")

    def test_one_flipped_bit(self):
        self.history.owner(1).writes(4)
        key, record = self.history.records[2]
        at = record.index(b"campaign-42")  # a field that no rule but the chain looks at
        self.history.records[2] = (b"campaign-52", record[:at + 9] + b"5" + record[at + 10:])
        self.bad("broken chain")

    def test_an_owner_that_built_on_stragglers(self):
        first = self.history.owner(1).writes(2)
        second = self.history.owner(2, after=first)
        first.writes(1)
        self.history.owner(3, after=first).writes(1)
        self.assertEqual(second.sequence, 2)
        self.bad("an owner built on outcomes that do not count")

    def test_an_owner_that_built_on_a_void_part(self):
        first = self.history.owner(1).writes(2).loses().writes(2)
        self.history.owner(2, after=first).writes(1)
        self.bad("an owner built on outcomes that do not count")

    def test_a_later_owner_that_chained_to_a_straggler_of_the_same_sequence(self):
        first = self.history.owner(1).writes(2)
        second = self.history.owner(2, after=first)
        first.writes(1)
        second.writes(1)
        second.chain = first.chain
        second.writes(1)
        self.bad("broken chain")

    def test_an_epoch_that_nobody_claimed(self):
        self.history.owner(1).writes(1).writes(epoch=2)
        self.bad("an epoch without an ownership record")

    def test_outcomes_without_any_owner(self):
        owner = History().owner(1)
        self.history.add(owner.next())
        self.bad("an epoch without an ownership record")

    def test_an_offset_that_jumps(self):
        self.history.owner(1).writes(3)
        self.bad("offset jump", self.history.fold(skip_offset=2))

    def test_a_record_of_somebody_else(self):
        for record in (b"", b"{}", b"hello world, I am no outcome", bytes(64), b"\xff" * 64):
            self.history = History()
            self.history.owner(1).writes(1)
            self.history.add(record)
            self.bad("not an outcome")

    def test_a_kind_that_must_be_understood_and_is_not(self):
        self.history.owner(1).writes(kind=77)
        self.bad("not an outcome")

    def test_a_key_that_is_not_the_stream(self):
        self.history.add(self.history.owner(1).next(), key=b"other")
        self.bad("a key that is not the stream")

    def test_a_reused_key_of_an_id_never_seen(self):
        self.history.owner(1).writes(kind=KEY_REUSED)
        self.bad("reuse of an id never used")


class Answers(FoldCase):
    def setUp(self):
        super().setUp()
        self.history.owner(1).writes(2).writes(kind=REJECTED).writes(kind=REFUSED)

    def test_that_equal_the_log_are_good(self):
        fold = self.good()
        fold.check_answers({1: outcome_record.ACCEPTED, 2: None, 3: REJECTED, 4: REFUSED})
        self.assertEqual(fold.violations.places, [])

    def test_that_the_log_does_not_hold(self):
        fold = self.good()
        fold.check_answers({n: None for n in range(1, 6)})
        self.bad("acknowledged but not in the log", fold)

    def test_that_were_in_a_voided_part(self):
        self.history = History()
        self.history.owner(1).writes(1).loses().writes(1)
        fold = self.good()
        fold.check_answers({1: None, 3: None})
        self.bad("acknowledged but not in the log", fold)

    def test_that_say_another_thing(self):
        fold = self.good()
        fold.check_answers({1: REJECTED, 2: None, 3: None, 4: None})
        self.bad("another answer than the log holds", fold)

    def test_decided_but_never_answered_needs_to_have_been_sent(self):
        fold = self.good()
        fold.check_answers({1: None}, sent={1, 2, 3, 4, 5})
        self.assertEqual(fold.violations.places, [])
        fold.check_answers({1: None}, sent={1, 2, 3})
        self.bad("in the log but never sent", fold)

    def test_decided_but_never_answered_is_bad_when_all_were_awaited(self):
        fold = self.good()
        fold.check_answers({1: None, 2: None, 3: None})
        self.bad("in the log but never acknowledged", fold)


class Records(unittest.TestCase):
    def test_survive_writing_and_reading(self):
        outcome = Outcome(PARKED, 3, 4, 5, 6, 7, 8 << 64 | 9, b"s", 10)
        self.assertEqual(outcome_record.parse(outcome_record.write(outcome)), outcome)
        claim = Outcome(OWNERSHIP, epoch=2, nonce=1 << 100, address="10.0.0.1:8080")
        self.assertEqual(outcome_record.parse(outcome_record.write(claim)), claim)

    def test_cut_anywhere_never_stop_the_reader(self):
        record = outcome_record.write(Outcome(PARKED, 3, 4, 5, 6, 7, 8, b"stream", 10))
        for size in range(len(record)):
            try:
                outcome_record.parse(record[:size])
            except outcome_record.NotAnOutcome:
                pass


class CommandIds(unittest.TestCase):
    def test_equal_the_engines(self):  # the vector of tests/engine/base/hash_test.cpp
        made = command_coverage.command_id(b"shop", b"redemptions", b"campaign-42", b"order-1001")
        self.assertEqual(outcome_record.hex_of(made), "e635193782e994c50bd20da0db5352cc")


class Murmur2(unittest.TestCase):
    def test_equals_javas_vectors(self):
        seen = 0
        for line in VECTORS.read_text().splitlines():
            if line.startswith("#"):
                continue
            key, hash_, *partitions = line.split()
            key = bytes.fromhex(key)
            self.assertEqual(murmur2.murmur2(key), int(hash_) & 0xFFFFFFFF)
            self.assertEqual([murmur2.partition_of(key, n) for n in (8, 64, 1024)],
                             [int(p) for p in partitions])
            seen += 1
        self.assertEqual(seen, 1000)


if __name__ == "__main__":
    unittest.main()
