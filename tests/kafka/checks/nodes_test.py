"""Three nodes share one log: each answers for all, and one that dies or ends takes nothing with it."""
import json
import os
import random
import signal
import time
import unittest

from command_coverage import command_id
from nodes_case import NodesCase
from outcome_record import ACCEPTED, REJECTED
from sale import DOMAIN, Sale, reckon

BROKERS = int(os.environ.get("SPATE_BROKERS", "1"))
ROUNDS = int(os.environ.get("SPATE_ROUNDS", "3"))
NODES = 3
SESSION_S = 6  # of the group, as the server sets it
STREAMS = [f"stream-{n}" for n in range(24)]  # some in a partition of every node


class ThreeNodes(NodesCase):
    brokers = BROKERS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales, cls.told = [], {}
        for n in range(NODES):
            cls.node(f"node-{n}").start()

    def sale(self, among, name=""):
        """Clients that ask any of `among`, a list that may change meanwhile."""
        sale = Sale(lambda: random.choice(among), name=self._testMethodName.removeprefix("test_") + name,
                    campaigns=12)
        sale.open_campaigns()
        self.sales.append(sale)
        return sale

    def note(self, stream, key, outcome):
        """What the tests themselves were told, for the reckoning."""
        self.told[command_id(b"", DOMAIN.encode(), stream.encode(), key.encode())] = outcome

    def reckon(self, sale):
        sale.settle()
        sale.check_views(servers=self.nodes)
        counts = reckon(self.sales, {"bootstrap.servers": self.cluster.bootstrap()}, self.told)
        print(f"{self._testMethodName}: {len(sale.answers)} answered, met {dict(sale.met)}, "
              f"{dict(counts)}", flush=True)

    def test_1_each_answers_for_all(self):
        positions = {}
        for number, stream in enumerate(STREAMS):
            one, other, third = (self.nodes[(number + n) % NODES] for n in range(3))
            path = f"{DOMAIN}/{stream}"
            opened = one.send(f"{path}/open", "open", {"stock": 2})
            self.assertEqual(opened[0], 200, opened)
            self.assertEqual(other.send(f"{path}/open", "open", {"stock": 2}), opened, "the first answer")
            self.assertEqual(third.send(f"{path}/open", "open", {"stock": 3})[0], 422)
            lines = [{"domain": DOMAIN, "stream": stream, "command": "redeem", "id": f"r{n}",
                      "body": {"claimant": f"c{n}"}} for n in range(3)]
            status, answers = other.send_batch("batch", lines)
            self.assertEqual([a["outcome"] for a in answers], ["accepted", "accepted", "rejected"], answers)
            self.note(stream, "open", ACCEPTED)
            for n, outcome in enumerate((ACCEPTED, ACCEPTED, REJECTED)):
                self.note(stream, f"r{n}", outcome)
            status, answer = third.get(f"/v1/{path}/commands?key=r1")
            self.assertEqual((status, answer["outcome"]), (200, "accepted"))
            positions[stream] = answers[1]["position"]
        for node in self.nodes:
            for stream, position in positions.items():
                status, body = node.request("GET", f"/v1/{DOMAIN}/{stream}",
                                            headers={"Spate-Position": position})
                self.assertEqual((status, json.loads(body)["remaining"]), (200, 0))
            listed = node.get(f"/v1/{DOMAIN}?limit=1000")[1]["items"]
            self.assertGreaterEqual({item["campaign"] for item in listed}, set(STREAMS))

    def test_1_each_takes_what_the_others_take(self):
        """However large a command is: it may have to go to another node, through smaller rings."""
        for kib in (100, 200, 250, 300, 500, 1000):
            options = [f"{n:02}" + "x" * 980 for n in range(50)]
            question = {"kind": "single", "prompt": "?", "options": options, "answer": options[0], "points": 1}
            quiz = {"title": "large", "teacher": "t", "questions": [question] * (kib // 50)}
            told = set()
            for stream in range(8):  # some in a partition of every node
                for number, node in enumerate(self.nodes):
                    status, body = node.send(f"quizzes/large-{kib}-{stream}-{number}/create", "k", quiz)
                    told.add((status, json.loads(body).get("code")))
            self.assertIn(told, ({(200, None)}, {(413, "payload_too_large")}), f"{kib} KiB")
            if kib <= 200:
                self.assertEqual(told, {(200, None)}, f"{kib} KiB")

    def test_2_nodes_that_are_killed(self):
        living = list(self.nodes)
        sale = self.sale(living)
        sale.begin()
        for turn in range(ROUNDS):
            sale.await_answers(500)
            node = self.nodes[turn % NODES]
            living.remove(node)
            node.kill()
            killed = time.monotonic()
            slowest = self.until_all_answer(living, killed)
            print(f"round {turn}: all partitions answer again {slowest:.1f} s after the kill", flush=True)
            sale.await_answers(500)
            node.start()
            living.append(node)
        sale.await_answers(500)
        self.reckon(sale)

    def until_all_answer(self, living, since):
        """Every stream, sold out, is asked until it is answered; seconds since then."""
        for stream in STREAMS:
            key = f"after-{since}"
            while random.choice(living).send(f"{DOMAIN}/{stream}/redeem", key, {"claimant": key})[0] != 409:
                self.assertLess(time.monotonic() - since, 120)
            self.note(stream, key, REJECTED)
        return time.monotonic() - since

    def test_3_nodes_that_end_fail_nobody(self):
        for turn in range(ROUNDS):
            node = self.nodes[turn % NODES]
            others = [n for n in self.nodes if n is not node]
            sale = self.sale(others, f"-{turn}")
            sale.begin()
            sale.await_answers(300)
            self.assertEqual(node.stop(), 0, node.said()[-2000:])
            self.assertIn('"not_taken":0', node.said(node.said_before))
            sale.await_answers(300)
            node.start()
            sale.await_answers(300)
            self.reckon(sale)
            self.assertEqual(dict(sale.met), {}, "a request failed although nothing broke")

    def test_4_a_node_that_sleeps_through_its_session(self):
        sleeper, *others = self.nodes
        sale = self.sale(others)
        sale.begin()
        sale.await_answers(300)
        sleeper.process.send_signal(signal.SIGSTOP)
        time.sleep(SESSION_S + 2)  # what is tested is that time passes
        sale.await_answers(300)
        sleeper.process.send_signal(signal.SIGCONT)  # it believes that it owns what others own by now
        sale.await_answers(1000)
        self.reckon(sale)
        sleeper.await_answer("/readyz", 200)


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
