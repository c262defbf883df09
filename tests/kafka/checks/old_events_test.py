"""Feeds of events whose schema changed: what an older binary wrote comes out as the newest version."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import broker_kit
import confluent_kafka
import kafka_server

ARGUMENTS = sys.argv[1:]
sys.argv[1:] = [str(broker_kit.ROOT / "build/release")]  # the kits read it when they are loaded
sys.path.insert(0, str(broker_kit.ROOT / "tests/support"))
import domain_kit  # noqa: E402
import event_versions_kit  # noqa: E402

sys.argv[1:] = ARGUMENTS
FEED = "user-events"
TOPICS = domain_kit.NAMED[3]


def topics():
    """The product's, for the counters alone."""
    text = (broker_kit.ROOT / "topics/topics.yaml").read_text()
    text, domains = re.subn(r"^domains:\n(?:  .*\n)+", "domains:\n  counters:\n    partitions: 8\n", text,
                            flags=re.M)
    text, feeds = re.subn(r"^aliases:\n(?:  .*\n)+", f"aliases:\n  {FEED}:\n    domains:\n      - counters\n",
                          text, flags=re.M)
    assert (domains, feeds) == (1, 1), text
    return text


class OldEvents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for version, parts in ((1, domain_kit.PARTS), (2, event_versions_kit.second()),
                               (3, event_versions_kit.third())):
            domain_kit.build_domain(cls.scratch, {**parts, TOPICS: topics()})
            shutil.copy(cls.scratch / "build/spate", cls.scratch / f"spate-{version}")
        cls.bootstrap = cls.enterClassContext(broker_kit.brokers()).bootstrap()
        made = subprocess.run([cls.scratch / "spate-1", "topics", "apply", "--kafka", cls.bootstrap],
                              capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        cls.reader = confluent_kafka.Consumer({
            "bootstrap.servers": cls.bootstrap, "group.id": "somebody", "enable.auto.commit": False,
            "auto.offset.reset": "earliest"})
        partitions = cls.reader.list_topics(FEED, timeout=30).topics[FEED].partitions
        cls.reader.assign([confluent_kafka.TopicPartition(FEED, p, 0) for p in partitions])
        cls.addClassCleanup(cls.reader.close)

    def serve(self, version):
        server = kafka_server.KafkaServer(self.scratch / "node", self.bootstrap)
        server.binary = self.scratch / f"spate-{version}"
        self.addCleanup(kafka_server.kill_running, [server])
        return server.start()

    def add(self, server, stream, amount, key):
        status, answer = server.send(f"counters/{stream}/add", key, {"amount": amount})
        self.assertEqual(status, 200, answer)

    def let_feed(self, open_to_writers):
        """With one replica a topic that asks for two takes nothing: what is decided waits to be fed."""
        broker_kit.alter_topic(self.bootstrap, FEED, "min.insync.replicas", "1" if open_to_writers else "2")

    def fed(self, count):
        """The next events, each once: one that comes again is the same event, perhaps in a newer version."""
        events = []
        while len(events) < count:
            message = self.reader.poll(60)
            self.assertIsNotNone(message, f"{events}, and no more")
            self.assertIsNone(message.error())
            event = json.loads(message.value())
            self.assertEqual(event["subject"].encode(), message.key())
            self.assertEqual(event["datacontenttype"], "application/json")
            if (event["source"], event["id"]) in self.seen:
                continue
            self.seen.add((event["source"], event["id"]))
            events.append((event["subject"], event["type"].removeprefix("spate.counters."), event["data"]))
        return events

    def test_come_out_as_the_newest_version(self):
        self.seen = set()
        first = self.serve(1)
        self.add(first, "clicks", 10, "k1")
        self.assertEqual(self.fed(1), [("clicks", "added", {"amount": 10, "total": 10})])
        self.let_feed(False)
        self.add(first, "clicks", 5, "k2")
        first.kill()

        self.let_feed(True)
        second = self.serve(2)
        self.assertEqual(self.fed(1), [("clicks", "added_v2", {"amount_milli": 5000, "total_milli": 15000})])
        self.add(second, "clicks", 20, "k3")
        self.assertEqual(self.fed(1), [("clicks", "added_v2", {"amount_milli": 20000, "total_milli": 35000})])
        self.let_feed(False)
        self.add(second, "clicks", 7, "k4")
        second.kill()

        self.let_feed(True)
        third = self.serve(3)
        self.add(third, "clicks", 1, "k5")
        self.assertEqual(self.fed(2), [
            ("clicks", "added_v3", {"grew": {"from_milli": 35000, "to_milli": 42000}, "amount": "7 pieces"}),
            ("clicks", "added_v3", {"grew": {"from_milli": 42000, "to_milli": 43000}, "amount": "1 pieces"})])
        self.assertEqual(third.stop(), 0)


if __name__ == "__main__":
    unittest.main()
