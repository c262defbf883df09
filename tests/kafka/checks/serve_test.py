"""One server on one broker: both are killed, hang and come back under load; nothing told is lost."""
import collections
import contextlib
import itertools
import os
import pathlib
import random
import signal
import threading
import time
import unittest

import confluent_kafka.admin

import broker_kit
import judge_program
import kafka_server
import outcome_record
from outcome_record import OWNERSHIP, Outcome
from served_case import ServedCase

KILLS = int(os.environ.get("SPATE_KILLS", "4"))
SESSION_S = 6  # of the group, as the server sets it


class OneServerOneBroker(ServedCase):
    def test_1_waits_for_a_broker_and_says_so(self):
        self.cluster.kill(1)
        server = self.server(port=kafka_server.free_port())
        server.begin()
        text = server.await_answer("/readyz", 503, "waiting for Kafka")
        self.assertIn(self.cluster.bootstrap(), text)
        self.assertEqual(server.asked("/livez")[0], 200)
        status, body = server.send("redemptions/x/open", "x", {"stock": 1})
        self.assertEqual(status, 503)
        self.assertIn(b'"taken":"no"', body)
        self.cluster.start([1])
        # The cluster is empty: that is not to be waited for.
        self.assertEqual(server.process.wait(60), 2)
        self.assertIn("spate topics apply --kafka " + self.cluster.bootstrap(), server.said())

        kafka_server.apply_topics(self.cluster.bootstrap())
        self.cluster.kill(1)
        server.begin()
        server.await_answer("/readyz", 503, "waiting for Kafka")
        self.cluster.start([1])
        self.assertIsNone(server.await_ready(60))
        self.reckon(self.sale_on(server))
        self.assertEqual(server.stop(), 0)

    def test_2_refuses_topics_that_would_break_promises(self):
        for topic, name, wrong, right in (
                ("spate.redemptions.commands.v1", "message.timestamp.type", "CreateTime", "LogAppendTime"),
                ("spate.redemptions.outcomes.v1", "cleanup.policy", "compact", "delete"),
                ("spate.redemptions.outcomes.v1", "retention.ms", "3600000", "-1"),
                ("spate.redemptions.commands.v1", "max.message.bytes", "1000", "1200000")):
            broker_kit.alter_topic(self.cluster.bootstrap(), topic, name, wrong)
            server = self.server()
            server.begin()
            self.assertEqual(server.process.wait(60), 2, name)
            said = server.said(server.said_before)
            self.assertIn(topic, said)
            self.assertIn("spate topics plan --kafka " + self.cluster.bootstrap(), said)
            broker_kit.alter_topic(self.cluster.bootstrap(), topic, name, right)
        self.assertEqual(self.server().start().stop(), 0)

    def test_3_kills_of_the_server(self):
        server = self.server().start()
        sale = self.sale_on(server)
        sale.begin()
        for _ in range(KILLS):
            sale.await_answers(1000)
            server.kill()
            server.start()
            self.assert_taken_back(server)
        sale.await_answers(500)
        self.reckon(sale)
        self.assertEqual(server.stop(), 0)

    def assert_taken_back(self, server):
        """The group has it in the place of the dead one, not beside it until that one's session ends."""
        name = (pathlib.Path(server.data) / "kafka/instance").read_text().split()[0]
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.cluster.bootstrap()})
        group = admin.describe_consumer_groups(["spate"])["spate"].result(60)
        self.assertEqual([m.group_instance_id for m in group.members], [name])

    def test_4_a_server_that_slept_through_its_session(self):
        server = self.server().start()
        sale = self.sale_on(server)
        sale.begin()
        sale.await_answers(500)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(SESSION_S + 2)  # what is tested is that time passes
        server.process.send_signal(signal.SIGCONT)
        print(f"{sale.await_answers(1):.1f} s until the first answer")
        sale.await_answers(1000)
        self.reckon(sale)
        self.assertEqual(server.stop(), 0)

    def test_5_a_rival_that_claimed_meanwhile(self):
        server = self.server().start()
        sale = self.sale_on(server)
        sale.begin()
        sale.await_answers(500)
        server.process.send_signal(signal.SIGSTOP)  # with outcomes on their way, or not
        self.rival_claims()
        server.process.send_signal(signal.SIGCONT)
        # What it sent behind that claim does not count: it must not have told anybody.
        print(f"{sale.await_answers(300):.1f} s until it owned again")
        self.reckon(sale)
        self.assertEqual(server.stop(), 0)

    def rival_claims(self):
        """As another node would that took this one for dead, and died at once itself."""
        topic, to = "spate.redemptions.outcomes.v1", {"bootstrap.servers": self.cluster.bootstrap()}
        for fold in judge_program.judge(topic, to).partitions:
            claim = Outcome(OWNERSHIP, epoch=fold.epoch + 1, nonce=7 << 64 | fold.partition, address="rival:1")
            broker_kit.produce(self.cluster.bootstrap(), topic, fold.partition,
                               [(b"", outcome_record.write(claim))])

    def test_6_kills_of_the_broker(self):
        server = self.server().start()
        sale = self.sale_on(server)
        sale.begin()
        sale.await_answers(2000)
        server.kill()
        server.start()  # what is asked again is not in its memory: it lies on the broker
        for _ in range(2):
            sale.await_answers(1000)
            old = random.sample(sorted(sale.answers), 200)
            self.cluster.kill(1)
            with self.asking_again(server, old) as statuses, self.reading_outcomes(server):
                slowest = self.slowest_life(server, 3)
            self.assertLess(slowest, 5, "the door hangs with the broker")
            self.assertLessEqual(statuses.keys(), {200, 409, 503}, statuses)
            self.cluster.start([1])
            print(f"{sale.await_answers(1):.1f} s until the first answer")
        sale.await_answers(500)
        self.reckon(sale)
        self.assertEqual(server.stop(), 0)

    @contextlib.contextmanager
    def asking_again(self, server, wishes):
        """Sends old wishes once more meanwhile; how often was answered what."""
        statuses, stopping = collections.Counter(), threading.Event()

        def ask():
            for key, claimant, campaign in itertools.cycle(wishes):
                if stopping.is_set():
                    return
                statuses[server.send(f"redemptions/{campaign}/redeem", key, {"claimant": claimant})[0]] += 1

        thread = threading.Thread(target=ask)
        thread.start()
        yield statuses
        stopping.set()
        thread.join()
        print(f"asked again without a broker: {dict(statuses)}")

    @contextlib.contextmanager
    def reading_outcomes(self, server):
        """Follows the outcomes from the first on meanwhile, which are not in its memory."""
        stopping = threading.Event()

        def read():
            while not stopping.is_set():
                self.assertIn(server.asked("/v1/redemptions/outcomes?limit=100&from=beginning")[0], (200, 503))

        thread = threading.Thread(target=read)
        thread.start()
        yield
        stopping.set()
        thread.join()

    def slowest_life(self, server, seconds):
        """GET /livez again and again: the longest that it took."""
        slowest, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            begin = time.monotonic()
            self.assertEqual(server.asked("/livez")[0], 200)
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.02)
        return slowest

    def test_7_an_end_without_a_broker(self):
        server = self.server(environment={"SPATE_SHUTDOWN_WATCHDOG": "4s"}).start()
        sale = self.sale_on(server)
        sale.begin()
        sale.await_answers(500)
        self.cluster.kill(1)
        begin = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(60)
        self.assertLess(time.monotonic() - begin, 20)
        self.assertIn(code, (0, 5))
        self.cluster.start([1])
        server.start()
        sale.await_answers(100)
        self.reckon(sale)
        # And one that has nothing to lose ends in order.
        self.cluster.kill(1)
        self.assertEqual(server.stop(), 0)
        self.cluster.start([1])

    def test_8_a_broker_that_hangs_when_a_start_holds_its_views_against_the_log(self):
        kafka_server.apply_topics(self.cluster.bootstrap())
        server = self.server(port=kafka_server.free_port()).start()
        sale = self.sale_on(server)
        sale.begin()
        sale.await_answers(500)
        sale.settle()
        self.assertEqual(server.stop(), 0)

        self.hang_in_the_start(server)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(30), 0)
        said = server.said(server.said_before)
        self.assertIn("signal received: ended before it had started", said)
        self.assertEqual(said.count("waiting for Kafka: outcome"), 1, said)
        self.cluster.cont(1)

        self.hang_in_the_start(server)
        self.cluster.cont(1)
        self.assertIsNone(server.await_ready(60))
        self.assertNotIn("discarded", server.said(server.said_before))
        self.reckon(sale)
        self.assertEqual(server.stop(), 0)

    def hang_in_the_start(self, server):
        """The broker hangs from when the server has read the topics until it asks for their last outcomes:
        meanwhile it waits for the end of a pipe that is there in the place of a file."""
        schema = pathlib.Path(server.data) / "schemas/orders.bfbs"
        kept = schema.with_suffix(".kept")
        schema.rename(kept)
        os.mkfifo(schema)
        server.begin()
        deadline, pipe = time.monotonic() + 60, None
        while pipe is None:
            with contextlib.suppress(OSError):  # nobody has it open
                pipe = os.open(schema, os.O_WRONLY | os.O_NONBLOCK)
            self.assertTrue(time.monotonic() < deadline and server.running(), server.said()[-2000:])
            time.sleep(0.01)
        self.cluster.stop(1)
        os.set_blocking(pipe, True)
        text = kept.read_bytes()
        kept.replace(schema)  # before it goes on: it may be read once more
        with os.fdopen(pipe, "wb") as end:
            end.write(text)
        server.await_answer("/readyz", 503, "waiting for Kafka: outcome")
        self.assertEqual(server.asked("/livez")[0], 200)


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
