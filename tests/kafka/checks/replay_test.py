"""The replay tool on a broker: rebuild with a proof, switch, rollback, histories and the past, by node."""
import json
import unittest

import broker_kit
import kafka_server
from sale import DOMAIN
from served_case import ServedCase

STREAM, PIECES = "past", 40


class Replay(ServedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kafka_server.apply_topics(cls.cluster.bootstrap())

    def spate(self, node, *arguments, code=0):
        ran, said, errors = broker_kit.run(kafka_server.SPATE, *arguments, "--server",
                                           f"http://127.0.0.1:{node.port}")
        self.assertEqual(ran, code, f"{arguments}: {said}{errors}")
        return said

    def wish(self, node, command, key, body, status=200):
        answered, text = node.send(f"{DOMAIN}/{STREAM}/{command}", key, body)
        self.assertEqual(answered, status, text)
        return json.loads(text)

    def view(self, node, path="", position=None):
        """As shown when it has come to `position`."""
        headers = {"Spate-Position": position} if position else {}
        status, text = node.request("GET", f"/v1/{DOMAIN}/{STREAM}{path}", None, headers)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def stage(self, node):
        return node.get("/admin/replay")[1]["stage"]

    def test_rebuild_switch_rollback_history_and_the_past(self):
        one, two = self.node("one"), self.node("two")
        told = [self.wish(one, "open", "open", {"stock": PIECES - 5})]
        seen = []
        for n in range(PIECES):
            refused = n >= PIECES - 5
            told.append(self.wish(one, "redeem", f"k{n}", {"claimant": f"c{n}"}, 409 if refused else 200))
            if n % 10 == 0:
                seen.append((told[-1], self.view(one, position=told[-1]["position"])))
        last = told[-1]["position"]
        self.rebuilt(one, two, last)
        self.looked_back(two, told, seen)
        self.killed_in_the_middle(two, last)

    def rebuilt(self, one, two, last):
        """Proven on the node that is asked; readers move there and back, and follow what comes."""
        self.spate(one, "replay", "rebuild", DOMAIN, "--expect-same", "--hold")
        self.assertEqual((self.stage(one), self.stage(two)), ("ready", "none"), "each node has its own")
        before = self.view(one, position=last)
        self.spate(one, "replay", "switch")
        self.assertEqual(self.stage(one), "switched")
        self.assertEqual(self.view(one), before)
        position = self.wish(two, "release", "back", {"claimant": "c0"})["position"]
        for node in (one, two):
            self.assertEqual(self.view(node, position=position)["redeemed"], PIECES - 6)
        self.spate(one, "replay", "rollback")
        self.assertEqual(self.view(one)["redeemed"], PIECES - 6, "the old one was followed")
        self.spate(one, "replay", "rebuild", DOMAIN, "--expect-same")
        self.spate(one, "replay", "commit")
        self.assertEqual(self.view(one)["redeemed"], PIECES - 6)

    def looked_back(self, node, told, seen):
        """Through the node that may not own the partition: outcomes are every node's to read."""
        history = node.get(f"/v1/{DOMAIN}/{STREAM}/history?limit=100")[1]["items"]
        self.assertEqual([one["command_id"] for one in history[:-1]], [one["command_id"] for one in told])
        self.assertEqual([one.get("code") for one in history].count("sold_out"), 5)
        for answer, view in seen:
            for point in (answer["position"], answer["at"]):
                self.assertEqual(self.view(node, "?as_of=" + point), view, f"as of {point}")
        lines = self.spate(node, "history", DOMAIN, STREAM, "-o", "json").splitlines()
        self.assertEqual(len(lines), len(history))

    def killed_in_the_middle(self, node, last):
        """Whatever it was doing, it goes on, and readers never see less."""
        self.spate(node, "replay", "rebuild", DOMAIN, "--expect-same", "--hold", "--detach")
        node.kill()
        node.start()
        self.assertGreaterEqual(self.view(node, position=last)["version"], PIECES - 5)
        node.await_answer("/admin/replay", 200, '"stage":"ready"')
        self.spate(node, "replay", "switch")
        self.spate(node, "replay", "commit")
        self.assertEqual(self.view(node, position=last)["redeemed"], PIECES - 6)
        self.assertEqual(self.stage(node), "none")


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
