"""What can happen to nodes, brokers and the network between them. Each is a context: done, then undone."""
import contextlib
import json
import signal
import time

import broker_kit
import confluent_kafka
import judge_program
import outcome_record
import small_disks
from broken_network import BOTH, FROM_BROKER, TO_BROKER
from command_coverage import command_id
from kafka_server import KafkaServer
from outcome_record import ACCEPTED, OWNERSHIP, Outcome
from sale import DOMAIN

COMMANDS, OUTCOMES = f"spate.{DOMAIN}.commands.v1", f"spate.{DOMAIN}.outcomes.v1"
SHOP = "/shop/soak"  # the sender of the commands that another system writes
LONGEST_S = 11  # around every time-out: the session of the group, requests, sockets, replicas
EXIT_OK, EXIT_STOPPED = 0, 5
FULL_DISK_PATIENCE_S = 60
READY_PATIENCE_S = 120


def new_nodes(cluster, scratch, count=3):
    """Each behind a network of its own, with a name that the group remembers."""
    return [KafkaServer(f"{scratch}/node-{n}", cluster.bootstrap(f"PROXIED_{n}"),
                        flags=["--cluster-listen", "127.0.0.1:0", "--memory", "256MiB"],
                        environment={"SPATE_KAFKA_INSTANCE": f"node-{n}"})
            for n in range(1, count + 1)]


