"""spate snapshot against a served, loaded directory: taken live, restored whole and until a point.

usage: snapshot_test.py BUILD_DIR
"""
import contextlib
import json
import os
import pty
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import BUILD, Server, spate  # noqa: E402

SETTINGS = {"SPATE_LOG_SEGMENT": "4MiB", "SPATE_LOG_GROUP_MAX": "2MiB",
            "SPATE_LOG_DISK_FREE_MIN": "1MiB"}
FLAGS = ["--memory", "128MiB", "--partitions", "2"]


def serve(data):
    return Server(data, FLAGS, SETTINGS).start()


def snapshot(what, *arguments, code=0):
    ran = spate("snapshot", what, *arguments, "-o", "json")
    assert ran.returncode == code, (what, arguments, ran.returncode, ran.stdout, ran.stderr)
    return json.loads(ran.stdout) if code == 0 else ran.stdout + ran.stderr


def seen_on_a_terminal(*arguments):
    """What a command shows there beside its answer."""
    ours, theirs = pty.openpty()
    run = subprocess.run([BUILD + "/spate", "snapshot", *arguments], stdout=subprocess.DEVNULL,
                         stderr=theirs, check=True)
    assert run.returncode == 0
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    return shown.decode()


def create(server, folder, *arguments, code=0):
    return snapshot("create", folder, "--server", f"http://127.0.0.1:{server.port}", "--rate", "200",
                    *arguments, code=code)


class Buyer(threading.Thread):
    """Redeems one after the other; remembers the whole answer of each, by its key."""

    def __init__(self, server, name):
        super().__init__()
        self.server, self.name, self.stop, self.wrong = server, name, threading.Event(), None
        self.answers = {}

    def run(self):
        connection = self.server.connect()
        while not self.stop.is_set() and self.wrong is None:
            key = f"{self.name}-{len(self.answers)}"
            status, body = self.server.send("redemptions/sale/redeem", key, {"claimant": key},
                                            connection)
            if status not in (200, 409):
                self.wrong = f"redeem answered {status}: {body}"
            self.answers[key] = (status, json.loads(body))


@contextlib.contextmanager
def load(server):
    buyers = [Buyer(server, f"b{n}-{random.random()}") for n in range(3)]
    for buyer in buyers:
        buyer.start()
    try:
        yield buyers
    finally:
        for buyer in buyers:
            buyer.stop.set()
            buyer.join()
    for buyer in buyers:
        assert buyer.wrong is None, buyer.wrong


def fill(server, batch):
    server.place_noisy_orders(f"o{batch}-", 24, 250, batch)


def without_position(answer):
    status, body = answer
    return status, {name: value for name, value in body.items() if name != "position"}


def same_answers(server, answers):
    """Each command again under its key: a duplicate, with the answer it had."""
    connection = server.connect()
    for key, was in answers.items():
        status, body = server.send("redemptions/sale/redeem", key, {"claimant": key}, connection)
        now = without_position((status, json.loads(body)))
        assert now == without_position(was), (key, was, now)


