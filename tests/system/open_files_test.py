# Few open files: connections never take those that the log needs, and who is too many is told so.
import contextlib
import os
import pathlib
import resource
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import Server  # noqa: E402

CONNECTIONS = 400


@contextlib.contextmanager
def started(data, soft, hard):
    server = Server(data, limits={resource.RLIMIT_NOFILE: (soft, hard)}).start()
    try:
        yield server
    finally:
        code = server.stop()
    assert code == 0, server.said()


def crowd(stack, server):
    for _ in range(CONNECTIONS):
        stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))


def told_when_there_are_too_many(data):
    with started(data, 300, 300) as server, contextlib.ExitStack() as stack:
        first = stack.enter_context(contextlib.closing(server.connect()))
        assert server.send("redemptions/c/open", "o", {"stock": 5}, first)[0] == 200
        crowd(stack, server)
        status, body = server.request("GET", "/readyz")
        assert status == 200, body
        status, body = server.send("redemptions/c/redeem", "k", {"claimant": "ann"})
        assert status == 503 and b"connections_max" in body, body
        status, body = server.send("redemptions/c/redeem", "k", {"claimant": "ann"}, first)
        assert status == 200, body
        files = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        assert files < 290, f"{files} of 300 files are open"
        assert "of 300 files" in server.said(), server.said()


def soft_limit_is_raised(data):
    with started(data, 300, 2000) as server, contextlib.ExitStack() as stack:
        crowd(stack, server)
        status, body = server.send("redemptions/c/redeem", "l", {"claimant": "bob"})
        assert status == 200, body


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2000, hard), hard))
    with tempfile.TemporaryDirectory(prefix="spate-files-") as name:
        data = pathlib.Path(name) / "data"
        told_when_there_are_too_many(data)
        soft_limit_is_raised(data)
    print("connections leave the log its files")


main()
