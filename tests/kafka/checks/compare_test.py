"""The comparison with Kafka Streams runs, and its judge sees what is missing and what differs."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

import broker_kit

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "bench/kafka"))
import contenders  # noqa: E402
import rounds  # noqa: E402

COUNT = 20_000
CORES = os.sched_getaffinity(0)


def setUpModule():
    contenders.make_streams()


class Compare(unittest.TestCase):
    def test_both_decide_every_command_once_and_alike(self):
        figures = rounds.throughput(0, CORES, COUNT, [])
        self.assertEqual(figures["judge"]["exit"], 0)
        self.assertEqual(figures["judge"]["ids_decided_once"], rounds.expected_outcomes(COUNT))
        self.assertGreater(figures["judge"]["accepted"], 0)

    def test_outcomes_are_waited_for_one_by_one(self):
        with tempfile.TemporaryDirectory() as folder, broker_kit.brokers() as cluster:
            here = rounds.Place(cluster, folder, CORES)
            rounds.flow("fill", here.bootstrap, count=64, repeats=0)
            here.spate.start().await_count(64)
            paced = rounds.flow("pace", here.bootstrap, outcomes=here.spate.outcomes, of="spate",
                                rate=200, seconds=2, **{"from": 64})
            self.assertEqual((paced["exit"], paced["missing"]), (0, 0), json.dumps(paced))
            here.spate.stop()
            self.assert_judged(here, 464, stock=1_000_000_000, ends=0)
            self.assert_judged(here, 465, stock=1_000_000_000, ends=1)  # one was never sent
            self.assert_judged(here, 463, stock=1_000_000_000, ends=1)  # one more than there should be
            self.assert_judged(here, 464, stock=999_999_999, ends=1)    # a piece is missing

    def assert_judged(self, here, count, stock, ends):
        code, said, errors = broker_kit.run(
            str(contenders.BUILD / "kafka_flow"), "judge", "--kafka", here.bootstrap, "--count", str(count),
            "--stock", str(stock), "--repeats", "0", "--spate", here.spate.outcomes)
        self.assertEqual(code, ends, said + errors)


if __name__ == "__main__":
    unittest.main()
