"""spate replay scan, and what a server does by itself: rot below it ends it, no start serves that.

usage: scan_test.py BUILD_DIR
"""
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import JSON, Server, spate  # noqa: E402

STREAMS = [f"sale-{n}" for n in range(5)]


def scan(*arguments, code=0):
    done = spate("replay", "scan", *arguments)
    codes = code if isinstance(code, tuple) else (code,)
    assert done.returncode in codes, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def address(server):
    return f"http://127.0.0.1:{server.port}"


def sell(server, first, count):
    lines = [{"domain": "redemptions", "stream": stream, "command": "redeem", "id": f"{stream}-{n}",
              "body": {"claimant": f"p{n}"}} for n in range(first, first + count) for stream in STREAMS]
    status, answers = server.send_batch("batch", lines)
    assert status == 200 and all(a["outcome"] == "accepted" for a in answers), answers


def beside_a_load(server):
    done, first = threading.Event(), [100]

    def load():
        while not done.is_set():
            sell(server, first[0], 100)
            first[0] += 100

    thread = threading.Thread(target=load)
    thread.start()
    for _ in range(3):
        found = json.loads(scan("--server", address(server), "--rate", "500", "-o", "json"))
        assert found["stage"] == "done" and found["findings"] == [], found
    done.set()
    thread.join()
    return first[0]


def bad_input(server):
    for body, what in (('{"rate_mib":0}', "rate_mib must be"), ('{"rate":1}', "/rate is not known here"),
                       ("[]", "object")):
        status, answer = server.request("POST", "/admin/scan", body, JSON)
        assert status == 400 and what in answer.decode(), (status, answer)
    assert server.request("POST", "/admin/scan", "rate_mib=1",
                          {"Content-Type": "application/x-www-form-urlencoded"})[0] == 415
    assert server.request("DELETE", "/admin/scan")[0] == 405
    assert "one or the other" in scan("--data", server.data, "--rate", "1", code=2)
    assert "log_in_use" in scan("--data", server.data, code=2)
    for value, what in (("500ms", "scan.interval ≥ 1s"), ("soon", "must be a duration")):
        told = spate("config", "show", "--scan-interval", value)
        assert told.returncode == 2 and what in told.stderr, (told.returncode, told.stderr)


def watched(server):
    text = server.request("GET", "/metrics")[1].decode()
    assert re.search(r"^spate_scan_completed_timestamp_seconds 1\d{9}", text, re.M), text
    assert 'spate_scan_differences{store="rows"} 0' in text, text


def flip_in(folder):
    """A bit of the first block of every table."""
    for table in pathlib.Path(folder).glob("*.sst"):
        with open(table, "r+b") as file:
            file.seek(10)
            byte = file.read(1)[0]
            file.seek(10)
            file.write(bytes([byte ^ 1]))


def main(scratch):
    server = Server(scratch + "/data", ["--memory", "256MiB", "--scan-interval", "0"]).start()
    for stream in STREAMS:
        assert server.send(f"redemptions/{stream}/open", "open", {"stock": 1_000_000})[0] == 200
    sell(server, 0, 100)
    assert server.get("/admin/scan")[1] == {"stage": "none", "last_completed": None}
    sold = beside_a_load(server)
    bad_input(server)
    watched(server)
    assert server.stop() == 0
    assert "nothing differs" in scan("--data", server.data)

    views = shutil.copytree(server.data, scratch + "/views")
    flip_in(views + "/views/1")
    assert "the stored views of redemptions/" in scan("--data", views, code=1)

    server.start()
    scan("--server", address(server))
    flip_in(server.data + "/rows")
    # The server ends: before who asked has its answer, or after.
    scan("--server", address(server), "--rate", "500", code=(1, 3))
    assert server.process.wait(60) == 5, server.said()[-2000:]
    assert "spate serve: stopped by scan: the stored rows of " in server.said(), server.said()[-2000:]
    server.begin()
    assert server.await_ready() == 2, server.said()[-2000:]
    assert f"{server.data}/rows" in server.said(server.said_before), server.said()[-2000:]
    shutil.rmtree(server.data + "/rows")
    server.start()
    for stream in STREAMS:
        assert len(server.claims(stream)) == sold
    assert "nothing differs" in scan("--server", address(server))
    assert server.stop() == 0


with tempfile.TemporaryDirectory(prefix="spate-scan-") as folder:
    main(folder)
print("1 passed, 0 failed")
