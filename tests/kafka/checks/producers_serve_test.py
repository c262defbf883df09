"""The producer examples against a real server: one outcome a command, and an answer for each at its door."""
import json
import os
import subprocess
import unittest
import urllib.parse

import confluent_kafka
import kafka_server
import producer_examples
from command_coverage import CommandCoverage
from outcome_record import ACCEPTED, REJECTED, hex_of
from sale import DOMAIN
from served_case import ServedCase
import judge_program

CAMPAIGN = "spring+sale-é"
SOURCE = "/shop/web"
COMMANDS, OUTCOMES = f"spate.{DOMAIN}.commands.v1", f"spate.{DOMAIN}.outcomes.v1"


class ProducersAndAServer(ServedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kafka_server.apply_topics(cls.cluster.bootstrap())
        cls.told = {}  # id: outcome

    def setUp(self):
        super().setUp()
        self.running = self.server(environment={"SPATE_KAFKA_INSTANCE": "one"}).start()
        path = urllib.parse.quote(CAMPAIGN, safe="")
        status, body = self.running.send(f"{DOMAIN}/{path}/open", "open", {"stock": 1000, "per_claimant_max": 3})
        self.assertEqual(status, 200, body)
        self.told[int(json.loads(body)["command_id"], 16)] = ACCEPTED

    def send(self, name, key, claimant, quantity, *options):
        """The outcome that the example was told."""
        wanted = {"BOOTSTRAP": self.cluster.bootstrap(), "ID": key,
                  "SPATE": f"http://127.0.0.1:{self.running.port}"}
        done = subprocess.run([*self.commands[name], *options, CAMPAIGN, claimant, str(quantity)],
                              cwd=producer_examples.FOLDER / name, env=os.environ | wanted,
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        answer = json.loads(done.stdout.splitlines()[-1])
        outcome = {"accepted": ACCEPTED, "rejected": REJECTED}[answer["outcome"]]
        id_ = int(answer["command_id"], 16)
        self.assertEqual(self.told.setdefault(id_, outcome), outcome)
        # The same by the id itself, as often as one likes.
        path = f"/v1/{DOMAIN}/{urllib.parse.quote(CAMPAIGN, safe='')}/commands/{hex_of(id_)}"
        self.assertEqual(self.running.get(path)[1]["outcome"], answer["outcome"])
        return answer

    def test_each_command_has_one_outcome(self):
        names = [n for n in ("python", "kcat", "java", "go") if producer_examples.is_here(n)]
        self.commands = {name: producer_examples.command(name) for name in names}
        for name in names:
            first = self.send(name, f"{name}-1", f"{name}-o'neil", 2)
            self.assertEqual(first["outcome"], "accepted")
            self.assertEqual(self.send(name, f"{name}-1", f"{name}-o'neil", 2), first, "sent again")
            second = self.send(name, f"{name}-2", f"{name}-o'neil", 1, "--structured")
            self.assertEqual(second["outcome"], "accepted")
            third = self.send(name, f"{name}-3", f"{name}-o'neil", 1)
            self.assertEqual(third["code"], "claimant_limit")
        # Sent by one, sent again by another: the same command.
        one = self.send(names[0], "shared", "ann", 1)
        for name in names:
            self.assertEqual(self.send(name, "shared", "ann", 1, "--structured"), one)
        self.reckon_topics()

    def test_transactions_of_others(self):
        """What they took back is no command, and their marks hold nobody up."""
        producer = confluent_kafka.Producer({"bootstrap.servers": self.cluster.bootstrap(),
                                             "transactional.id": "shop", "partitioner": "murmur2_random"})
        producer.init_transactions(60)
        for number, commits in enumerate((True, False, True, False)):
            producer.begin_transaction()
            headers = {"ce_id": f"t{number}", "ce_source": SOURCE, "ce_type": f"{DOMAIN}.redeem",
                       "ce_specversion": "1.0", "content-type": "application/json"}
            producer.produce(COMMANDS, json.dumps({"claimant": f"t{number}"}), CAMPAIGN, headers=headers)
            producer.flush(60)
            if commits:
                producer.commit_transaction(60)
            else:
                producer.abort_transaction(60)
        path = f"/v1/{DOMAIN}/{urllib.parse.quote(CAMPAIGN, safe='')}/commands"
        for number, status in enumerate((200, 404, 200, 404)):
            query = urllib.parse.urlencode({"key": f"t{number}", "source": SOURCE})
            answer = self.running.get(f"{path}?{query}")
            self.assertEqual(answer[0], status, answer)
            if status == 200:
                self.told[int(answer[1]["command_id"], 16)] = ACCEPTED
        self.assertEqual(self.running.stop(), 0)
        self.running.start()  # resumes where nothing but marks is left
        query = urllib.parse.urlencode({"key": "never", "source": SOURCE})
        self.assertEqual(self.running.get(f"{path}?{query}")[0], 404)
        self.reckon_topics()

    def reckon_topics(self):
        coverage = CommandCoverage(DOMAIN, sender=SOURCE.encode(), drained=True)
        fold = judge_program.judge(OUTCOMES, {"bootstrap.servers": self.cluster.bootstrap()}, self.told,
                                   coverage=coverage)
        self.assertFalse(fold.violations, fold.violations.places)
        self.assertEqual(self.running.stop(), 0)


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")
