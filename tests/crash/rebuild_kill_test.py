"""kill -9 at any step of rebuilds and switches: they go on, and the views are what the log says.

usage: rebuild_kill_test.py BUILD_DIR [ROUNDS]   (16 rounds unless told otherwise)
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import BUILD, JSON, Server, spate  # noqa: E402

ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 16
UNDER_WAY = ["pause", "resume", "resume", None, None]
ORDERS_OF = {"none": ["rebuild"], "folding": UNDER_WAY, "fencing": UNDER_WAY, "reaching": UNDER_WAY,
             "comparing": UNDER_WAY, "ready": ["switch"], "switched": ["commit", "rollback", None]}
random.seed(int(os.environ.get("SPATE_SEED", "1")))


def status_of(server):
    status, told = server.get("/admin/replay")
    assert status == 200, told
    return told


def order(server, what):
    wish = {"expect_same": True, "budget_percent": random.choice([20, 60, 100]),
            "projections": random.choice([["redemptions"], ["orders", "redemptions"]])}
    return server.request("POST", f"/admin/replay/{what}",
                          json.dumps(wish if what == "rebuild" else {}), JSON)


def load(server, seconds=2):
    return subprocess.Popen([BUILD + "/spate", "load", "--campaign", f"load-{random.random()}",
                             "--rate", "8000", "--duration", str(seconds), "--server",
                             f"http://127.0.0.1:{server.port}"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(scratch + "/data")
        server.start()
        assert load(server, 5).wait() == 0  # more than a rebuild folds and writes by turns
        seen, moved = set(), 0
        for number in range(ROUNDS):
            loading = load(server) if number % 4 == 0 else None
            for _ in range(random.randrange(2, 6)):
                told = status_of(server)
                seen.add(told["stage"])
                assert told["stage"] != "failed", told
                what = random.choice(ORDERS_OF.get(told["stage"], [None]))
                if what is not None:
                    order(server, what)
                    moved += what in ("commit", "rollback")
                time.sleep(random.uniform(0, 0.3))  # the moment of the kill is the experiment
            server.kill()
            if loading is not None:
                loading.kill()
                loading.wait()
            server.start()
        order(server, "resume")
        while (told := status_of(server))["stage"] not in ("none", "switched"):
            assert told["stage"] != "failed", told
            order(server, "switch")
            time.sleep(0.02)
        order(server, "commit")
        while status_of(server)["stage"] != "none":
            time.sleep(0.02)
        assert server.stop() == 0
        with open(server.data + "/views/plan") as file:
            plan = file.read()
        served = {line.split()[2] for line in plan.splitlines() if line.startswith("serves")} | {"1"}
        kept = {name for name in os.listdir(server.data + "/views") if name.isdigit()}
        assert kept == served, (kept, plan)
        verified = spate("replay", "verify", "--data", server.data)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        print(f"{ROUNDS} kills over the stages {', '.join(sorted(seen))}, {moved} ends of a switch")


main()
