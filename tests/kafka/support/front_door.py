"""What a load balancer does: asks every node whether it is ready, and sends requests only to those that are."""
import random
import threading

ASKED_EVERY_S = 0.05


class FrontDoor:
    """`pick` is a sale's server; asks while the block is entered."""

    def __init__(self, nodes):
        self.nodes, self.ready = nodes, list(nodes)
        self.leaving = threading.Event()
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.leaving.set()
        self.thread.join()

    def pick(self):
        ready = self.ready
        assert ready, "no node is ready"
        return random.choice(ready)

    def _ask(self):
        while not self.leaving.wait(ASKED_EVERY_S):
            self.ready = [node for node in self.nodes if node.asked("/readyz")[0] == 200]
