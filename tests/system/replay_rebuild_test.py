"""spate replay rebuild against a served, loaded directory: readers never step back, nothing is left.

usage: replay_rebuild_test.py BUILD_DIR
"""
import json
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import Server, spate  # noqa: E402

STOCK = 1_000_000


class Reader(threading.Thread):
    """Redeems and reads its own write; what it saw once must never be gone."""

    def __init__(self, server, number, stop):
        super().__init__()
        self.server, self.number, self.stop = server, number, stop
        self.wrong, self.reads, self.newest = None, 0, 0

    def run(self):
        connection = self.server.connect()
        while not self.stop.is_set() and self.wrong is None:
            who = f"r{self.number}-{self.reads}"
            status, body = self.server.send("redemptions/sale/redeem", who, {"claimant": who},
                                            connection)
            if status != 200:
                self.wrong = f"redeem answered {status}: {body}"
                return
            position = json.loads(body)["position"]
            status, body = self.server.request("GET", f"/v1/redemptions/sale/claims/{who}", None,
                                               {"Spate-Position": position}, connection)
            if status != 200:
                self.wrong = f"its own claim was not there: {status} {body}"
            status, body = self.server.request("GET", "/v1/redemptions/sale", None, {}, connection)
            seen = json.loads(body)["redeemed"]
            if seen < self.newest:
                self.wrong = f"the view stepped back from {self.newest} to {seen}"
            self.newest = max(self.newest, seen)
            self.reads += 1


def replay(server, *arguments, code=0):
    ran = spate("replay", *arguments, "--server", f"http://127.0.0.1:{server.port}", "-o", "json")
    assert ran.returncode == code, (arguments, ran.returncode, ran.stdout, ran.stderr)
    return json.loads(ran.stdout) if ran.stdout.startswith("{") else ran.stderr


def await_stage(server, stage):
    while replay(server, "status")["stage"] != stage:
        pass  # each look is a process of its own


def generations(server):
    names = sorted(os.listdir(server.data + "/views"))
    return [name for name in names if name.isdigit()]


def fill(server):
    status, body = server.send("redemptions/sale/open", "open", {"stock": STOCK})
    assert status == 200, (status, body)
    server.place_noisy_orders("o", 24, 500, 1)
    assert server.send("coupons/k/submit", "k",
                       {"merchant": "m", "code": "C", "title": "T", "terms": "x" * 900,
                        "discount": {"percent": 5}, "expires_at": "2099-01-01T00:00:00Z"})[0] == 200


def moves_under_load(server):
    stop = threading.Event()
    readers = [Reader(server, number, stop) for number in range(3)]
    for reader in readers:
        reader.start()
    try:
        told = replay(server, "rebuild", "--all", "--expect-same")
        assert told["stage"] == "switched" and told["report"]["same"], told
        views = {view["view"]: view for view in told["report"]["views"]}
        assert views["order"]["same"] == 12_000 and views["customer"]["same"] > 0, views
        assert views["order"]["old_digest"] == views["order"]["new_digest"], views
        pauses = [told["switch_pause_ms"]]
        pauses.append(replay(server, "rollback")["switch_pause_ms"])
        await_stage(server, "none")
        assert generations(server) == ["1"], generations(server)
        told = replay(server, "rebuild", "redemptions", "orders")
        pauses.append(told["switch_pause_ms"])
        replay(server, "commit")
        await_stage(server, "none")
        assert generations(server) == ["1", "3"], generations(server)
        replay(server, "commit", code=1)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    for reader in readers:
        assert reader.wrong is None, reader.wrong
        assert reader.reads > 0
    print(f"moved thrice under {sum(r.reads for r in readers)} reads, views stood still for "
          + ", ".join(f"{pause:.2f}" for pause in pauses) + " ms")


