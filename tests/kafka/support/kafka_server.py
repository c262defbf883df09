"""`spate serve --kafka` as seen from outside, on top of the kit of all scripts."""
import http.client
import os
import pathlib
import sys
import time

import broker_kit

ARGUMENTS = sys.argv[1:]
sys.argv[1:] = [str(broker_kit.ROOT / "build/release")]  # the kit reads its build directory from there
sys.path.insert(0, str(broker_kit.ROOT / "tests/support"))
import server_kit  # noqa: E402

sys.argv[1:] = ARGUMENTS
SPATE = str(broker_kit.ROOT / "build/release/spate")
PATIENCE_S = 120


class KafkaServer(server_kit.Server):
    """`properties` are librdkafka's, for all clients of the server."""

    def __init__(self, data, bootstrap, properties=None, flags=(), environment=None, port=None):
        wanted = {"SPATE_KAFKA_COMMON_" + name.upper().replace(".", "_"): value
                  for name, value in (properties or {}).items()}
        super().__init__(data, ["--kafka", bootstrap, *flags], wanted | (environment or {}))
        self.port = port


    def start(self):
        self.begin()
        code = self.await_ready(PATIENCE_S)
        assert code is None, f"the server ended with {code}; it said:\n{self.said()[-3000:]}"
        return self

    def asked(self, path):
        """(status, text); (0, why) when nobody answers."""
        try:
            status, body = self.request("GET", path)
            return status, body.decode()
        except (OSError, http.client.HTTPException) as e:
            return 0, repr(e)

    def await_answer(self, path, status, part=""):
        """Until GET `path` answers so; its text."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self.asked(path)
            if answer[0] == status and part in answer[1]:
                return answer[1]
            assert time.monotonic() < deadline and self.process.poll() is None, (
                f"{path} answers {answer}, waited for {status} {part!r}; it said:\n{self.said()[-2000:]}")
            time.sleep(0.02)


def free_port():
    import processes
    return processes.free_base([0], lambda base: True)


def kill_running(nodes):
    """What is left of them when a test ends."""
    for node in nodes:
        if node.running():
            node.kill()


def apply_topics(bootstrap, topics=None, environment=None):
    """`spate topics apply`, tried again while a new cluster has no leaders yet."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        code, said, errors = broker_kit.run(SPATE, "topics", "apply", "--kafka", bootstrap,
                                            *(["--topics", topics] if topics else []),
                                            env=os.environ | (environment or {}))
        if code == 0:
            return said
        assert time.monotonic() < deadline, said + errors
        time.sleep(0.2)


def replicated_topics(folder):
    """topics.yaml as it is, but three times."""
    text = (broker_kit.ROOT / "topics/topics.yaml").read_text()
    path = pathlib.Path(folder) / "topics.yaml"
    path.write_text(text.replace("replication: 1\n", "replication: 3\n")
                    .replace("min_insync_replicas: 1\n", "min_insync_replicas: 2\n"))
    return str(path)
