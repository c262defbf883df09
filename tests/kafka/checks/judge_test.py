"""The judge over a real topic: its verdict and exit code for good and bad logs, answers and faults."""
import json
import tempfile
import unittest

import broker_kit
import outcome_record
from command_coverage import command_id
from history import STREAM, History

PARTITIONS = 8
HOME = 3  # the partition of History's stream among eight


class JudgeOverABroker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(broker_kit.brokers())
        cls.bootstrap = cls.cluster.bootstrap()
        cls.number = 0

    def topic_with(self, history, partition=HOME):
        type(self).number += 1
        domain = f"judged{self.number}"
        broker_kit.create_domain_topics(self.bootstrap, domain, PARTITIONS)
        broker_kit.produce(self.bootstrap, f"spate.{domain}.outcomes.v1", partition, history.records)
        return domain

    def judge(self, domain, *options):
        code, said, errors = broker_kit.run("tests/kafka/judge", domain, "--bootstrap", self.bootstrap,
                                            "--json", *options)
        return code, json.loads(said) if said else errors

    def ids(self, ids):
        file = tempfile.NamedTemporaryFile("w", suffix=".ids")
        self.addCleanup(file.close)
        file.writelines(outcome_record.hex_of(id_) + " accepted\n" for id_ in ids)
        file.flush()
        return file.name

    def test_a_good_log_with_a_takeover(self):
        history = History()
        first = history.owner(1).writes(3000)
        second = history.owner(2, after=first)
        first.writes(10)
        second.writes(3000)
        domain = self.topic_with(history)
        code, facts = self.judge(domain, "--acknowledged", self.ids(range(1, 6001)))
        self.assertEqual((code, facts["verdict"]), (0, "good"), facts)
        self.assertEqual((facts["valid"], facts["stragglers"], facts["decided"]), (6000, 10, 6000))
        code, facts = self.judge(domain, "--acknowledged", self.ids(range(1, 6002)))
        self.assertEqual((code, facts["violations"]), (1, {"acknowledged but not in the log": 1}))

    def test_a_log_with_one_id_twice(self):
        history = History()
        history.owner(1).writes(20).writes(id=7)
        code, facts = self.judge(self.topic_with(history))
        self.assertEqual((code, facts["violations"]), (1, {"a command id decided twice": 1}))

    def test_a_stream_in_the_partition_of_another(self):
        history = History()
        history.owner(1).writes(2)
        code, facts = self.judge(self.topic_with(history, HOME + 1))
        self.assertEqual((code, facts["violations"]), (1, {"a stream in the wrong partition": 2}))

    def test_commands_that_were_skipped(self):
        history = History()
        owner = history.owner(1).writes(id=command_id(b"", b"judged", STREAM, b"a"))
        owner.writes(cause=4, id=command_id(b"", b"judged", STREAM, b"c"))  # 2: again a, 3: b, skipped
        broker_kit.create_domain_topics(self.bootstrap, "judged", PARTITIONS)
        broker_kit.produce(self.bootstrap, "spate.judged.outcomes.v1", HOME, history.records)
        for name in (b"a", b"a", b"b", b"c", b"d"):
            broker_kit.produce(self.bootstrap, "spate.judged.commands.v1", HOME, [(STREAM, b"{}")],
                               headers={"ce_id": name, "content-type": "application/json"})
        code, facts = self.judge("judged")
        self.assertEqual(code, 0, facts)
        code, facts = self.judge("judged", "--commands")
        self.assertEqual((code, facts["violations"]), (1, {"a command without an outcome": 1}))
        self.assertEqual((facts["duplicates"], facts["undecided"]), (1, 1))
        code, facts = self.judge("judged", "--commands", "--drained")
        self.assertEqual((code, facts["violations"]), (1, {"a command without an outcome": 2}))

    def test_a_topic_that_is_not_there(self):
        code, errors = self.judge("nowhere")
        self.assertEqual(code, 2)
        self.assertIn("spate.nowhere.outcomes.v1", errors)


if __name__ == "__main__":
    unittest.main()