def holds(data):
    ran = spate("replay", "verify", "--data", data)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def live(scratch, server, folder):
    fill(server, 1)
    with load(server) as buyers:
        while sum(len(b.answers) for b in buyers) < 300:
            time.sleep(0.01)  # the load is what is waited for
        acknowledged = [dict(b.answers) for b in buyers]
        first = create(server, folder, "--name", "first")
        assert first["linked_bytes"] > 0 and first["reused_bytes"] == 0, first
    fill(server, 2)
    second = create(server, folder)
    assert second["reused_bytes"] >= first["linked_bytes"], (first, second)
    listed = snapshot("list", folder)["items"]
    assert [one["name"] for one in listed] == ["first", second["name"]], listed
    assert all(one["whole"] for one in listed), listed
    assert listed[0]["outcomes"] < listed[1]["outcomes"], listed
    for name in ("first", second["name"]):
        assert snapshot("verify", folder, "--name", name)["holds"]
    # The server goes on, and what it does to its own files does not reach the snapshots.
    server.kill()
    server.start()
    fill(server, 3)
    server.stop()
    server.start()
    for name in ("first", second["name"]):
        assert snapshot("verify", folder, "--name", name)["holds"]
    target = scratch + "/first"
    told = snapshot("restore", folder, "--data", target, "--name", "first")
    assert told["outcomes"] == listed[0]["outcomes"] and told["linked_bytes"] > 0, told
    shown = seen_on_a_terminal("restore", folder, "--data", scratch + "/shown")
    assert "\rrestored " in shown and "B/s, 0.00 s left" in shown and shown.endswith("\r\x1b[K"), shown
    refused = spate("serve", "--data", target, "--listen", "127.0.0.1:0", "--partitions", "3",
                    "--insecure-dev")
    assert refused.returncode == 2 and "was made with 2 partitions" in refused.stderr, refused.stderr
    restored = serve(target)
    for answers in acknowledged:
        same_answers(restored, answers)
    assert restored.stop() == 0
    holds(target)
    print(f"taken live in {first['milliseconds']} and {second['milliseconds']} ms, restored in "
          f"{told['milliseconds']} ms; {sum(len(a) for a in acknowledged)} answers as before")
    return buyers


def point_in_time(scratch, server, folder):
    """Sales one after the other; each moment is kept with the view that was read at it."""
    assert server.send("redemptions/drops/open", "open", {"stock": 100})[0] == 200
    seen = []
    for n in range(12):
        key = f"d{n}"
        status, body = server.send("redemptions/drops/redeem", key, {"claimant": key})
        answer = json.loads(body)
        assert status == 200, answer
        other = server.send("redemptions/sale/redeem", f"s{n}", {"claimant": f"s{n}"})
        assert other[0] in (200, 409), other
        seen.append(answer)
        time.sleep(0.002)  # stamps differ
    made = create(server, folder)
    for name, until, kept in (("at-position", seen[4]["position"], 5),
                              ("at-time", seen[7]["at"], 8)):
        target = f"{scratch}/{name}"
        told = snapshot("restore", folder, "--data", target, "--until", until)
        assert told["outcomes_dropped"] > 0, told
        past = spate("get", "redemptions", "drops", "--as-of", until, "--server",
                     f"http://127.0.0.1:{server.port}", "-o", "json")
        assert past.returncode == 0, past.stderr
        restored = serve(target)
        view = restored.get("/v1/redemptions/drops")[1]
        expected = json.loads(past.stdout)
        assert view["redeemed"] == kept == expected["redeemed"], (view, expected)
        # What was left out has not happened: it is decided anew, and the history goes its own way.
        status, body = restored.send("redemptions/drops/redeem", "d11", {"claimant": "d11"})
        assert status == 200 and json.loads(body)["events"], body
        status, _ = restored.request("GET", "/v1/redemptions/drops", None,
                                     {"Spate-Position": seen[4]["position"]})
        assert status == 409, "a position of the life before was not refused"
        assert restored.stop() == 0
        holds(target)
        again = snapshot("create", folder, "--data", target)
        assert again["outcomes"] == told["outcomes"] + 1, (again, told)
        assert snapshot("verify", folder)["holds"]
        shutil.rmtree(f"{folder}/{again['name']}")
    for until, what in (("1999-01-01T00:00:00Z", "give a later time"),
                        ("2099-01-01T00:00:00Z", "leave --until out"),
                        ("yesterday", "neither a position")):
        assert what in snapshot("restore", folder, "--data", scratch + "/never", "--until", until,
                                code=2)
    later = json.loads(server.send("redemptions/drops/redeem", "x", {"claimant": "x"})[1])
    assert "beyond the end" in snapshot("restore", folder, "--data", scratch + "/never", "--until",
                                        later["position"], code=2)
    assert not os.path.exists(scratch + "/never")
    return made


