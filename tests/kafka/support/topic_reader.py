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
            "enable.partition.eof": True,  # the last offsets may hold marks of transactions
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
        """Hands (partition, offset, key, value) of every record over; all partitions, each to its end.

        Raises Unreadable if the topic does not begin at 0: outcomes are kept for ever.
        """
        self.read_messages(lambda m: take(m.partition(), m.offset(), m.key(), m.value()), begin_max=0)

    def read_messages(self, take, begin_max=None):
        """The same with whole messages, from where each partition begins."""
        for partition in range(self.partitions()):
            self._read_partition(partition, take, begin_max)

    def _read_partition(self, partition, take, begin_max):
        name = f"{self.topic}[{partition}]"
        place = confluent_kafka.TopicPartition(self.topic, partition)
        begin, end = _patiently(name, lambda: self.consumer.get_watermark_offsets(place, timeout=5))
        if begin_max is not None and begin > begin_max:
            raise Unreadable(f"{name} begins at {begin}: it was to be kept for ever")
        place.offset = begin
        offset, deadline = begin, time.monotonic() + PATIENCE_S
        self.consumer.assign([place] if end > begin else [])
        while offset < end:
            for message in self.consumer.consume(num_messages=10000, timeout=1.0):
                if message.error() == confluent_kafka.KafkaError._PARTITION_EOF:
                    offset = max(offset, message.offset())
                    continue
                if message.error() is not None:
                    raise Unreadable(f"{name}: {message.error().str()}")
                if message.offset() < end:
                    take(message)
                offset = message.offset() + 1
                deadline = time.monotonic() + PATIENCE_S
            if time.monotonic() > deadline:
                raise Unreadable(f"{name} ends at {end}; nothing came after {offset}")
