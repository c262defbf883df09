"""Reads a topic from offset 0 to where it ended when asked, partition by partition."""
import time

import confluent_kafka

PATIENCE_S = 60  # a leader may move while we ask


class Unreadable(Exception):
    """The cluster did not answer, or the topic is not there."""


def _patiently(what, ask):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except confluent_kafka.KafkaException as e:
            if time.monotonic() > deadline:
                raise Unreadable(f"{what}: {e.args[0].str()}") from e
            time.sleep(0.2)


class TopicReader:
    """`properties` are librdkafka's, at least bootstrap.servers."""

    def __init__(self, topic, properties):
        self.topic = topic
        self.consumer = confluent_kafka.Consumer({
            "group.id": "reader-without-a-group", "enable.auto.commit": False,
            "auto.offset.reset": "error", "isolation.level": "read_uncommitted",
            "check.crcs": True, "log_level": 3} | properties)

    def close(self):
        self.consumer.close()

    def partitions(self):
        def ask():
            return self.consumer.list_topics(self.topic, timeout=5).topics[self.topic]
        found = _patiently(f"topic {self.topic}", ask)
        if found.error is not None or not found.partitions:
            raise Unreadable(f"topic {self.topic}: {found.error or 'has no partitions'}")
        return len(found.partitions)

    def read(self, take):
        """Hands (partition, offset, key, value) of every record over; all partitions, each to its end."""
        for partition in range(self.partitions()):
            self._read_partition(partition, take)

    def _read_partition(self, partition, take):
        place = confluent_kafka.TopicPartition(self.topic, partition, 0)
        begin, end = _patiently(f"{self.topic}[{partition}]",
                                lambda: self.consumer.get_watermark_offsets(place, timeout=5))
        if begin != 0:
            raise Unreadable(f"{self.topic}[{partition}] begins at {begin}: it was to be kept for ever")
        offset, deadline = 0, time.monotonic() + PATIENCE_S
        self.consumer.assign([place] if end > 0 else [])
        while offset < end:
            for message in self.consumer.consume(num_messages=10000, timeout=1.0):
                if message.error() is not None:
                    raise Unreadable(f"{self.topic}[{partition}]: {message.error().str()}")
                if message.offset() < end:
                    take(partition, message.offset(), message.key(), message.value())
                offset = message.offset() + 1
                deadline = time.monotonic() + PATIENCE_S
            if time.monotonic() > deadline:
                raise Unreadable(f"{self.topic}[{partition}] ends at {end}; nothing came after {offset}")
