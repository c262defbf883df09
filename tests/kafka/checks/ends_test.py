"""All nodes end at once: none waits for another to take over, and the next start finds everything."""
import os
import tempfile
import unittest

import broker_kit
import kafka_server
from kafka_server import KafkaServer

NODES = int(os.environ.get("SPATE_NODES", "2"))


class AllAtOnce(unittest.TestCase):
    def test_nobody_waits_for_nobody(self):
        with broker_kit.brokers(1) as cluster, tempfile.TemporaryDirectory() as scratch:
            kafka_server.apply_topics(cluster.bootstrap())
            nodes = [KafkaServer(f"{scratch}/node-{n}", cluster.bootstrap(),
                                 flags=["--cluster-listen", "127.0.0.1:0", "--memory", "256MiB"])
                     for n in range(NODES)]
            try:
                for node in nodes:
                    node.start()
                self.assertEqual(nodes[0].send("redemptions/c/open", "open", {"stock": 1})[0], 200)
                for node in nodes:
                    node.process.terminate()
                for node in nodes:
                    self.assertEqual(node.process.wait(timeout=60), 0, node.said()[-2000:])
                    self.assertIn('"nobody_left":1', node.said())
                nodes[1].start()
                self.assertEqual(nodes[1].send("redemptions/c/redeem", "r", {"claimant": "ann"})[0], 200)
                self.assertEqual(nodes[1].stop(), 0)
            finally:
                for node in nodes:
                    if node.running():
                        node.kill()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