def bad_input(scratch, server, folder, made):
    assert "letters, digits" in create(server, folder, "--name", "a b", code=2)
    assert "already" in create(server, folder, "--name", "first", code=2)
    assert "did you mean 'first'?" in snapshot("verify", folder, "--name", "frist", code=2)
    assert "no directory" in snapshot("list", scratch + "/nowhere", code=2)
    for body, what in (("{}", "absolute path"), ('{"directory":"x"}', "absolute path"),
                       ('{"directory":"/x","rate_mib":0}', "rate_mib must be"),
                       ('{"directory":"/x","nmae":"y"}', "did you mean 'name'?"), ("[]", "object")):
        status, answer = server.request("POST", "/admin/snapshot", body,
                                        {"Content-Type": "application/json"})
        assert status == 400 and what in answer.decode(), (status, answer)
    status, _ = server.request("POST", "/admin/snapshot", "directory=/x",
                               {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 415, status
    full = scratch + "/full"
    os.makedirs(full)
    with open(full + "/letter", "w", encoding="ascii") as file:
        file.write("mine")
    assert "is not empty (it has 'letter')" in snapshot("restore", folder, "--data", full, code=2)
    assert os.listdir(full) == ["letter"]
    other = serve(scratch + "/other")
    assert "another log" in create(other, folder, code=2)
    assert other.stop() == 0
    busy = snapshot("create", folder, "--data", server.data, code=2)
    assert "log_in_use" in busy, busy
    assert server.stop() == 0
    stopped = snapshot("create", folder, "--data", server.data, "--name", "stopped")
    assert stopped["copied_bytes"] < made["bytes"], stopped
    assert snapshot("verify", folder, "--name", "stopped")["holds"]


def damaged(scratch, folder):
    """One bit of any kind of file: never restored, and found by name."""
    for name in sorted(os.listdir(folder + "/stopped/log"))[:3] + ["../SNAPSHOT"]:
        copy = scratch + "/copy"
        shutil.copytree(folder + "/stopped", copy + "/one")
        path = f"{copy}/one/log/{name}"
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 4]))
        said = snapshot("verify", copy, "--name", "one", code=1)
        assert os.path.basename(name) in said, (name, said)
        target = scratch + "/never"
        said = snapshot("restore", copy, "--data", target, "--name", "one", code=1)
        assert os.path.basename(name) in said, (name, said)
        assert not os.path.exists(target) or not os.listdir(target), os.listdir(target)
        shutil.rmtree(copy)
    copy = scratch + "/copy"
    shutil.copytree(folder + "/stopped", copy + "/one")
    os.remove(copy + "/one/log/segment-0000000000000001.log")
    assert not snapshot("list", copy)["items"][0]["whole"]
    assert "no whole snapshot" in snapshot("restore", copy, "--data", scratch + "/never", code=2)
    shutil.rmtree(copy)


def small_disk(scratch, folder):
    """Another file system: all of it is copied, and room is asked for first."""
    disk = scratch + "/disk"
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "none", disk], check=False,
                      capture_output=True).returncode != 0:
        print("no file system can be mounted here: copies and room were not tried")
        return
    try:
        said = snapshot("restore", folder, "--data", disk + "/data", "--name", "stopped")
        assert said["linked_bytes"] == 0 and said["copied_bytes"] > 0, said
        holds(disk + "/data")
        copied = snapshot("create", disk + "/snapshots", "--data", disk + "/data")
        assert copied["linked_bytes"] > 0, copied
        again = snapshot("create", disk + "/snapshots", "--data", disk + "/data", "--name", "two")
        assert again["copied_bytes"] == 0 and again["reused_bytes"] > 0, again
        with open(disk + "/ballast", "wb") as file:
            file.write(bytes(shutil.disk_usage(disk).free - (20 << 20)))
        said = snapshot("restore", folder, "--data", disk + "/two", "--name", "stopped", code=2)
        assert " 20 MiB are free" in said and not os.path.exists(disk + "/two"), said
    finally:
        subprocess.run(["umount", disk], check=True)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = scratch + "/snapshots"
        server = serve(scratch + "/data")
        assert server.send("redemptions/sale/open", "open", {"stock": 1_000})[0] == 200
        live(scratch, server, folder)
        made = point_in_time(scratch, server, folder)
        bad_input(scratch, server, folder, made)
        damaged(scratch, folder)
        small_disk(scratch, folder)


main()
