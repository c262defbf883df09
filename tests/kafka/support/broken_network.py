"""Networks between clients and brokers that can be cut: proxies on the ports that brokers advertise.

A cluster made with networks=2 has two: a client is in the one whose listener it was given, PROXIED_1
or PROXIED_2. What is cut is not refused: bytes stay on their way, as on a wire, and arrive after the network is
mended, late and all the same.
"""
import asyncio
import contextlib
import functools
import itertools
import threading

TO_BROKER, FROM_BROKER = "to the broker", "from the broker"
BOTH = (TO_BROKER, FROM_BROKER)
CHUNK_BYTES = 65536


class Network:
    """Proxies of all brokers of a cluster made with `networks`, while the block is entered."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.loop = asyncio.new_event_loop()
        self.networks = range(1, cluster.facts["networks"] + 1)
        self.gates = {}  # (network, broker, direction): an event, set while bytes may pass
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_):
        self._do(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    @staticmethod
    async def _end():
        relays = asyncio.all_tasks() - {asyncio.current_task()}
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)

    def cut(self, brokers=None, directions=BOTH, networks=None):
        """Nothing passes between these brokers and the clients of these networks (None: all)."""
        self._set(brokers, directions, networks, False)

    def mend(self):
        self._set(None, BOTH, None, True)

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def _set(self, brokers, directions, networks, passes):
        async def act():
            for key in itertools.product(networks or self.networks, brokers or self.cluster.nodes, directions):
                gate = self.gates[key]
                gate.set() if passes else gate.clear()
        self._do(act())

    async def _listen(self):
        for network, broker in itertools.product(self.networks, self.cluster.nodes):
            for direction in BOTH:
                self.gates[network, broker, direction] = asyncio.Event()
                self.gates[network, broker, direction].set()
            await asyncio.start_server(functools.partial(self._relay, network, broker), "127.0.0.1",
                                       self.cluster.port(broker, f"PROXIED_{network}"))

    async def _relay(self, network, broker, reader, writer):
        to_broker, from_broker = (self.gates[network, broker, direction] for direction in BOTH)
        # A connection that is made while the network is cut hangs: nobody answers, nobody refuses.
        await to_broker.wait()
        await from_broker.wait()
        try:
            ours = await asyncio.open_connection("127.0.0.1", self.cluster.port(broker, f"BEHIND_PROXY_{network}"))
        except OSError:
            writer.close()
            return
        with contextlib.suppress(asyncio.CancelledError):  # the network ends
            await asyncio.gather(self._pump(to_broker, reader, ours[1]),
                                 self._pump(from_broker, ours[0], writer))

    @staticmethod
    async def _pump(gate, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await gate.wait()
                writer.write(data)
                await writer.drain()
        await gate.wait()  # an end is on its way as everything else
        with contextlib.suppress(OSError):
            writer.close()
