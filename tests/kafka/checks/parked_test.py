"""Commands that a node parked are redriven and given up on running nodes, also by the next owner."""
import json
import pathlib
import struct
import unittest

import broker_kit
import kafka_server
import judge_program
from command_coverage import CommandCoverage, command_id
from outcome_record import ACCEPTED, REFUSED
from sale import DOMAIN
from served_case import ServedCase

SECRET = "known to operators and nodes alone"
OUTCOMES = f"spate.{DOMAIN}.outcomes.v1"
CRUMBS_BEGIN, CRUMB = 32, struct.Struct("<QQQQQQ")  # id, is deciding, id it died of, deaths: suspects.cpp


def id_of(stream, key):
    return command_id(b"", DOMAIN.encode(), stream.encode(), key.encode())


class Parked(ServedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kafka_server.apply_topics(cls.cluster.bootstrap())

    def node(self, name):
        return super().node(name, {"SPATE_KAFKA_CONTROL_SECRET": SECRET})

    def dies_of(self, node, stream, key):
        """The stopped node's breadcrumbs say from now on that it died of this command, twice."""
        path, id_ = pathlib.Path(node.data) / "breadcrumbs", id_of(stream, key)
        crumbs = bytearray(path.read_bytes())
        for at in range(CRUMBS_BEGIN, len(crumbs), CRUMB.size):
            crumbs[at:at + CRUMB.size] = CRUMB.pack(0, 0, 0, id_ >> 64, id_ & (1 << 64) - 1, 2)
        path.write_bytes(crumbs)

    def redeem(self, node, stream, key):
        status, body = node.send(f"{DOMAIN}/{stream}/redeem", key, {"claimant": key})
        answer = json.loads(body)
        return status, answer.get("outcome", answer.get("code"))

    def became(self, node, stream, key):
        status, answer = node.get(f"/v1/{DOMAIN}/{stream}/commands?key={key}")
        self.assertIn(status, (200, 202), answer)
        return answer["outcome"]

    def parked(self, what, *arguments, secret=SECRET):
        environment = {"SPATE_KAFKA_CONTROL_SECRET": secret} if secret else {}
        return broker_kit.run(kafka_server.SPATE, "log", "parked", what, *arguments, "--kafka",
                              self.cluster.bootstrap(), env=broker_kit.environment(environment))

    def listed(self):
        code, said, errors = self.parked("list")
        self.assertEqual(code, 0, errors)
        return [(one["stream"], one["command_id"]) for one in json.loads(said)]

    def test_redrive_and_discard(self):
        sick = self.node("sick")
        for stream in ("bad", "lost", "good"):
            self.assertEqual(sick.send(f"{DOMAIN}/{stream}/open", "open", {"stock": 1})[0], 200)
        told = {id_of(stream, "open"): ACCEPTED for stream in ("bad", "lost", "good")}
        for stream in ("bad", "lost"):
            self.assertEqual(sick.stop(), 0)
            self.dies_of(sick, stream, "first")
            sick.start()
            self.assertEqual(self.redeem(sick, stream, "first"), (202, "parked"))
            self.assertEqual(self.redeem(sick, stream, "second"), (202, "parked"), "it waits behind the first")
        self.assertEqual(self.redeem(sick, "good", "first"), (200, "accepted"), "others flow")
        told[id_of("good", "first")] = ACCEPTED
        waiting = [(stream, f"{id_of(stream, key):032x}") for stream in ("bad", "lost") for key in ("first", "second")]
        self.assertEqual(sorted(self.listed()), sorted(waiting))

        # Whoever does not know the secret is told so, and nothing moves.
        self.assertEqual(self.parked("redrive", DOMAIN, "bad", secret=None)[0], 2)
        code, _, errors = self.parked("redrive", DOMAIN, "bad", secret="a guess that is long enough")
        self.assertEqual(code, 1, errors)
        self.assertIn("refused", errors)
        self.assertEqual(self.parked("redrive", DOMAIN, "good")[0], 1, "nothing is parked there")
        self.assertEqual(sorted(self.listed()), sorted(waiting))

        code, said, errors = self.parked("discard", DOMAIN, "lost")
        self.assertEqual((code, said), (0, "carried out; still parked: 0\n"), errors)
        self.assertEqual(self.redeem(sick, "lost", "third"), (200, "accepted"), "it flows again")
        told |= {id_of("lost", "first"): REFUSED, id_of("lost", "second"): REFUSED, id_of("lost", "third"): ACCEPTED}

        # The repair is another node: what it takes over is parked there as well, and decided there.
        sick.kill()
        well = self.node("well")
        self.assertEqual(self.redeem(well, "bad", "third"), (202, "parked"), "it waits behind the second")
        code, said, errors = self.parked("redrive", DOMAIN, "bad")
        self.assertEqual((code, said), (0, "carried out; still parked: 0\n"), errors)
        self.assertEqual([self.became(well, "bad", key) for key in ("first", "second", "third")],
                         ["accepted", "rejected", "rejected"], "in their order: there was one piece")
        self.assertEqual(self.listed(), [])
        told |= {id_of("bad", "first"): ACCEPTED, id_of("bad", "second"): None, id_of("bad", "third"): None}
        coverage = CommandCoverage(DOMAIN)
        fold = judge_program.judge(OUTCOMES, {"bootstrap.servers": self.cluster.bootstrap()}, coverage=coverage)
        print(dict(fold.counts()), flush=True)
        guessed = fold.decisions.completed() - told.keys()
        self.assertEqual(len(guessed), 1, "the control command with the guessed secret, refused")
        fold.check_answers(told, told.keys() | guessed)
        self.assertFalse(fold.violations, fold.violations.places)


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
