"""The program behind tests/kafka/soak: one hurt a round, under load that never ends."""
import argparse
import random
import signal
import tempfile
import time

import broker_kit
import kafka_server
from broken_network import BOTH, FROM_BROKER, TO_BROKER, Network
from sale import Sale, reckon

ANSWERS_A_ROUND = 300
JUDGED_EVERY = 10


class Soak:
    def __init__(self, cluster, network, server, dice):
        self.cluster, self.network, self.server, self.dice = cluster, network, server, dice

    def hurt(self):
        """Does one thing, undoes it; what it was."""
        return self.dice.choice([self.kill_server, self.end_server, self.server_sleeps, self.kill_broker,
                                 self.broker_hangs, self.cut])()

    def a_while(self):
        time.sleep(self.dice.uniform(0.1, 9))  # around every time-out of the group and the requests

    def kill_server(self):
        self.server.kill()
        self.server.start()
        return "the server was killed"

    def end_server(self):
        code = self.server.stop(120)
        assert code == 0, f"the server ended with {code}"
        self.server.start()
        return "the server was ended"

    def server_sleeps(self):
        self.server.process.send_signal(signal.SIGSTOP)
        self.a_while()
        self.server.process.send_signal(signal.SIGCONT)
        return "the server slept"

    def kill_broker(self):
        node = self.dice.choice(self.cluster.nodes)
        self.cluster.kill(node)
        self.a_while()
        self.cluster.start([node])
        return f"broker {node} was killed"

    def broker_hangs(self):
        nodes = self.dice.sample(list(self.cluster.nodes), self.dice.choice((1, 2)))
        for node in nodes:
            self.cluster.stop(node)
        self.a_while()
        for node in nodes:
            self.cluster.cont(node)
        return f"brokers {nodes} hung"

    def cut(self):
        nodes = self.dice.choice([None, [1], [2], [3]])
        directions = self.dice.choice([BOTH, [TO_BROKER], [FROM_BROKER]])
        self.network.cut(nodes, directions)
        self.a_while()
        self.network.mend()
        return f"brokers {nodes or 'all'} were cut off, {', '.join(directions)}"


def run(options, cluster, network, scratch):
    kafka_server.apply_topics(cluster.bootstrap(), kafka_server.replicated_topics(scratch))
    server = kafka_server.KafkaServer(f"{scratch}/data", cluster.bootstrap("PROXIED"),
                                      environment={"SPATE_KAFKA_INSTANCE": "one"}).start()
    soak = Soak(cluster, network, server, random.Random(options.seed))
    sale = Sale(lambda: server, name="soak", seed=options.seed)
    try:
        sale.open_campaigns()
        sale.begin()
        for number in range(1, options.rounds + 1):
            sale.await_answers(ANSWERS_A_ROUND)
            what = soak.hurt()
            waited = sale.await_answers(1)
            print(f"{number}: {what}; the next answer after {waited:.1f} s", flush=True)
            if number % JUDGED_EVERY and number != options.rounds:
                continue
            sale.settle()
            sale.check_views()
            counts = reckon([sale], {"bootstrap.servers": cluster.bootstrap()})
            print(f"good: {len(sale.answers)} answered, met {dict(sale.met)}; {dict(counts)}", flush=True)
            sale.begin()
        sale.end()
    finally:
        if server.running():
            server.process.send_signal(signal.SIGCONT)
            server.kill()


def main():
    parser = argparse.ArgumentParser(prog="tests/kafka/soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with broker_kit.brokers(3, proxied=True) as cluster, Network(cluster) as network, \
            tempfile.TemporaryDirectory() as scratch:
        run(options, cluster, network, scratch)


main()
