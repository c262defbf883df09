"""Three nodes on three brokers meet each hurt that the soak knows, alone; judged after each."""
import os
import random
import unittest

from hurts import SHOP, Hurts
from nodes_case import NodesCase
from sale import Sale, reckon

ONLY = os.environ.get("SPATE_HURTS", "").split()  # names; none: all
SEED = int(os.environ.get("SPATE_SEED", "1"))


class EachHurt(NodesCase):
    brokers, options = 3, {"networks": 3, "disk_mib": 512}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
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
