"""One server, three brokers, replication 3, two in sync: brokers die and hang, the network is cut."""
import time
import unittest

import broker_kit
import kafka_server
from broken_network import BOTH, FROM_BROKER, TO_BROKER, Network
from served_case import ServedCase

OUTAGE_S = 8  # longer than a request may take, and than the group's session
TOPICS = ("spate.redemptions.commands.v1", "spate.redemptions.outcomes.v1")


class ThreeBrokers(ServedCase):
    brokers = 3
    options = {"networks": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = cls.enterClassContext(Network(cls.cluster))
        kafka_server.apply_topics(cls.cluster.bootstrap(),
                                  kafka_server.replicated_topics(cls.scratch))

    def setUp(self):
        super().setUp()
        self.running = self.server("PROXIED_1").start()
        self.sale = self.sale_on(self.running)
        self.sale.begin()
        self.sale.await_answers(500)
        self.addCleanup(self.network.mend)

    def goes_on(self, what):
        print(f"{what}: the next answer after {self.sale.await_answers(1):.1f} s", flush=True)
        self.sale.await_answers(300)

    def test_1_kills_of_each_broker(self):
        for node in self.cluster.nodes:
            self.cluster.kill(node)
            self.goes_on(f"broker {node} was killed")
            self.cluster.start([node])
            self.goes_on(f"broker {node} is back")
        self.reckon(self.sale)

    def test_2_hanging_brokers(self):
        for hanging in ([1], [2, 3]):
            for node in hanging:
                self.cluster.stop(node)
            time.sleep(OUTAGE_S)
            for node in hanging:
                self.cluster.cont(node)
            self.goes_on(f"brokers {hanging} hung")
        self.reckon(self.sale)

    def test_3_not_enough_replicas(self):
        for topic in TOPICS:
            broker_kit.alter_topic(self.cluster.bootstrap(), topic, "min.insync.replicas", "3")
        self.cluster.kill(2)
        time.sleep(OUTAGE_S)
        answered = len(self.sale.answers)
        self.cluster.start([2])
        self.goes_on(f"too few replicas, {answered} answered meanwhile")
        for topic in TOPICS:
            broker_kit.alter_topic(self.cluster.bootstrap(), topic, "min.insync.replicas", "2")
        self.reckon(self.sale)

    def test_4_cuts_of_the_network(self):
        for nodes, directions in ((None, BOTH), (None, [TO_BROKER]), (None, [FROM_BROKER]), ([1], BOTH),
                                  ([2], [FROM_BROKER])):
            self.network.cut(nodes, directions)
            time.sleep(OUTAGE_S)
            self.network.mend()
            self.goes_on(f"brokers {nodes or 'all'} were cut off, {', '.join(directions)}")
        self.reckon(self.sale)


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
