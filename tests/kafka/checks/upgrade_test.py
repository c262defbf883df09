"""Three nodes on three brokers get a new program one after another, under load: no request fails."""
import os
import unittest

import kafka_server
from front_door import FrontDoor
from nodes_case import NodesCase
from sale import Sale, reckon

ROUNDS = int(os.environ.get("SPATE_ROUNDS", "2"))
OLD = os.environ.get("SPATE_OLD", kafka_server.SPATE)  # the program to begin with


class RollingUpgrade(NodesCase):
    brokers, options = 3, {"networks": 3}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for node in cls.nodes:
            node.binary = OLD
            node.environment["SPATE_SHUTDOWN_GRACE"] = "300ms"  # the front door asks more often
            node.start()

    def test_no_request_fails(self):
        door = self.enterContext(FrontDoor(self.nodes))
        sale = Sale(door.pick, name="upgrade", campaigns=12)
        sale.open_campaigns()
        sale.begin()
        sale.await_answers(1000)
        for _ in range(ROUNDS):
            for node in self.nodes:
                sale.slowest_s = 0
                self.assertEqual(node.stop(), 0, node.said()[-2000:])
                self.assertIn('"not_taken":0', node.said(node.said_before))
                sale.await_answers(300)
                node.binary = kafka_server.SPATE
                node.start()
                sale.await_answers(300)
                print(f"{node.data} runs the new program; the slowest answer took {sale.slowest_s * 1e3:.0f} ms",
                      flush=True)
        sale.settle()
        sale.check_views(servers=self.nodes)
        counts = reckon([sale], {"bootstrap.servers": self.cluster.bootstrap()})
        print(f"{len(sale.answers)} answered; {dict(counts)}", flush=True)
        # On a slow machine a partition moves in more than two seconds now and then: commands are put into
        # the log and answered 202 then. They were taken, and their outcomes came (`settle`).
        pending = sale.met.pop("pending", 0)
        print(f"answered 202 at first: {pending}", flush=True)
        self.assertLess(pending, len(sale.answers) / 50, "nodes were missed, not handed over from")
        self.assertEqual(dict(sale.met), {}, "a request failed although nothing broke")


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
