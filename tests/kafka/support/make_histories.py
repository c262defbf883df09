"""Writes tests/kafka/outcome_histories.txt: random outcome topics, and what the judge makes of each record.

  tests/kafka/python tests/kafka/support/make_histories.py [HISTORIES [SEED]] > tests/kafka/outcome_histories.txt

The engine's own fold has to come to the same verdicts (tests/engine/log/outcome_histories_test.cpp),
so neither can be wrong alone.
"""
import random
import sys

import outcome_record
from history import STREAM, History, Owner
from outcome_fold import TopicFold
from outcome_record import NAMES, REJECTED, Outcome

STEPS = 14
JUDGE_ALONE = "an owner built on outcomes that do not count"  # the engine's fold sees a gap only


class RandomTopic:
    """Owners that claim, write, lose, repeat and go on although they are fenced."""

    def __init__(self, random_):
        self.random, self.history, self.owners, self.epoch = random_, History(), [], 0

    def claim(self):
        """An owner that read the topic to its end, of a new epoch or, rarely, of the last one."""
        end = self.history.fold().partitions[0]
        if self.epoch == 0 or self.random.random() < 0.8:
            self.epoch += self.random.randint(1, 2)
        self.history.owner(self.epoch, nonce=self.random.getrandbits(128))
        self.owners.append(Owner(self.history, self.epoch, end.sequence, end.cause, end.chain))

    def step(self):
        latest, any_owner = self.owners[-1], self.random.choice(self.owners)
        actions = {
            "write": lambda: latest.writes(self.random.randint(1, 2), kind=self.random.choice((1, REJECTED))),
            "straggle": any_owner.writes, "lose": latest.loses, "claim": self.claim,
            "repeat": lambda: self.history.add(self.random.choice(self.history.records)[1]),
            "marker": lambda: self.history.add(outcome_record.write(Outcome(200, epoch=self.epoch))),
            "forge": lambda: latest.writes(chain=self.random.getrandbits(64)),
            "unclaimed": lambda: latest.writes(epoch=self.epoch + 1),
            "unknown": lambda: latest.writes(kind=len(NAMES)),
            "garbage": lambda: self.history.add(self.random.randbytes(self.random.randint(0, 40))),
        }
        weights = (10, 4, 1, 3, 1, 1, 0.3, 0.3, 0.2, 0.2)
        actions[self.random.choices(list(actions), weights)[0]]()


def verdict_of(fold, before):
    after = fold.counts
    if fold.broken:
        return "broken"
    for name, verdict in (("valid", "valid"), ("ownerships", "ownership")):
        if after[name] > before[name]:
            return verdict
    return "ignored"


def lines_of(history):
    """None when the topic shows what only the judge looks for."""
    topic = TopicFold("t", 1)
    fold, lines = topic.partitions[0], []
    for offset, (_, record) in enumerate(history.records):
        before = fold.counts.copy()
        topic.take(0, offset, STREAM, record)
        lines.append(f"{verdict_of(fold, before)} {record.hex() or '-'}")
        if fold.broken:
            break
    lines.append(f"end {fold.epoch} {fold.sequence} {fold.cause} {fold.time} {fold.chain} "
                 f"{int(fold.voided)}")
    return None if JUDGE_ALONE in topic.violations.counts else lines


def main():
    wanted, seed = [int(a) for a in sys.argv[1:]] + [16, 1][len(sys.argv) - 1:]
    print("# Outcome topics and the verdict on each record, made by tests/kafka/support/make_histories.py.\n"
          "# A record: verdict, bytes in hex. end: epoch, sequence, cause, time, chain, voided.")
    made = 0
    while made < wanted:
        topic = RandomTopic(random.Random(seed))
        topic.claim()
        for _ in range(STEPS):
            topic.step()
        lines = lines_of(topic.history)
        if lines:
            print(f"history {seed}\n" + "\n".join(lines))
            made += 1
        seed += 1


main()
