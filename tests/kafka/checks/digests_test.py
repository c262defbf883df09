"""Nodes compare what each has folded: nothing differs through kills; what is wrong in one is found and named."""
import json
import os
import random
import re
import shutil
import subprocess
import time
import unittest

import kafka_server
from node_figures import sum_of, until
from nodes_case import NodesCase
from sale import DOMAIN, Sale, reckon

BUILD = os.path.dirname(kafka_server.SPATE)
ROUNDS = int(os.environ.get("SPATE_ROUNDS", "3"))
COMPARED = int(os.environ.get("SPATE_COMPARED", "1000"))
# Rows are checkpointed at each 0.2 s of the log's time, views at each 2 s, and asked about every 0.1 s.
OFTEN = {"SPATE_PROCESSOR_CHECKPOINT_INTERVAL": "200ms"}


def compared(node, store):
    return sum_of(node, rf'spate_compared_digests_total\{{store="{store}"\}}') or 0


def differ(node, store):
    return sum_of(node, rf'spate_compare_differences\{{store="{store}"\}}') or 0


class Digests(NodesCase):
    @classmethod
    def node(cls, name, flags=(), environment=None, port=0):
        return super().node(name, [*flags, "--scan-interval", "0"], OFTEN | (environment or {}), port)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales = []
        for name in ("one", "two", "three"):
            cls.node(name).start()

    def sale(self, among):
        sale = Sale(lambda: random.choice(among), name=self._testMethodName, campaigns=12, pause_s=0.02)
        sale.open_campaigns()
        self.sales.append(sale)
        return sale

    def reckon(self, sale):
        sale.settle()
        reckon(self.sales, {"bootstrap.servers": self.cluster.bootstrap()})

    def test_1_nothing_differs_while_owners_are_killed(self):
        living, agreed = list(self.nodes), {"rows": 0, "views": 0}
        sale = self.sale(living)
        sale.begin()
        for turn in range(ROUNDS):
            node = self.nodes[turn % len(self.nodes)]
            until(lambda: compared(node, "rows") > COMPARED / ROUNDS / 2, "comparisons of rows")
            for store in agreed:
                agreed[store] += compared(node, store)
            living.remove(node)
            node.kill()
            sale.await_answers(300)
            node.start()
            living.append(node)
        until(lambda: sum(compared(n, "rows") for n in self.nodes) + agreed["rows"] >= COMPARED, "enough of them")
        until(lambda: all(compared(n, "views") > 0 for n in self.nodes), "comparisons of views")
        self.reckon(sale)
        for store in agreed:
            agreed[store] += sum(compared(n, store) for n in self.nodes)
            self.assertEqual([differ(n, store) for n in self.nodes], [0, 0, 0], [n.said()[-1000:] for n in self.nodes])
        done = subprocess.run([f"{BUILD}/spate", "log", "verify", "--kafka", self.cluster.bootstrap()],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        proven = re.search(rf"{DOMAIN}: (\d\d+) outcomes", done.stdout)
        self.assertIsNotNone(proven, done.stdout)
        done = subprocess.run([f"{BUILD}/spate", "log", "dump", "--kafka", self.cluster.bootstrap(), "--domain", DOMAIN],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        dumped = {(told["partition"], told["sequence"]) for told in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(len(dumped), int(proven[1]))
        print(f"{agreed['rows']:.0f} digests of rows and {agreed['views']:.0f} of views were compared, none differs",
              flush=True)

    def hurt(self, node, what, campaign):
        done = subprocess.run([f"{BUILD}/hurt_store", node.data, what, campaign], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def sell(self, node, campaign, key):
        """One more piece; until it is surely taken."""
        until(lambda: node.send(f"{DOMAIN}/{campaign}/redeem", key, {"claimant": key})[0] == 200, "a piece")

    def sell_until(self, node, campaign, holds, what):
        turn = iter(range(1_000_000))
        until(lambda: self.sell(node, campaign, f"{self._testMethodName}-{next(turn)}-{time.monotonic()}") or holds(),
              what)

    def verify(self, node, code):
        """A stopped node's rows and views against the topics, whoever else goes on."""
        done = subprocess.run([f"{BUILD}/spate", "replay", "verify", "--data", node.data, "--kafka",
                               self.cluster.bootstrap()], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def fold_again(self, node):
        for folder in ("rows", "digests"):
            shutil.rmtree(f"{node.data}/{folder}", ignore_errors=True)
        node.start()

    def test_2_a_wrong_row_is_found_by_whoever_has_it_or_follows_who_has(self):
        one, two, three = self.nodes
        three.stop()
        seen = set()
        for turn in range(12):
            campaign = f"wrong-{turn}"
            until(lambda: one.send(f"{DOMAIN}/{campaign}/open", "open", {"stock": 1_000_000})[0] == 200, "a campaign")
            self.sell(one, campaign, "first")
            self.assertEqual(two.stop(), 0)
            self.hurt(two, "rows", campaign)
            two.start()
            said = {n: len(n.said()) for n in (one, two)}
            self.sell_until(one, campaign, lambda: "differ between" in one.said()[said[one]:] or
                            "differ between" in two.said()[said[two]:], "the difference")
            seen.add(self.found(one, two, said))
            two.kill()
            self.assertEqual(two.begin() or two.await_ready(), 2, two.said()[-2000:])
            self.assertRegex(two.said(two.said_before), "differ between|not what was recorded")
            self.assertRegex(self.verify(two, 1), rf"rows of {DOMAIN}/\d+ at outcome \d+ are not what the log says: "
                                                  rf"the first is row \d+ of '{campaign}")
            self.fold_again(two)
            if len(seen) == 2:
                break
        print(f"seen: {seen}", flush=True)
        self.assertIn("the follower's", seen)
        before = compared(two, "rows")
        self.sell_until(one, campaign, lambda: compared(two, "rows") + compared(one, "rows") > before + 5, "agreement")
        three.start()

    def found(self, one, two, said):
        """Whose rows were wrong, where it was `two` that had been spoiled."""
        what = r"rows of redemptions/\d+ differ between .*at outcome \d+ their digest is [0-9a-f]{32} here"
        told = until(lambda: "so those here are wrong" in two.said()[said[two]:] and "the follower's" or
                     "so that node's are wrong" in one.said()[said[one]:] and "the owner's", "a verdict")
        for node in (one, two):
            self.assertRegex(node.said()[said[node]:], what)
        if told == "the owner's":  # its scan finds what lies on its disk
            self.assertEqual(two.process.wait(60), 5, two.said()[-2000:])
            return told
        if "stopped by" in two.said()[said[two]:]:  # the group was just giving it the partition
            self.assertEqual(two.process.wait(60), 5, two.said()[-2000:])
            return "the next owner's"
        self.assertEqual(differ(two, "rows"), 1)
        self.assertIn("differ between", two.asked("/readyz?verbose")[1])
        one.kill()  # now it would have to decide on them
        self.assertEqual(two.process.wait(120), 5, two.said()[-2000:])
        one.start()
        return told

    def test_3_wrong_views_are_not_served_as_if_they_were_right(self):
        one, two, _ = self.nodes
        campaign = "views"
        until(lambda: one.send(f"{DOMAIN}/{campaign}/open", "open", {"stock": 1_000_000})[0] == 200, "a campaign")
        self.sell(one, campaign, "first")
        self.assertEqual(two.stop(), 0)
        self.hurt(two, "views", campaign)
        two.start()
        said = len(two.said())
        self.sell_until(one, campaign, lambda: self.halted(two, campaign) or
                        "so that node's are wrong" in one.said(), "the difference")
        if self.halted(two, campaign):
            self.assertRegex(two.said()[said:], r"views of redemptions/\d+ differ between here and node .*those here are wrong")
        done = subprocess.run([f"{BUILD}/spate", "replay", "rebuild", DOMAIN, "--expect-any", "--server",
                               f"http://127.0.0.1:{two.port}"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        before = compared(two, "views")
        self.sell_until(one, campaign, lambda: compared(two, "views") > before, "agreement")
        self.assertFalse(self.halted(two, campaign))

    @staticmethod
    def halted(node, campaign):
        connection = node.connect()
        connection.request("GET", f"/v1/{DOMAIN}/{campaign}")
        response = connection.getresponse()
        response.read()
        return response.headers.get("Spate-View-Stopped")


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
