"""A new node begins with a checkpoint that another one shipped, and reads only what came after it."""
import hashlib
import os
import pathlib
import random
import re
import struct
import subprocess
import time
import unittest

from kafka_server import SPATE
from node_figures import folded, received, sell, until
from nodes_case import NodesCase

CAMPAIGNS = [f"campaign-{n}" for n in range(8)]
OUTCOMES = int(os.environ.get("SPATE_OUTCOMES", "40000"))
TAIL = 300
KILLS = int(os.environ.get("SPATE_KILLS", "6"))
INTERVAL = "SPATE_CHECKPOINTS_INTERVAL"


def views(node):
    """A digest of every view of the sale."""
    digest = hashlib.sha256()
    for path in ["/v1/redemptions?limit=1000", *(f"/v1/redemptions/{c}/claims?limit=1000" for c in CAMPAIGNS)]:
        while path:
            status, page = node.get(path)
            assert status == 200, (status, page)
            digest.update(repr(page["items"]).encode())
            path = page["next"]
    return digest.hexdigest()


class Shipped:
    """The checkpoints in a shared directory."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def all(self):
        """Paths, the oldest first."""
        found = self.directory.glob("*/checkpoints/*")
        return sorted(path for path in found if not path.name.endswith(".draft"))

    def lines(self, path, kind):
        return [line.split() for line in path.read_text().splitlines() if line.startswith(kind + " ")]

    def position(self, path, of="views"):
        """Outcomes that are folded in it."""
        return sum(int(line[line.index(of) + 1]) for line in self.lines(path, "partition"))

    def file(self, path, name):
        """The object of a file whose path begins so."""
        line = next(line for line in self.lines(path, "file") if line[3].startswith(name))
        return path.parent.parent / "files" / f"{line[1]}-{line[2]}"

    def rewrite(self, path, change):
        """Changes its text as one who can make the hash fit would."""
        text = change(path.read_text().rsplit("hash ", 1)[0])
        words = struct.unpack("<QQ", hashlib.blake2b(text.encode(), digest_size=16).digest())
        path.write_text(f"{text}hash {words[0]:016x}{words[1]:016x}\n")


class ANewNode(NodesCase):
    interval = "1s"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shipped = Shipped(f"{cls.scratch}/shared")
        cls.shipped.directory.mkdir()
        cls.first = cls.node("first").start()
        for campaign in CAMPAIGNS:
            sell(cls.first, campaign, OUTCOMES // len(CAMPAIGNS), seed=1)
        cls.await_shipped()

    @classmethod
    def node(cls, name, checkpoints=True):
        return super().node(name, ["--checkpoints", f"{cls.scratch}/shared"] if checkpoints else [],
                            {INTERVAL: cls.interval})

    def ship_nothing(self):
        """From the next start of each on: whoever owns the first partition would ship again."""
        def every(interval):
            type(self).interval = self.first.environment[INTERVAL] = interval
        every("1h")
        self.addCleanup(every, "1s")

    @classmethod
    def await_shipped(cls):
        """Until all that is durable is in a checkpoint, rows and views."""
        all_of_it = folded(cls.first)

        def is_shipped():
            newest = cls.shipped.all()[-1:]
            return newest and all(cls.shipped.position(newest[0], of) == all_of_it
                                  for of in ("sequence", "rows", "ids", "views"))
        until(is_shipped, "a checkpoint of everything")

    def begun(self, name, **given):
        """A node that has joined and folded all there is."""
        node = self.node(name, **given).start()
        until(lambda: folded(node) == folded(self.first), "the views")
        self.assertEqual(views(node), views(self.first))
        return node

    def test_1_reads_only_what_came_after_the_checkpoint(self):
        sell(self.first, CAMPAIGNS[0], TAIL, seed=2)
        with_it, without = self.begun("with"), self.begun("without", checkpoints=False)
        self.assertIn("begins with a checkpoint of", with_it.said())
        few, all_of_it = received(with_it), received(without)
        print(f"outcomes received: {few:.0f} with a checkpoint, {all_of_it:.0f} without, "
              f"of {folded(self.first):.0f}", flush=True)
        self.assertGreaterEqual(all_of_it, folded(self.first))
        self.assertLess(few, folded(self.first) / 10)
        self.assertEqual(without.stop(), 0)
        self.is_an_owner_like_the_one_before(with_it)

    def is_an_owner_like_the_one_before(self, node):
        """Rows and ids came with the checkpoint: it decides as the first would have."""
        path = f"redemptions/{CAMPAIGNS[1]}"
        wish = {"claimant": "late"}
        told = self.first.send(f"{path}/redeem", "late", wish)
        sold_out = self.first.get(f"/v1/{path}")[1]["remaining"] == 0
        self.assertEqual(told[0], 409 if sold_out else 200)
        self.assertEqual(self.first.stop(), 0)
        self.assertEqual(node.send(f"{path}/redeem", "late", wish), told)
        self.assertEqual(node.send(f"{path}/redeem", "later", wish)[0], 409)
        again = subprocess.run([SPATE, "load", "--server", f"http://127.0.0.1:{node.port}", "--batch", "200",
                                "--campaign", CAMPAIGNS[0], "--count", str(TAIL), "--seed", "2",
                                "--stock", str(TAIL // 2), "--claimants", str(TAIL)],
                               capture_output=True, text=True)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.first.start()
        until(lambda: folded(node) == folded(self.first), "the views")
        self.assertEqual(node.stop(), 0)

    def test_2_passes_over_what_does_not_fit(self):
        until(lambda: len(self.shipped.all()) >= 2, "two checkpoints")
        sell(self.first, CAMPAIGNS[2], TAIL, seed=3)
        self.await_shipped()
        self.assertEqual(self.first.stop(), 0)
        self.ship_nothing()  # while this is looked into
        older, newest = self.shipped.all()[-2:]
        self.shipped.rewrite(newest, lambda text: re.sub(
            r"(partition redemptions \d+ 0 offset \d+) \d+", r"\1 99999999", text))
        self.first.start()
        node = self.begun("ahead")
        self.assertRegex(node.said(), f"{newest.name}.*is not used: it is ahead of the log: offset 99999999")
        self.assertIn("begins with a checkpoint of", node.said(), "the one before fits")
        self.assertEqual(node.stop(), 0)

        self.shipped.rewrite(newest, lambda text: re.sub(r"\nlog (\d+) (\d+) \d+", r"\nlog \1 \2 9", text))
        rotten = self.shipped.file(older, "ids/redemptions-")  # the fetch removes it
        rotten.write_bytes(rotten.read_bytes()[:-1] + b"!")
        node = self.begun("rotten")
        self.assertRegex(node.said(), f"{newest.name}.*is not used: it is of another log")
        self.assertRegex(node.said(), f"{older.name}.*is not used: ids/redemptions-.* fails its hash")
        self.assertEqual(node.stop(), 0)

    def test_3_is_killed_while_it_ships_and_while_it_fetches(self):
        chance = random.Random(4)
        for n in range(KILLS):
            sell(self.first, CAMPAIGNS[3], TAIL, seed=10 + n)
            time.sleep(chance.random() * 2)
            self.first.kill()
            self.first.start()
        self.await_shipped()
        for n in range(KILLS):
            node = self.node("killed")
            node.begin()
            time.sleep(chance.random() * 0.6)
            node.kill()
        node = self.begun("killed")
        self.assertEqual(node.stop(), 0)
        self.assertEqual(list(pathlib.Path(node.data).glob("fetched*")), [])


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