class Hurts:
    """Three brokers, nodes of `new_nodes`; `dice` decides who is hit, and for how long.

    `told`: {command id: outcome} of the commands that another system committed; `claimed`: what they
    are about, {campaign: claimants}.
    """

    def __init__(self, cluster, network, nodes, dice, campaigns):
        self.cluster, self.network, self.nodes, self.dice = cluster, network, nodes, dice
        self.campaigns, self.told, self.transactions = campaigns, {}, 0
        self.claimed = {campaign: set() for campaign in campaigns}
        self.kinds = {
            "nodes": [self.node_killed, self.nodes_all_killed, self.node_ended, self.nodes_all_ended,
                      self.node_sleeps, self.node_has_a_double],
            "brokers": [self.broker_killed, self.broker_hangs, self.brokers_killed, self.too_few_in_sync,
                        self.disk_full, self.rival_claims, self.foreign_transaction],
            "network": [self.network_cut]}

    def all(self):
        return [hurt for hurts in self.kinds.values() for hurt in hurts]

    def some(self):
        """One, or two of different kinds at a time."""
        kinds = self.dice.sample(sorted(self.kinds), 1 if self.dice.random() < 0.6 else 2)
        return [self.dice.choice(self.kinds[kind]) for kind in kinds]

    @contextlib.contextmanager
    def done(self, hurts, longest_s=LONGEST_S):
        """One after another, each for a while; undone in the other order; then every node is ready."""
        with contextlib.ExitStack() as undo:
            for hurt in hurts:
                undo.enter_context(hurt())
                time.sleep(self.dice.uniform(0.1, longest_s))
            yield
        self.await_nodes()

    def await_nodes(self):
        deadline = time.monotonic() + READY_PATIENCE_S
        for node in self.nodes:
            while not node.is_ready():
                assert node.running(), f"{node.data} ended with {node.process.returncode}: {node.said()[-2000:]}"
                assert time.monotonic() < deadline, (
                    f"{node.data} says {node.asked('/readyz')}, and said {node.said()[-2000:]}")
                time.sleep(0.05)

    def node(self):
        return self.dice.choice(self.nodes)

    # --- nodes

    @contextlib.contextmanager
    def node_killed(self):
        node = self.node()
        node.kill()
        yield
        node.begin()

    @contextlib.contextmanager
    def nodes_all_killed(self):
        for node in self.nodes:
            node.kill()
        yield
        for node in self.nodes:
            node.begin()

    @contextlib.contextmanager
    def node_ended(self):
        with self._ended([self.node()]):
            yield

    @contextlib.contextmanager
    def nodes_all_ended(self):
        with self._ended(self.nodes):
            yield

    @contextlib.contextmanager
    def _ended(self, nodes):
        for node in nodes:
            node.process.terminate()
        yield
        for node in nodes:
            code = node.process.wait(120)  # its watchdog may have had to, while brokers were away
            assert code in (EXIT_OK, EXIT_STOPPED), f"{node.data} ended with {code}: {node.said()[-2000:]}"
            node.begin()

    @contextlib.contextmanager
    def node_sleeps(self):
        process = self.node().process
        process.send_signal(signal.SIGSTOP)
        yield
        process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def node_has_a_double(self):
        """Another process with its name: the group believes the new one, each believes itself."""
        node = self.node()
        double = KafkaServer(f"{node.data}-double", node.flags[1], flags=node.flags[2:-1],
                             environment=node.environment)
        double.begin()
        yield
        double.kill()
        if not node.running():
            assert node.process.returncode == EXIT_STOPPED, node.said()[-2000:]
            assert "another process runs with the same kafka.instance" in node.said(node.said_before)
            node.begin()

    # --- brokers

    @contextlib.contextmanager
    def _killed(self, brokers):
        for broker in brokers:
            self.cluster.kill(broker)
        yield
        self.cluster.start(brokers)

    def broker_killed(self):
        return self._killed([self.dice.choice(self.cluster.nodes)])

    def brokers_killed(self):
        return self._killed(self.dice.sample(list(self.cluster.nodes), self.dice.choice((2, 3))))

    @contextlib.contextmanager
    def broker_hangs(self):
        brokers = self.dice.sample(list(self.cluster.nodes), self.dice.choice((1, 2)))
        for broker in brokers:
            self.cluster.stop(broker)
        yield
        for broker in brokers:
            self.cluster.cont(broker)

    @contextlib.contextmanager
    def too_few_in_sync(self):
        """The brokers refuse what is written, and can still be read."""
        for topic in (COMMANDS, OUTCOMES):
            broker_kit.alter_topic(self.cluster.bootstrap(), topic, "min.insync.replicas", "3")
        with self.broker_killed():
            yield
        for topic in (COMMANDS, OUTCOMES):
            broker_kit.alter_topic(self.cluster.bootstrap(), topic, "min.insync.replicas", "2")

    @contextlib.contextmanager
    def disk_full(self):
        """Kafka's own way: a broker whose only disk fails ends."""
        brokers = self.dice.sample(list(self.cluster.nodes), self.dice.choice((1, 1, 2, 3)))
        for broker in brokers:
            small_disks.fill(self.cluster.disk(broker))
        yield
        deadline = time.monotonic() + FULL_DISK_PATIENCE_S
        while any(map(self.cluster.pid, brokers)) and time.monotonic() < deadline:
            time.sleep(0.05)  # nothing was written to it yet; or it lives on, read only
        for broker in brokers:
            small_disks.free(self.cluster.disk(broker))
            self.cluster.kill(broker)
        self.cluster.start(brokers)

    @contextlib.contextmanager
    def rival_claims(self):
        """As another node would that took all of them for dead, and died at once itself."""
        for fold in judge_program.judge(OUTCOMES, {"bootstrap.servers": self.cluster.bootstrap()}).partitions:
            nonce = self.dice.randrange(1 << 62) << 64 | fold.partition
            claim = Outcome(OWNERSHIP, epoch=fold.epoch + 1, nonce=nonce, address="rival:1")
            broker_kit.produce(self.cluster.bootstrap(), OUTCOMES, fold.partition,
                               [(b"", outcome_record.write(claim))])
        yield

    @contextlib.contextmanager
    def foreign_transaction(self):
        """Another system's, that stays open for a while; then it commits, aborts, or dies with it."""
        self.transactions += 1
        shop = confluent_kafka.Producer({"bootstrap.servers": self.cluster.bootstrap(), "transactional.id": "shop",
                                         "partitioner": "murmur2_random", "transaction.timeout.ms": 15000,
                                         "log_level": 3})
        shop.init_transactions(60)
        shop.begin_transaction()
        ids, number = {}, self.transactions
        for campaign in self.campaigns:
            key = f"shop-{number}"
            headers = {"ce_id": key, "ce_source": SHOP, "ce_type": f"{DOMAIN}.redeem", "ce_specversion": "1.0",
                       "content-type": "application/json"}
            shop.produce(COMMANDS, json.dumps({"claimant": key}), campaign, headers=headers)
            ids[command_id(SHOP.encode(), DOMAIN.encode(), campaign.encode(), key.encode())] = ACCEPTED
        shop.flush(60)
        yield
        end = self.dice.choice(("commits", "aborts", "dies"))
        if end == "dies":
            return
        try:
            (shop.commit_transaction if end == "commits" else shop.abort_transaction)(60)
        except confluent_kafka.KafkaException as e:
            if e.args[0].code() != confluent_kafka.KafkaError._FENCED:
                raise
            return  # the other hurts outlasted its time-out: the brokers have aborted it
        if end == "commits":
            self.told |= ids
            for claimants in self.claimed.values():
                claimants.add(f"shop-{number}")

    # --- between them

    @contextlib.contextmanager
    def network_cut(self):
        """What was sent arrives after it is mended: late, when another may own what it speaks of."""
        networks = self.dice.choice((None, [1], [2], [3]))
        brokers = self.dice.choice((None, None, [1], [2], [3]))
        self.network.cut(brokers, self.dice.choice((BOTH, [TO_BROKER], [FROM_BROKER])), networks)
        yield
        self.network.mend()
