"""The program behind tests/kafka/soak: hurts at random under a load that never ends, judged again and again."""
import argparse
import pathlib
import random
import shutil
import sys
import time

import broker_kit
import java_runtime
import kafka_server
from broken_network import Network
from hurts import SHOP, Hurts, new_nodes
from sale import Sale, reckon

ANSWERS_A_ROUND = 200
JUDGED_EVERY = 5
DISK_MIB = 640  # of each broker: enough for an hour at this load


class Soak:
    def __init__(self, options, cluster, network, scratch):
        self.options, self.cluster = options, cluster
        dice = random.Random(options.seed)
        self.nodes = new_nodes(cluster, scratch)
        self.sale = Sale(lambda: random.choice(self.nodes), name="soak", seed=options.seed,
                         pause_s=0.05, batch_lines=8)
        self.hurts = Hurts(cluster, network, self.nodes, dice, self.sale.campaigns)

    def run(self):
        for node in self.nodes:
            node.start()
        self.sale.open_campaigns()
        self.sale.begin()
        for number in range(1, self.options.rounds + 1):
            self.round(number)
            if number % JUDGED_EVERY == 0 or number == self.options.rounds:
                self.judge()
        for node in self.nodes:
            code = node.stop(120)
            assert code == 0, f"{node.data} ended with {code}"

    def round(self, number):
        hurts = self.hurts.some()
        self.say(f"{number}: {', '.join(hurt.__name__ for hurt in hurts)}")
        self.sale.await_answers(ANSWERS_A_ROUND)
        with self.hurts.done(hurts):
            pass
        ready = time.monotonic()
        # Every wish, whatever its partition: so all of them go on again.
        self.sale.settle()
        self.say(f"   all that was in doubt is answered {time.monotonic() - ready:.1f} s after all were ready")
        self.sale.begin()

    def judge(self):
        self.sale.settle()
        self.sale.check_views(self.hurts.claimed, self.nodes)
        counts = reckon([self.sale], {"bootstrap.servers": self.cluster.bootstrap()}, self.hurts.told, sender=SHOP)
        self.say(f"   good: {len(self.sale.answers)} answered, met {dict(self.sale.met)}; {dict(counts)}")
        self.sale.begin()

    @staticmethod
    def say(text):
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def end(self):
        self.sale.stopping.set()
        for node in self.nodes:
            if node.running():
                node.kill()


def main():
    parser = argparse.ArgumentParser(prog="tests/kafka/soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    scratch = java_runtime.ROOT / f"build/kafka/soak-{options.seed}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    folder = None
    try:
        with broker_kit.brokers(3, keep_broken=True, networks=3, disk_mib=DISK_MIB) as cluster, \
                Network(cluster) as network:
            folder = cluster.folder
            kafka_server.apply_topics(cluster.bootstrap(), kafka_server.replicated_topics(scratch))
            soak = Soak(options, cluster, network, scratch)
            try:
                soak.run()
            finally:
                soak.end()
    except BaseException as e:
        print(f"seed {options.seed}: {e!r}\nKept: {scratch} (nodes and what they said), {folder} (brokers; "
              f"`tests/kafka/broker up --dir {folder}` shows their topics again)", file=sys.stderr)
        raise
    shutil.rmtree(scratch)
    print(f"seed {options.seed}: {options.rounds} rounds, every promise kept")


main()
