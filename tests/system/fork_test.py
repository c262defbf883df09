"""spate replay fork: commands of the past decided once more in a sandbox; the original is not touched.

usage: fork_test.py BUILD_DIR
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import BUILD, Server, spate  # noqa: E402

FLAGS = ["--memory", "128MiB", "--partitions", "2"]


def fork(*arguments, code=0):
    ran = spate("replay", "fork", *arguments, "-o", "json")
    assert ran.returncode == code, (arguments, ran.returncode, ran.stdout, ran.stderr)
    return json.loads(ran.stdout) if code == 0 else ran.stderr


def digest(folder):
    """Of every file's name, size, content and time of change."""
    sums = {}
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            with open(file, "rb") as content:
                sums[file] = (hashlib.sha256(content.read()).hexdigest(), os.stat(file).st_mtime_ns)
    return sums


def view(data):
    server = Server(data, FLAGS).start()
    sale = server.get("/v1/redemptions/sale")[1]
    assert server.stop() == 0
    return sale


def changes(told):
    return {(one["command"], one["before"], one["after"]): one["count"] for one in told["changes"]}


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = scratch + "/snapshots"
        server = Server(scratch + "/data", FLAGS).start()
        status, body = server.send("redemptions/before/open", "open", {"stock": 1})
        assert status == 200, body
        time.sleep(0.002)  # stamps differ
        before = json.loads(body)
        opened = json.loads(server.send("redemptions/sale/open", "open", {"stock": 10})[1])
        first = json.loads(server.send("redemptions/sale/redeem", "c0", {"claimant": "c0"})[1])
        for n in range(1, 30):
            server.send("redemptions/sale/redeem", f"c{n}", {"claimant": f"c{n}"})
        server.send("redemptions/sale/redeem", "c3", {"claimant": "c3"})      # a repeat
        server.send("redemptions/sale/redeem", "c3", {"claimant": "other"})   # its key for another
        assert subprocess.run([BUILD + "/spate", "load", "--count", "3000", "--server",
                               f"http://127.0.0.1:{server.port}"], stdout=subprocess.DEVNULL,
                              check=False).returncode == 0
        taken = spate("snapshot", "create", folder, "--server", f"http://127.0.0.1:{server.port}",
                      "--rate", "200")
        assert taken.returncode == 0, taken.stderr
        assert server.stop() == 0
        kept = digest(folder), digest(server.data)

        # Nothing else: byte for byte the same, for decisions are functions of the log.
        for name, at in (("same", before["at"]), ("same-behind", first["position"])):
            told = fork(folder, "--at", at, "--into", f"{scratch}/{name}")
            assert told["changes"] == [] and told["same"] > 2000, told
            assert view(f"{scratch}/{name}")["redeemed"] == 10
            verified = spate("replay", "verify", "--data", f"{scratch}/{name}")
            assert verified.returncode == 0, verified.stdout + verified.stderr

        # Nothing is kept: the very first command is decided again, too, and can be another.
        told = fork(folder, "--at", "beginning", "--into", scratch + "/all")
        assert told["changes"] == [] and told["outcomes_kept"] == 0, told
        every = told["same"]
        assert view(scratch + "/all")["redeemed"] == 10
        with open(scratch + "/first", "w", encoding="ascii") as file:
            file.write(json.dumps({"domain": "redemptions", "stream": "before", "command": "redeem",
                                   "id": "too-early", "body": {"claimant": "c"}}) + "\n")
        told = fork(folder, "--at", "beginning", "--into", scratch + "/first-of-all", "--set",
                    "open.stock=0", "--commands", scratch + "/first")
        what = changes(told)
        assert what[("redeem", "-", "rejected: unknown_campaign")] == 1, what
        assert what[("open", "accepted", "accepted, with other events")] == 3, what
        assert what[("redeem", "accepted", "rejected: sold_out")] > 10, what
        assert told["same"] < every, told
        verified = spate("replay", "verify", "--data", scratch + "/first-of-all")
        assert verified.returncode == 0, verified.stdout + verified.stderr

        # More stock from the beginning: who was refused would have been served, in their order.
        told = fork(folder, "--at", before["at"], "--into", scratch + "/more", "--set",
                    "open.stock=25", "--examples", "1")
        assert told["commands_edited"] == 2, told  # the load opens a campaign, too
        what = changes(told)
        assert what[("redeem", "rejected: sold_out", "accepted")] == 15, what
        assert what[("redeem", "accepted", "rejected: sold_out")] > 0, what
        assert what[("open", "accepted", "accepted, with other events")] == 2, what
        assert all(len(one["examples"]) == 1 for one in told["changes"]), told
        sale = view(scratch + "/more")
        assert sale["redeemed"] == 25 and sale["stock"] == 25, sale

        # A command that nobody sent, at that point.
        with open(scratch + "/lines", "w", encoding="ascii") as file:
            file.write(json.dumps({"domain": "redemptions", "stream": "sale", "command": "redeem",
                                   "id": "early", "body": {"claimant": "early"}}) + "\n")
        told = fork(folder, "--at", opened["position"], "--into", scratch + "/early", "--commands",
                    scratch + "/lines", "--binary", os.path.abspath(BUILD + "/spate"))
        what = changes(told)
        assert told["commands_added"] == 1 and what[("redeem", "-", "accepted")] == 1, told
        assert what[("redeem", "accepted", "rejected: sold_out")] == 1, told
        assert what[("redeem", "accepted", "accepted, with other events")] == 9, told

        for arguments, said in (
                (["--at", "soon"], "neither a position"),
                (["--at", "1999-01-01T00:00:00Z"], "--at lies before the log"),
                (["--at", before["at"], "--set", "stock"], "[COMMAND.]FIELD=VALUE"),
                (["--at", before["at"], "--set", "stok=3"], "did you mean 'stock'?"),
                (["--at", before["at"], "--commands", scratch + "/none"], "cannot be read")):
            assert said in fork(folder, "--into", scratch + "/never", *arguments, code=2), said
            assert not os.path.exists(scratch + "/never")
        for number, (arguments, said) in enumerate((
                (["--set", "open.stock=-1"], "is invalid"), (["--binary", "/bin/false"], "to its end"),
                (["--binary", scratch + "/no-such"], "cannot be run"))):
            assert said in fork(folder, "--at", before["at"], "--into", f"{scratch}/bad-{number}",
                                *arguments, code=2), said
        assert os.listdir(scratch + "/bad-0") == [], "what could not be edited left a sandbox"
        assert "is not empty" in fork(folder, "--at", before["at"], "--into", scratch + "/early",
                                      code=2)
        assert (digest(folder), digest(server.data)) == kept, "the original was written to"
        print(f"{told['commands_decided_again']} commands decided again in {told['milliseconds']} ms")


main()
