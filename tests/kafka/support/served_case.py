"""What tests of servers over brokers have in common: a cluster, its topics, sales, the reckoning."""
import signal
import tempfile
import time
import unittest

import broker_kit
import kafka_server
from sale import Sale, reckon


class ServedCase(unittest.TestCase):
    """A subclass says how many brokers, and makes the topics in time."""
    brokers = 1
    options = {}  # of broker_kit.brokers

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(broker_kit.brokers(cls.brokers, **cls.options))
        cls.scratch = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.sales, cls.servers = [], []

    def setUp(self):
        begin = time.monotonic()
        self.addCleanup(lambda: print(f"{self._testMethodName}: {time.monotonic() - begin:.1f} s", flush=True))
        self.addCleanup(self.end_servers)

    def end_servers(self):
        for server in self.servers:
            if server.running():
                server.process.send_signal(signal.SIGCONT)
                server.kill()
        self.servers.clear()

    def server(self, listener="PLAINTEXT", **options):
        server = kafka_server.KafkaServer(f"{self.scratch}/data", self.cluster.bootstrap(listener), **options)
        self.servers.append(server)
        return server

    def node(self, name, environment=None):
        """One of several that share the topics, with data of its own; started."""
        node = kafka_server.KafkaServer(f"{self.scratch}/{name}", self.cluster.bootstrap(),
                                        flags=["--cluster-listen", "127.0.0.1:0", "--memory", "256MiB"],
                                        environment={"SPATE_KAFKA_INSTANCE": name, **(environment or {})})
        self.servers.append(node)
        return node.start()

    def sale_on(self, server, **options):
        """Its campaigns are open."""
        sale = Sale(lambda: server, name=self._testMethodName.removeprefix("test_"), **options)
        sale.open_campaigns()
        self.sales.append(sale)
        return sale

    def reckon(self, sale):
        sale.settle()
        sale.check_views()
        counts = reckon(self.sales, {"bootstrap.servers": self.cluster.bootstrap()})
        print(f"{self._testMethodName}: {len(sale.answers)} answered, met {dict(sale.met)}; "
              f"all so far {dict(counts)}", flush=True)
