"""What tests of several nodes over brokers have in common: a cluster, its topics, the nodes and their end."""
import contextlib
import tempfile
import unittest

import broker_kit
import kafka_server
from broken_network import Network
from hurts import new_nodes
from kafka_server import KafkaServer


class NodesCase(unittest.TestCase):
    """`nodes` are ended with the class. With networks each of three has one of its own to the brokers,
    and starts when the subclass says so."""
    brokers = 1
    options = {}  # of broker_kit.brokers
    memory = "256MiB"

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(broker_kit.brokers(cls.brokers, **cls.options))
        has_networks = "networks" in cls.options
        cls.network = cls.enterClassContext(Network(cls.cluster) if has_networks else contextlib.nullcontext())
        cls.scratch = cls.enterClassContext(tempfile.TemporaryDirectory())
        is_replicated = cls.brokers == 3 and has_networks
        kafka_server.apply_topics(cls.cluster.bootstrap(),
                                  kafka_server.replicated_topics(cls.scratch) if is_replicated else None)
        cls.nodes = new_nodes(cls.cluster, cls.scratch) if has_networks else []
        cls.addClassCleanup(lambda: kafka_server.kill_running(cls.nodes))

    @classmethod
    def node(cls, name, flags=(), environment=None, port=0):
        """One more, with data of its own; not started. `port`: at which other nodes reach it."""
        node = KafkaServer(f"{cls.scratch}/{name}", cls.cluster.bootstrap(),
                           flags=["--cluster-listen", f"127.0.0.1:{port}", "--memory", cls.memory, *flags],
                           environment=environment)
        node.name, node.address = name, f"127.0.0.1:{port}"
        cls.nodes.append(node)
        return node
