"""Rot: one flipped bit in any file of a stopped server is repaired, or refused by name; never served.

usage: rot_test.py BUILD_DIR [FLIPS]   (40 flips unless told otherwise)

A directory is made with checkpoints of everything, half of it cleanly stopped and half killed. Each
round copies it, flips one bit of one file and starts the server on it. Either the server is ready
and gives exactly the right claims, the right view and the first answers again, or it ends with 2 or
5 and says which file or directory is damaged, or it flags the damage while it runs.
"""
import http.client
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import Server, spate  # noqa: E402

FLIPS = int(sys.argv[2]) if len(sys.argv) > 2 else 40
SEED = int(os.environ.get("SPATE_SEED", "1"))
FLAGS = ["--memory", "128MiB", "--partitions", "1"]
SETTINGS = {"SPATE_LOG_DISK_FREE_MIN": "1MiB", "SPATE_LOG_SEGMENT": "8MiB",
            "SPATE_PROCESSOR_CHECKPOINT_OUTCOMES_MAX": "2000"}
# Locks hold no content, drafts and a spare are made again, the reserve only takes room.
WITHOUT_CONTENT = ("LOCK", "reserve", "LOG")


class Truth:
    """What the directory must say, whatever happened to it."""

    def __init__(self):
        self.answers, self.claims, self.view = {}, {}, None


def redeem(server, truth, first, count):
    names = [f"p{n}" for n in range(first, first + count)]
    lines = [{"domain": "redemptions", "stream": "c", "command": "redeem", "id": name,
              "body": {"claimant": name}} for name in names]
    status, answers = server.send_batch("batch", lines)
    assert status == 200, answers
    for name in names[::97]:
        truth.answers[name] = server.send("redemptions/c/redeem", name, {"claimant": name})


def make(server, truth):
    """Two lives: one with a clean end and one that is killed."""
    server.start()
    assert server.send("redemptions/c/open", "open", {"stock": 1_000_000})[0] == 200
    for turn in range(12):
        redeem(server, truth, turn * 1000, 1000)
    assert server.stop() == 0
    clean = server.data + "-clean"
    shutil.copytree(server.data, clean)
    server.start()
    for turn in range(12, 18):
        redeem(server, truth, turn * 1000, 1000)
    truth.claims = wait_for_claims(server, 18_000)
    truth.view = server.get("/v1/redemptions/c")
    server.kill()
    return clean


def wait_for_claims(server, count):
    while True:
        claims = server.claims("c")
        if len(claims) >= count:
            return claims


def targets(data):
    files = [p for p in pathlib.Path(data).rglob("*") if p.is_file() and p.stat().st_size > 0
             and not p.name.startswith(WITHOUT_CONTENT)]
    by_folder = {}
    for path in files:
        by_folder.setdefault(path.relative_to(data).parts[0], []).append(path)
    return by_folder


def flip(path, rng):
    """Flips a bit, one that matters where the file is mostly zeros."""
    content = bytearray(path.read_bytes())
    used = len(content.rstrip(b"\0")) or len(content)
    at, bit = rng.randrange(used), rng.randrange(8)
    content[at] ^= 1 << bit
    path.write_bytes(content)
    return f"{path.name} byte {at} bit {bit}"


def judge(server, truth, complete):
    """`right`, or how it was noticed. Anything else ends the test."""
    if (code := server.await_ready()) is not None:
        return refused(server, code)
    try:
        return compare(server, truth, complete)
    except (OSError, http.client.HTTPException):
        return refused(server, server.process.wait(timeout=20))


def refused(server, code):
    said = server.said()
    assert code in (2, 5), f"ended with {code}: {said[-2000:]}"
    assert server.data in said or "ids" in said or "rows" in said, f"names nothing: {said[-2000:]}"
    return f"refused with {code}"


def compare(server, truth, complete):
    flagged = "stopped" in server.request("GET", "/readyz")[1].decode()
    for name, answer in truth.answers.items():
        if not complete and int(name[1:]) >= 12_000:
            continue
        now = server.send("redemptions/c/redeem", name, {"claimant": name})
        if now[0] in (500, 503):
            return f"answered {now[0]}"
        assert now == answer, f"WRONG ANSWER for {name}: {answer}, now {now}"
    status, page = server.get("/v1/redemptions/c")
    if flagged or status in (500, 503):
        return "flagged"
    claims = wait_for_claims(server, 18_000 if complete else 12_000)
    want = truth.claims if complete else {k: v for k, v in truth.claims.items()
                                          if int(k[1:]) < 12_000}
    assert claims == want, f"WRONG CLAIMS: {sorted(set(claims) ^ set(want))[:5]}"
    if complete:
        assert server.get("/v1/redemptions/c")[1] == truth.view[1], (page, truth.view)
    return "right"


def attack(scratch, source, complete, truth, rng, count, tally):
    folders = sorted(targets(source))
    for number in range(count):
        data = f"{scratch}/flipped"
        shutil.copytree(source, data)
        folder = folders[number % len(folders)]
        path = rng.choice(targets(data)[folder])
        what = flip(path, rng)
        server = Server(data, FLAGS, SETTINGS, log=f"{scratch}/flipped.log")
        try:
            server.begin()
            verdict = judge(server, truth, complete)
        except (AssertionError, SystemExit) as broken:
            raise SystemExit(f"seed {SEED}: {folder}/{what}: {broken}") from broken
        finally:
            if server.running():
                server.kill()
        tally.setdefault(folder, {}).setdefault(verdict, []).append(what)
        shutil.rmtree(data)
        os.remove(server.log)


def main():
    rng = random.Random(SEED)
    truth, tally = Truth(), {}
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(scratch + "/data", FLAGS, SETTINGS)
        clean = make(server, truth)
        attack(scratch, server.data, True, truth, rng, FLIPS - FLIPS // 3, tally)
        attack(scratch, clean, False, truth, rng, FLIPS // 3, tally)
    for folder, verdicts in sorted(tally.items()):
        print(f"  {folder}: " + ", ".join(f"{len(v)} {k}" for k, v in sorted(verdicts.items())))
    print(f"{FLIPS} flipped bits, 0 served wrong")


main()
