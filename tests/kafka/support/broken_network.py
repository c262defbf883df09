"""A network between clients and brokers that can be cut: proxies on the ports that brokers advertise.

What is cut is not refused: bytes stay on their way, as on a wire, and arrive after the network is
mended, late and all the same.
"""
import asyncio
import contextlib
import threading

TO_BROKER, FROM_BROKER = "to the broker", "from the broker"
BOTH = (TO_BROKER, FROM_BROKER)
CHUNK_BYTES = 65536


class Network:
    """Proxies of all brokers of a cluster made with proxied=True, while the block is entered."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.loop = asyncio.new_event_loop()
        self.gates = {}  # (node, direction): an event, set while bytes may pass
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def cut(self, nodes=None, directions=BOTH):
        self._set(nodes, directions, False)

    def mend(self):
        self._set(None, BOTH, True)

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def _set(self, nodes, directions, passes):
        async def act():
            for node in nodes or self.cluster.nodes:
                for direction in directions:
                    gate = self.gates[node, direction]
                    gate.set() if passes else gate.clear()
        self._do(act())

    async def _listen(self):
        for node in self.cluster.nodes:
            for direction in BOTH:
                self.gates[node, direction] = asyncio.Event()
                self.gates[node, direction].set()
            await asyncio.start_server(lambda reader, writer, node=node: self._relay(node, reader, writer),
                                       "127.0.0.1", self.cluster.port(node, "PROXIED"))

    async def _relay(self, node, reader, writer):
        # A connection that is made while the network is cut hangs: nobody answers, nobody refuses.
        for direction in BOTH:
            await self.gates[node, direction].wait()
        try:
            ours = await asyncio.open_connection("127.0.0.1", self.cluster.port(node, "BEHIND_PROXY"))
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pump(self.gates[node, TO_BROKER], reader, ours[1]),
                             self._pump(self.gates[node, FROM_BROKER], ours[0], writer))

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