def bad_input(server):
    assert "did you mean 'orders'?" in replay(server, "rebuild", "oders", code=2)
    assert "'order.totl'" in replay(server, "rebuild", "orders", "--expect-changed", "order.totl",
                                    code=2)
    for body, what in (('{"hold":1}', "hold must be"), ('{"hald":true}', "did you mean 'hold'?"),
                       ("[]", "a JSON object"), ('{"budget_percent":0}', "must be 1..100")):
        status, answer = server.request("POST", "/admin/replay/rebuild", body,
                                        {"Content-Type": "application/json"})
        assert status == 400 and what in answer.decode(), (status, answer)
    status, answer = server.request("POST", "/admin/replay/rebuild", '{"hold":1,"expect_changed":["oders"],"x":2}',
                                    {"Content-Type": "application/json"})
    assert [fault["pointer"] for fault in json.loads(answer)["errors"]] == ["/hold", "/expect_changed/0", "/x"], answer
    status, _ = server.request("POST", "/admin/replay/rebuild", "a=b",
                               {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 415, status
    assert server.request("GET", "/admin/replay/rebuild")[0] == 405
    assert replay(server, "status")["stage"] == "none"


def cancels(server):
    replay(server, "rebuild", "orders", "--budget", "1", "--detach")
    replay(server, "pause")
    told = replay(server, "status")
    assert told["paused"] and generations(server) == ["1", "3", "4"], (told, generations(server))
    server.kill()
    server.start()
    told = replay(server, "status")
    assert told["paused"] and told["stage"] == "folding", told
    replay(server, "cancel")
    await_stage(server, "none")
    assert generations(server) == ["1", "3"], generations(server)


def rot(server):
    """In a segment that was closed long ago; nobody but a replay reads it after a clean start."""
    assert server.stop() == 0
    found = {}
    for name in os.listdir(server.data + "/log"):
        if name.startswith("segment-"):
            with open(f"{server.data}/log/{name}", "rb") as file:
                found[name] = file.read()
    name = max(sorted(found)[:3], key=lambda n: len(found[n].rstrip(b"\0")))
    path, whole = f"{server.data}/log/{name}", found[name]
    rotten = bytearray(whole)
    written = len(whole.rstrip(b"\0"))
    for at in range(written // 4, written // 2, 512):
        rotten[at] ^= 1
    with open(path, "r+b") as file:
        file.write(rotten)
    server.start()
    told = replay(server, "rebuild", "--all", code=1)
    assert told["stage"] == "failed" and name in told["reason"], told
    status, body = server.send("redemptions/sale/redeem", "after", {"claimant": "after"})
    assert status == 200, body
    position = {"Spate-Position": json.loads(body)["position"]}
    assert server.request("GET", "/v1/redemptions/sale/claims/after", None, position)[0] == 200
    replay(server, "cancel")
    await_stage(server, "none")
    with open(path, "r+b") as file:
        file.write(whole)  # what is rotten is no longer read: the server runs on


def no_room(data):
    server = Server(data, environment={"SPATE_LOG_DISK_FREE_MIN": "1TiB"})
    server.start()
    assert "MiB are free: make room" in replay(server, "rebuild", "orders", code=2)
    assert server.stop() == 0
    server = Server(data, environment={"SPATE_ADMIN": "false"}).start()
    assert server.request("GET", "/admin/replay")[0] == 404
    assert server.stop() == 0


def main():
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(scratch + "/data", environment={
            "SPATE_MEMORY": "128MiB", "SPATE_LOG_SEGMENT": "4MiB", "SPATE_LOG_GROUP_MAX": "2MiB",
            "SPATE_PROCESSOR_COMMAND_MAX": "1MiB", "SPATE_PROCESSOR_OUTCOME_MAX": "1MiB"})
        server.start()
        fill(server)
        moves_under_load(server)
        bad_input(server)
        cancels(server)
        rot(server)
        assert server.stop() == 0
        verified = spate("replay", "verify", "--data", server.data)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        no_room(server.data)


main()
