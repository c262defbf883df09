"""The broker script: what it starts is ready, what it is told to hurt is hurt, what is gone is gone."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import broker_kit
import confluent_kafka
import processes
from broker_kit import run


def facts_of(text):
    return dict(line.split("=", 1) for line in text.splitlines())


class Script(unittest.TestCase):
    """Every verb, through the command line, on one cluster of three."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name) / "cluster"
        self.addCleanup(self.broker, "down")

    def broker(self, *arguments):
        verb, *rest = arguments
        return run("tests/kafka/broker", verb, "--dir", str(self.dir), *rest, timeout_s=300)

    def test_a_cluster_of_three_is_started_hurt_and_removed(self):
        code, said, errors = self.broker("up", "3", "--port-base", "auto")
        self.assertEqual(code, 0, errors)
        facts = facts_of(said)
        self.assertEqual(len(facts["bootstrap"].split(",")), 3)
        # Ready means: a topic with three replicas, a group and an idempotent producer need no retry.
        broker_kit.create_topic(facts["bootstrap"], "t", 1, 3)
        broker_kit.produce(facts["bootstrap"], "t", 0, [(b"k", b"%d" % n) for n in range(100)])
        self.assertEqual(self.broker("kill", "2")[0], 0)
        self.assertEqual(self.broker("stop", "3")[0], 0)
        code, said, _ = self.broker("status")
        self.assertEqual(code, 1)
        self.assertRegex(said, r"(?s)1: running.*2: down.*3: stopped")
        self.assertEqual(self.broker("cont", "3")[0], 0)
        code, _, errors = self.broker("start", "2")
        self.assertEqual(code, 0, errors)
        self.assertEqual(self.broker("status")[0], 0)
        self.assertEqual(self.read(facts["bootstrap"], "t"), 100)
        self.refuses_what_cannot_be(facts)
        self.assertEqual(self.broker("down")[0], 0)
        self.assertFalse(self.dir.exists())
        for port in re.findall(r":(\d+)", facts["bootstrap"]):
            self.assertTrue(processes.is_free(int(port)))

    def refuses_what_cannot_be(self, facts):
        code, _, errors = run("tests/kafka/broker", "up", "--dir", str(self.dir) + "-2", "--port-base",
                              facts["port_base"])
        self.assertEqual(code, 2)
        self.assertRegex(errors, r"Port \d+ .* is taken by pid \d+ \(java")
        self.assertEqual(self.broker("up", "1")[0], 2)
        self.assertEqual(self.broker("kill", "4")[0], 2)
        self.assertEqual(run("tests/kafka/broker", "status", "--dir", "/nonexistent")[0], 2)

    def read(self, bootstrap, topic):
        consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "g",
                                             "auto.offset.reset": "earliest", "log_level": 0})
        consumer.subscribe([topic])
        seen = 0
        deadline = time.monotonic() + 60
        while seen < 100 and time.monotonic() < deadline:
            seen += len(consumer.consume(100 - seen, timeout=1))
        consumer.close()
        return seen


class Doors(unittest.TestCase):
    """The listeners with passwords and certificates."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(broker_kit.brokers(1, sasl=True, tls=True))
        cls.tls = {"ssl.ca.location": str(cls.cluster.folder / "tls/ca.crt")}
        cls.scram = {"sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "spate"}

    def answers(self, listener, properties):
        """Whether a client gets metadata through that door within a few seconds."""
        client = confluent_kafka.Producer({"bootstrap.servers": self.cluster.bootstrap(listener),
                                           "log_level": 0} | properties)
        try:
            return bool(client.list_topics(timeout=5).brokers)
        except confluent_kafka.KafkaException:
            return False

    def test_a_password_opens_and_a_wrong_one_does_not(self):
        door = self.scram | {"security.protocol": "sasl_plaintext"}
        self.assertTrue(self.answers("SASL", door | {"sasl.password": "spate-secret"}))
        self.assertFalse(self.answers("SASL", door | {"sasl.password": "guess"}))

    def test_the_own_authority_is_trusted_and_others_are_not(self):
        self.assertTrue(self.answers("TLS", self.tls | {"security.protocol": "ssl"}))
        self.assertFalse(self.answers("TLS", {"security.protocol": "ssl"}))

    def test_a_client_may_show_its_certificate(self):
        folder = self.cluster.folder / "tls"
        mine = {"security.protocol": "ssl", "ssl.certificate.location": str(folder / "client.crt"),
                "ssl.key.location": str(folder / "client.key")}
        self.assertTrue(self.answers("TLS", self.tls | mine))

    def test_both_together(self):
        door = self.scram | self.tls | {"security.protocol": "sasl_ssl", "sasl.password": "spate-secret"}
        self.assertTrue(self.answers("SASL_TLS", door))


class KilledTest(unittest.TestCase):
    PROGRAM = """import broker_kit, sys
with broker_kit.brokers() as cluster:
    print(cluster.folder, cluster.pid(1), flush=True)
    sys.stdin.read()
"""

    def test_leaves_no_broker_behind(self):
        with subprocess.Popen([sys.executable, "-c", self.PROGRAM], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as test:
            folder, pid = test.stdout.readline().split()
            self.addCleanup(shutil.rmtree, folder)
            ticks = processes.started_at(int(pid))
            self.assertIsNotNone(ticks)
            test.kill()
        deadline = time.monotonic() + 60
        while processes.is_alive(int(pid), ticks) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(processes.is_alive(int(pid), ticks))


class Java(unittest.TestCase):
    def test_missing_jars_are_named(self):
        code, _, errors = run("env", "SPATE_KAFKA_JARS=/nonexistent", "tests/kafka/broker", "up",
                              "--port-base", "auto")
        self.assertEqual(code, 2)
        self.assertIn("SPATE_KAFKA_JARS=/nonexistent holds no", errors)


if __name__ == "__main__":
    unittest.main()
