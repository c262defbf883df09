"""Three nodes on three brokers meet each hurt that the soak knows, alone; judged after each."""
import os
import random
import tempfile
import unittest

import broker_kit
import kafka_server
from broken_network import Network
from hurts import SHOP, Hurts, new_nodes
from sale import Sale, reckon

ONLY = os.environ.get("SPATE_HURTS", "").split()  # names; none: all
SEED = int(os.environ.get("SPATE_SEED", "1"))


class EachHurt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(broker_kit.brokers(3, networks=3, disk_mib=512))
        cls.network = cls.enterClassContext(Network(cls.cluster))
        cls.scratch = cls.enterClassContext(tempfile.TemporaryDirectory())
        kafka_server.apply_topics(cls.cluster.bootstrap(), kafka_server.replicated_topics(cls.scratch))
        cls.nodes = new_nodes(cls.cluster, cls.scratch)
        cls.addClassCleanup(kafka_server.kill_running, cls.nodes)
        for node in cls.nodes:
            node.start()

    def test_each(self):
        sale = Sale(lambda: random.choice(self.nodes), name="hurts", pause_s=0.05, batch_lines=8)
        hurts = Hurts(self.cluster, self.network, self.nodes, random.Random(SEED), sale.campaigns)
        self.addCleanup(sale.stopping.set)
        sale.open_campaigns()
        for hurt in hurts.all():
            if ONLY and hurt.__name__ not in ONLY:
                continue
            with self.subTest(hurt.__name__):
                self.suffer(sale, hurts, hurt)

    def suffer(self, sale, hurts, hurt):
        sale.begin()
        sale.await_answers(200)
        with hurts.done([hurt]):
            answered = len(sale.answers)
        print(f"{hurt.__name__}: the next answer after {sale.await_answers(1):.1f} s", flush=True)
        sale.await_answers(200)
        sale.settle()
        sale.check_views(hurts.claimed, self.nodes)
        counts = reckon([sale], {"bootstrap.servers": self.cluster.bootstrap()}, hurts.told, sender=SHOP)
        print(f"  {answered} answered before, {len(sale.answers)} now, met {dict(sale.met)}; {dict(counts)}",
              flush=True)


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
