"""The producer examples: each sends what Spate's door takes, to the partition that murmur2 says."""
import datetime
import json
import os
import subprocess
import unittest
import urllib.parse

import broker_kit
import murmur2
import producer_examples
from answering_server import AnsweringServer

TOPIC = "spate.redemptions.commands.v1"
PARTITIONS = 64
CAMPAIGN = "spring+sale-é"  # a key that URLs and hashes have to treat with care
COMMAND = {"claimant": 'o"neil', "quantity": 3}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


bootstrap = None


def setUpModule():
    global bootstrap
    bootstrap = unittest.enterModuleContext(broker_kit.brokers()).bootstrap()
    broker_kit.create_topic(bootstrap, TOPIC, PARTITIONS,
                            config={"message.timestamp.type": "LogAppendTime"})


class ProducerCase:
    """What each example has to do; a subclass says how it is started."""
    folder = None

    @classmethod
    def setUpClass(cls):
        cls.command = producer_examples.command(cls.folder)

    def key(self):
        """The id of this test's command."""
        return f"{self.folder}-{self._testMethodName}"

    def send(self, *options, **environment):
        wanted = {"BOOTSTRAP": bootstrap, "ID": self.key(), "TRACEPARENT": TRACE}
        done = subprocess.run([*self.command, *options, CAMPAIGN, COMMAND["claimant"], "3"],
                              cwd=producer_examples.FOLDER / self.folder, env=os.environ | wanted | environment,
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def last_record(self):
        """As kcat shows it."""
        shown = subprocess.run(["kcat", "-C", "-J", "-e", "-q", "-b", bootstrap, "-t", TOPIC],
                               capture_output=True, text=True, timeout=60, check=True).stdout
        records = [json.loads(line) for line in shown.splitlines()]
        record = max(records, key=lambda r: r["ts"])
        self.assertEqual(record["key"], CAMPAIGN)
        self.assertEqual(record["partition"], murmur2.partition_of(CAMPAIGN.encode(), PARTITIONS))
        pairs = iter(record["headers"])
        return dict(zip(pairs, pairs)), json.loads(record["payload"])

    def check_event(self, event):
        self.assertEqual((event["specversion"], event["id"], event["source"], event["type"]),
                         ("1.0", self.key(), "/shop/web", "redemptions.redeem"))
        at = datetime.datetime.fromisoformat(event["time"])
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(now - at), datetime.timedelta(minutes=5))

    def test_binary_mode(self):
        said = self.send()
        self.assertIn(f"id={self.key()}", said)
        headers, value = self.last_record()
        self.assertEqual(value, COMMAND)
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["traceparent"], TRACE)
        self.check_event({name[3:]: text for name, text in headers.items() if name.startswith("ce_")})

    def test_structured_mode(self):
        self.send("--structured")
        headers, value = self.last_record()
        self.assertTrue(headers["content-type"].startswith("application/cloudevents+json"))
        self.assertEqual(headers["traceparent"], TRACE)
        self.assertEqual((value.pop("data"), value.pop("datacontenttype")), (COMMAND, "application/json"))
        self.check_event(value)

    def test_waits_for_the_outcome(self):
        with AnsweringServer() as spate:
            said = self.send(SPATE=spate.url)
            asked = [(urllib.parse.unquote(path), *rest) for path, *rest in spate.asked]
            path = "/v1/redemptions/spring+sale-é/commands"  # in a path + may be escaped or not
            self.assertEqual(asked, [(path, self.key(), "/shop/web", "wait=10")] * 3)
        self.assertIn('"accepted"', said.splitlines()[-1])


class Python(ProducerCase, unittest.TestCase):
    folder = "python"


class Kcat(ProducerCase, unittest.TestCase):
    folder = "kcat"


class Java(ProducerCase, unittest.TestCase):
    folder = "java"


@unittest.skipUnless(producer_examples.is_here("go"), "go is not installed")
class Go(ProducerCase, unittest.TestCase):
    folder = "go"


if __name__ == "__main__":
    unittest.main()
