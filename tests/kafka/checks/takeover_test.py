"""A node takes over from one that was killed, with many outcomes behind its last checkpoint of rows."""
import os
import threading
import time
import unittest

import confluent_kafka.admin

import kafka_server
import outcome_record
from murmur2 import partition_of
from node_figures import folded, received, sell, sum_of, until
from nodes_case import NodesCase
from outcome_record import OWNERSHIP
from sale import DOMAIN
from topic_reader import TopicReader

OUTCOMES = int(os.environ.get("SPATE_OUTCOMES", "600000"))
PARTITIONS = 8
# No checkpoint is written that a node could begin with instead.
WITHOUT_CHECKPOINTS = {"SPATE_PROCESSOR_CHECKPOINT_INTERVAL": "1000h", "SPATE_PROCESSOR_CHECKPOINT_OUTCOMES_MAX": "100000000"}


class Membership(threading.Thread):
    """Notes when the group says that a member is missed, and when it is at rest again."""

    def __init__(self, bootstrap, gone):
        super().__init__(daemon=True)
        self.admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap})
        self.gone, self.missed, self.rests = gone, None, None

    def run(self):
        while self.rests is None:
            group = self.admin.describe_consumer_groups(["spate"])["spate"].result(60)
            now, names = time.monotonic(), [m.group_instance_id for m in group.members]
            stable = group.state == confluent_kafka.ConsumerGroupState.STABLE
            if self.missed is None and (self.gone not in names or not stable):
                self.missed = now
            if self.missed is not None and stable and self.gone not in names:
                self.rests = now
            time.sleep(0.02)


class Takeover(NodesCase):
    memory = "1GiB"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.node("first").start()
        cls.second = cls.node("second").start()
        # All that is sold is the first one's: of the other no checkpoint covers anything.
        until(lambda: len(cls.owned_by(cls.first)) == len(cls.owned_by(cls.second)) == PARTITIONS // 2,
              "both to own half")
        cls.campaigns = [cls.campaign_in(p) for p in cls.owned_by(cls.first)]
        for campaign in cls.campaigns:
            sell(cls.first, campaign, OUTCOMES // len(cls.campaigns), seed=1)
        for node in (cls.first, cls.second):
            received(node)
            back = sum_of(node, r'spate_kafka_received_records_total\{client="fetcher"\}')
            print(f"{node.name}: {back:.0f} of {OUTCOMES} outcomes were read back from the brokers", flush=True)

    @classmethod
    def node(cls, name, flags=()):
        return super().node(name, flags, {"SPATE_KAFKA_INSTANCE": name, **WITHOUT_CHECKPOINTS},
                            kafka_server.free_port())

    @classmethod
    def owned_by(cls, node):
        """Partitions whose last claim is the node's."""
        owners = {}

        def take(partition, _offset, _key, value):
            outcome = outcome_record.parse(value)
            if outcome.kind == OWNERSHIP:
                owners[partition] = outcome.address

        reader = TopicReader(f"spate.{DOMAIN}.outcomes.v1", {"bootstrap.servers": cls.cluster.bootstrap()})
        reader.read(take)
        reader.close()
        return [p for p, address in owners.items() if address == node.address]

    @staticmethod
    def campaign_in(partition):
        return next(name for n in range(1000)
                    if partition_of((name := f"campaign-{n}").encode(), PARTITIONS) == partition)

    def await_views(self, node):
        until(lambda: folded(node) == folded(self.first), f"the views of {node.name}")

    def take_over(self, node, what):
        """Kills the first node; how many outcomes the other had to be sent for it."""
        before = received(node)
        group = Membership(self.cluster.bootstrap(), self.first.name)
        group.start()
        killed = time.monotonic()
        self.first.kill()
        answered = {}
        for campaign in self.campaigns:  # in turn: the last of them is what counts
            key = f"after-{self._testMethodName}"
            while (told := node.send(f"{DOMAIN}/{campaign}/redeem", key, {"claimant": key}))[0] not in (200, 409):
                self.assertLess(time.monotonic() - killed, 120, told)
            answered[campaign] = time.monotonic()
        group.join(60)
        all_of_them = max(answered.values())
        print(f"{what}: the group missed the node {group.missed - killed:.2f} s after the kill and was at rest "
              f"{group.rests - group.missed:.2f} s later; all {len(answered)} partitions answered "
              f"{all_of_them - group.missed:.2f} s after it was missed, {all_of_them - group.rests:.2f} s after "
              "the group was at rest", flush=True)
        return received(node) - before

    def test_1_a_standby_needs_the_last_records_only(self):
        self.await_views(self.second)
        self.assertEqual(self.checkpoints(self.second), [])
        sent = self.take_over(self.second, "a standby")
        print(f"{sent:.0f} of {OUTCOMES} outcomes were read for it", flush=True)
        self.assertLess(sent, OUTCOMES / 100)

    def test_2_one_that_was_just_started_again_has_folded_before_it_is_elected(self):
        self.first.start()
        self.second.kill()
        self.assertEqual(self.checkpoints(self.second), [])
        self.second.start()
        for campaign in self.campaigns:  # its views lay in memory as well, and it is ready
            seen = [node.get(f"/v1/{DOMAIN}/{campaign}")[1]["redeemed"] for node in (self.first, self.second)]
            self.assertEqual(seen[0], seen[1], "a plain read stepped back")
        self.await_views(self.second)
        until(lambda: len(self.owned_by(self.second)) == PARTITIONS // 2, "the second to own half")
        sent = self.take_over(self.second, "a standby that began anew")
        self.assertLess(sent, OUTCOMES / 100)

    def test_3_without_standby_all_of_it_is_folded_in_the_takeover(self):
        self.first.start()
        self.second.stop()
        third = self.node("third", ["--standby", "0"]).start()
        self.await_views(third)
        until(lambda: len(self.owned_by(third)) == PARTITIONS // 2, "the third to own half")
        mine = set(self.owned_by(self.first)) & {partition_of(c.encode(), PARTITIONS) for c in self.campaigns}
        print(f"{len(mine)} of {len(self.campaigns)} partitions with outcomes are to be taken over", flush=True)
        sent = self.take_over(third, "without standby")
        print(f"{sent:.0f} of {OUTCOMES} outcomes were read for it", flush=True)
        # But for the newest: those were in its memory, for its views.
        self.assertGreater(sent, OUTCOMES / len(self.campaigns) * len(mine) / 2)

    def checkpoints(self, node):
        """Tables of rows that lie on its disk: what is in no checkpoint is in none."""
        folder = f"{node.data}/rows"
        return [name for name in os.listdir(folder) if name.endswith(".sst")]


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
