"""Dead letters and feeds of events, through kill -9: whole, in order; and what shows their lag."""
import http.client
import json
import random
import tempfile
import time
import unittest

import broker_kit
import confluent_kafka
import kafka_server
import murmur2
from kafka_server import KafkaServer

PARTITIONS = 8
ORDER = {"customer": "ann", "currency": "EUR",
         "items": [{"sku": "a", "quantity": 2, "unit_price_minor": 150}]}
bootstrap = None


def setUpModule():
    global bootstrap
    bootstrap = unittest.enterModuleContext(broker_kit.brokers()).bootstrap()
    kafka_server.apply_topics(bootstrap)


def spate(*arguments):
    """(exit code, output, errors)"""
    return broker_kit.run(kafka_server.SPATE, *arguments)


def read_all(topic):
    """Every record of the topic as it is now, partition by partition."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "reader",
                                         "enable.auto.commit": False})
    records = []
    for partition in consumer.list_topics(topic, timeout=30).topics[topic].partitions:
        place = confluent_kafka.TopicPartition(topic, partition, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=30)
        consumer.assign([place])
        at = 0
        while at < end:
            message = consumer.poll(30)
            assert message is not None, f"{topic}[{partition}] ends at {at} instead of {end}"
            if message.error() is None:
                records.append(message)
                at = message.offset() + 1
    consumer.close()
    return records


def produce_foreign(count, name="bad"):
    """So many that cannot be understood; each says its name."""
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    for i in range(count):
        key = f"{name}-{i}".encode()
        producer.produce("spate.orders.commands.v1", b"garbage " + key, key,
                         murmur2.partition_of(key, PARTITIONS), headers=[("name", key)])
    assert producer.flush(60) == 0


class Feeds(unittest.TestCase):
    def outcomes(self):
        """Every accepted outcome: (position, stream, events), by the server's own pages."""
        found, path = [], "/v1/orders/outcomes?limit=1000"
        while True:
            status, page = self.server.get(path)
            self.assertEqual(status, 200)
            found += [(o["position"], o["stream"], o["events"]) for o in page["items"]
                      if o["outcome"] == "accepted"]
            if not page["items"]:
                return found
            path = page["next"]

    def expect_feed(self, topic, placed):
        """Each event once when repeats are dropped; what is kept of a source only rises."""
        wanted = {f"{position}.{i}": (stream, event["type"]) for position, stream, events in placed
                  for i, event in enumerate(events)}
        last, seen, repeated = {}, {}, 0
        for message in read_all(topic):
            event = json.loads(message.value())
            if not event["source"].startswith("/spate/orders/"):
                continue
            self.assertEqual(message.key().decode(), event["subject"])
            if event["sequence"] <= last.get(event["source"], ""):
                repeated += 1
                self.assertIn(event["id"], seen, "a repeat that was not seen before")
                continue
            last[event["source"]] = event["sequence"]
            seen[event["id"]] = (event["subject"], event["type"].removeprefix("spate.orders."))
        self.assertEqual(seen, wanted)
        return repeated

    def expect_letters(self, names):
        """Of these, each once when repeats are dropped; those of other tests do not matter."""
        letters = {}
        for message in read_all("spate.orders.dlq.v1"):
            headers = {name: value.decode() for name, value in message.headers()}
            letters.setdefault(headers["spate-position"], (message, headers))
        ours = [(m, h) for m, h in letters.values() if h["name"] in names]
        self.assertEqual(sorted(h["name"] for _, h in ours), sorted(names))
        for message, headers in ours:
            self.assertEqual(message.key().decode(), headers["name"])
            self.assertEqual(message.value().decode(), "garbage " + headers["name"])
            self.assertEqual(headers["__connect.errors.topic"], "spate.orders.commands.v1")
            self.assertEqual(headers["__connect.errors.partition"], str(message.partition()))
            self.assertIn("content-type is missing", headers["__connect.errors.exception.message"])

    def expect_listed(self, count):
        """The same by `spate dlq`, beside the running server."""
        code, said, errors = spate("dlq", "list", "--kafka", bootstrap, "--limit", "1000")
        self.assertEqual(code, 0, errors)
        letters = [one for one in json.loads(said) if one["stream"].startswith("bad-")]
        self.assertEqual(len({one["command_id"] for one in letters}), count)
        shown = spate("dlq", "show", letters[7]["command_id"], "--kafka", bootstrap)[1]
        one = json.loads(shown)
        self.assertEqual(one["value"], "garbage " + one["headers"][0]["value"])
        self.assertEqual(spate("log", "parked", "list", "--kafka", bootstrap)[:2], (0, "[]\n"))

    def await_fed(self):
        """Until all feeds are where the log is, by what they note."""
        status, sent = self.server.send("orders/last/place", "last", ORDER)
        self.assertEqual(status, 200)
        position = json.loads(sent)["position"]
        for _ in range(300):
            if any(position in m.value().decode() for m in read_all("analytics-events")):
                return
        self.fail("the last event never came")

    def test_at_first_survive_kill_nine_without_a_gap(self):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        chance = random.Random(seed)
        with tempfile.TemporaryDirectory() as data:
            self.server = KafkaServer(data + "/node", bootstrap)
            foreign = 120
            for life in range(4):
                self.server.start()
                lines = [{"id": f"{life}-{i}", "command": "place", "body": ORDER,
                          "stream": f"o-{life}-{i}"} for i in range(400)]
                for begin in range(0, len(lines), 50):
                    batch = [{"domain": "orders", **line} for line in lines[begin:begin + 50]]
                    status, answers = self.server.send_batch("batch", batch)
                    self.assertEqual(status, 200)
                    self.assertTrue(all(a["outcome"] == "accepted" for a in answers), answers[:2])
                    if life < 3 and chance.random() < 0.2:
                        break
                if life == 0:
                    produce_foreign(foreign)
                if life < 3:
                    self.server.kill()
            self.await_fed()
            placed = self.outcomes()
            self.server.stop()
            self.server.start()  # goes on where it was: nothing comes twice after a clean stop
            repeated = {topic: self.expect_feed(topic, placed) for topic in
                        ("order-events", "notification-events", "analytics-events")}
            print(f"{len(placed)} events a feed, repeats {repeated}")
            self.expect_letters({f"bad-{i}" for i in range(foreign)})
            self.expect_listed(foreign)
            before = len(read_all("order-events"))
            self.await_fed_again(before)
            self.server.stop()

    def lag_of_group(self):
        """What any Kafka UI shows: what the group has not committed, of all partitions."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "spate",
                                             "enable.auto.commit": False})
        places = [confluent_kafka.TopicPartition("spate.orders.commands.v1", p)
                  for p in range(PARTITIONS)]
        lag = 0
        for place in consumer.committed(places, timeout=30):
            _, end = consumer.get_watermark_offsets(place, timeout=30)
            lag += end - max(place.offset, 0)
        consumer.close()
        return lag

    def figure(self, name):
        _, text = self.server.request("GET", "/metrics")
        found = [line.rsplit(" ", 1)[1] for line in text.decode().splitlines()
                 if line.startswith(name)]
        return float(found[0]) if found else None

    def await_that(self, what, holds):
        for _ in range(600):
            if holds():
                return
            time.sleep(0.1)
        self.fail("never: " + what)

    def test_show_how_far_behind_they_are(self):
        with tempfile.TemporaryDirectory() as data:
            self.server = KafkaServer(data + "/node", bootstrap).start()
            self.assertEqual(self.server.send("orders/l-1/place", "l-1", ORDER)[0], 200)
            self.await_that("the group shows no lag", lambda: self.lag_of_group() == 0)
            for client in ("outcomes", "commands", "feeds", "follower", "fetcher", "group"):
                name = f'spate_kafka_broker_up{{client="{client}",broker="{bootstrap}"}}'
                self.await_that(name, lambda name=name: self.figure(name) == 1)
            self.await_that("requests are counted", lambda: self.figure(
                'spate_kafka_requests_total{client="outcomes"}') > 0)
            for p in range(PARTITIONS):
                for name in ("spate_feed_lag_records", "spate_partition_lag_records"):
                    series = f'{name}{{domain="orders",partition="{p}"}}'
                    self.await_that(series, lambda s=series: self.figure(s) == 0)
            self.server.stop()
            produce_foreign(7)
            self.assertEqual(self.lag_of_group(), 7)

    def place_all(self, nodes, names):
        """Each order at one of the nodes, again with the same id until it is accepted."""
        for begin in range(0, len(names), 25):
            left = [{"domain": "orders", "stream": name, "command": "place", "id": name,
                     "body": ORDER} for name in names[begin:begin + 25]]
            for attempt in range(600):
                try:
                    status, answers = nodes[attempt % len(nodes)].send_batch("batch", left)
                except (OSError, http.client.HTTPException):
                    status, answers = 0, []
                if status == 200:
                    accepted = {line["id"] for line, answer in zip(left, answers)
                                if answer.get("outcome") == "accepted"}
                    left = [line for line in left if line["id"] not in accepted]
                if not left:
                    break
                time.sleep(0.1)
            self.assertFalse(left)

    def test_move_with_their_partitions_from_node_to_node(self):
        with tempfile.TemporaryDirectory() as data:
            flags = ["--cluster-listen", "127.0.0.1:0", "--memory", "256MiB"]
            a, b = (KafkaServer(f"{data}/{name}", bootstrap, flags=flags).start() for name in "ab")
            self.place_all([a, b], [f"moved-1-{i}" for i in range(300)])
            produce_foreign(40, "early")
            a.kill()
            self.place_all([b], [f"moved-2-{i}" for i in range(300)])
            a.start()
            self.place_all([a, b], [f"moved-3-{i}" for i in range(300)])
            produce_foreign(40, "late")
            self.assertEqual(b.stop(), 0)
            self.server = a
            self.place_all([a], [f"moved-4-{i}" for i in range(300)])
            for p in range(PARTITIONS):
                series = f'spate_feed_lag_records{{domain="orders",partition="{p}"}}'
                self.await_that(series, lambda s=series: self.figure(s) == 0)
            placed = self.outcomes()
            self.assertGreaterEqual(len(placed), 1200)
            for topic in ("order-events", "notification-events", "analytics-events"):
                print(f"{topic}: {len(placed)} events, {self.expect_feed(topic, placed)} repeated")
            self.expect_letters({f"{name}-{i}" for name in ("early", "late") for i in range(40)})
            a.stop()

    def await_fed_again(self, before):
        status, _ = self.server.send("orders/later/place", "later", ORDER)
        self.assertEqual(status, 200)
        for _ in range(300):
            now = read_all("order-events")
            if any(b"later" in m.key() for m in now):
                return self.assertEqual(len(now), before + 1)
        self.fail("the event after a clean restart never came")


if __name__ == "__main__":
    unittest.main()
