"""spate load against a server that dies: with a restart nothing is lost, without one it says what it saw.

usage: load_test.py BUILD_DIR
"""
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import BUILD, Server  # noqa: E402


def begin_load(server, report, campaign):
    """Far more commands than can be answered before the server dies."""
    return subprocess.Popen(
        [BUILD + "/spate", "load", "--campaign", campaign, "--stock", "5000", "--rate", "2000",
         "--duration", "4", "--connections", "8", "--report", report,
         "--server", f"http://127.0.0.1:{server.port}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def await_redemptions(server, campaign):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status, body = server.request("GET", f"/v1/redemptions/{campaign}")[:2]
        if status == 200 and json.loads(body)["redeemed"] > 0:
            return
        time.sleep(0.01)  # polls an outside process: nothing here could wake us
    raise AssertionError("nothing was redeemed within 60 s")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        server, report = Server(scratch + "/data"), scratch + "/revived.json"
        server.start()
        load = begin_load(server, report, "revived")
        await_redemptions(server, "revived")
        server.kill()
        server.start()
        said = load.communicate(timeout=120)[0]
        assert load.returncode == 0, said
        with open(report) as file:
            seen = json.load(file)
        assert seen["retries"] > 0 and not seen["unanswered"], seen
        assert seen["audit"] and all(law["holds"] for law in seen["audit"]), seen

        report = scratch + "/buried.json"
        load = begin_load(server, report, "buried")
        await_redemptions(server, "buried")
        server.kill()
        said = load.communicate(timeout=120)[0]
        assert load.returncode == 3 and "server_unreachable" in said, (load.returncode, said)
        with open(report) as file:
            seen = json.load(file)
        assert seen["outcomes"]["accepted"] > 0, seen
        assert seen["unanswered"]["server_unreachable"] > 0, seen
        assert seen["audit"] == [], seen
    print("a load outlives its server, and tells what it saw of one that stays down")


main()
