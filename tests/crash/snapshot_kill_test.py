"""kill -9 at every step of taking and of restoring a snapshot: whole or not there, and begun anew.

usage: snapshot_kill_test.py BUILD_DIR [ROUNDS]   (3 rounds of kills of a server unless told otherwise)

A small library is put between `spate snapshot` and libc: it kills the process behind its N-th call
that changes a disk, for every N until one run ends by itself. A server is killed while it takes
snapshots under load.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import BUILD, JSON, SKIPPED, Server, spate  # noqa: E402

ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
SETTINGS = {"SPATE_LOG_SEGMENT": "4MiB", "SPATE_LOG_GROUP_MAX": "2MiB",
            "SPATE_LOG_DISK_FREE_MIN": "1MiB"}
FLAGS = ["--memory", "128MiB", "--partitions", "2"]
LOOKED_AT = 7  # of so many kills one is looked at by a server, and gone on from
random.seed(int(os.environ.get("SPATE_SEED", "1")))

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;
static void count(void) {
  const char *at = getenv("KILL_AT");
  if (at != NULL && ++calls == atoi(at)) kill(getpid(), SIGKILL);
}
#define SHIM(type, name, parameters, arguments)                   \
  type name parameters {                                          \
    const type result = ((type (*) parameters)dlsym(RTLD_NEXT, #name)) arguments; \
    count();                                                      \
    return result;                                                \
  }
SHIM(int, link, (const char *a, const char *b), (a, b))
SHIM(int, rename, (const char *a, const char *b), (a, b))
SHIM(int, mkdir, (const char *a, mode_t m), (a, m))
SHIM(int, rmdir, (const char *a), (a))
SHIM(int, unlink, (const char *a), (a))
SHIM(int, unlinkat, (int d, const char *a, int f), (d, a, f))
SHIM(int, fsync, (int d), (d))
SHIM(int, fdatasync, (int d), (d))
SHIM(ssize_t, pwrite, (int d, const void *b, size_t n, off_t o), (d, b, n, o))
SHIM(ssize_t, pwrite64, (int d, const void *b, size_t n, off_t o), (d, b, n, o))
"""


class KilledAt:
    """Runs subcommands that end behind a call that was counted."""

    def __init__(self, scratch):
        self.library = scratch + "/kill.so"
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise SystemExit(SKIPPED)
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", self.library,
                        "-ldl"], input=SHIM, text=True, check=True)
        # Behind the sanitizer's runtime when the binary is built with one.
        linked = subprocess.run(["ldd", BUILD + "/spate"], capture_output=True, text=True).stdout
        runtimes = [line.split()[2] for line in linked.splitlines()
                    if "libasan.so" in line or "libtsan.so" in line]
        self.preload = ":".join(runtimes + [self.library])
        self.step = 11 if runtimes else 1  # such a process takes its time to start

    def run(self, at, *arguments):
        """Whether it ended by itself."""
        ran = subprocess.run([BUILD + "/spate", "snapshot", *arguments], capture_output=True,
                             text=True, env={**os.environ, "LD_PRELOAD": self.preload,
                                             "KILL_AT": str(at)})
        assert ran.returncode in (0, -signal.SIGKILL), (at, ran.returncode, ran.stderr)
        return ran.returncode == 0


def snapshot(*arguments):
    ran = spate("snapshot", *arguments, "-o", "json")
    assert ran.returncode == 0, (arguments, ran.stdout, ran.stderr)
    return json.loads(ran.stdout)


def whole(folder):
    return [one["name"] for one in snapshot("list", folder)["items"] if one["whole"]]


def load(server, seconds):
    return subprocess.Popen([BUILD + "/spate", "load", "--campaign", f"load-{random.random()}",
                             "--rate", "2500", "--duration", str(seconds), "--server",
                             f"http://127.0.0.1:{server.port}"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def at_every_call_of_create(killed, data, folder):
    """The last of several, so that files of earlier ones are linked, too."""
    had = whole(folder)
    at = 0
    while True:
        at += killed.step
        ended = killed.run(at, "create", folder, "--data", data, "--name", f"at-{at}")
        there = set(os.listdir(folder)) - set(had) - {"LOCK"}
        drafts = {name for name in there if name.endswith(".unfinished")}
        assert len(drafts) <= 1, drafts
        for name in there - drafts:
            assert snapshot("verify", folder, "--name", name)["holds"], name
            shutil.rmtree(f"{folder}/{name}")
        if at % LOOKED_AT == 1:  # the list says the same
            assert whole(folder) == had, (at, had)
        if ended:
            assert there == {f"at-{at}"}, there
            return at


def at_every_call_of_restore(killed, folder, scratch, until):
    target = scratch + "/restored"
    arguments = ["restore", folder, "--data", target, *(["--until", until] if until else [])]
    at = refused = looks = 0
    while True:
        at += killed.step
        looks += 1
        shutil.rmtree(target, ignore_errors=True)
        if killed.run(at, *arguments):
            return at, refused, target
        unfinished = os.path.exists(target) and not os.path.exists(target + "/log")
        if looks % LOOKED_AT != 1 and killed.step == 1 and not os.path.exists(target + "/log"):
            continue
        if unfinished and os.listdir(target):
            served = spate("serve", "--data", target, "--listen", "127.0.0.1:0", "--insecure-dev")
            assert served.returncode == 2 and "was cut short" in served.stderr, served.stderr
            refused += 1
        if os.path.exists(target + "/log"):
            verified = spate("log", "verify", "--data", target)
            assert verified.returncode == 0, verified.stdout + verified.stderr
        else:
            snapshot(*arguments)


def under_load(server, folder):
    """The server dies while it takes one; the next start and the next create know nothing of it."""
    cut_short = 0
    for _ in range(ROUNDS):
        loading = load(server, 2)
        before = set(whole(folder)) if os.path.isdir(folder) else set()
        status, answer = server.request("POST", "/admin/snapshot",
                                        json.dumps({"directory": folder, "rate_mib": 2}), JSON)
        assert status == 202, answer
        time.sleep(random.uniform(0, 2))  # the moment of the kill is the experiment
        server.kill()
        loading.kill()
        loading.wait()
        made = set(whole(folder)) - before
        cut_short += not made
        for name in made:
            assert snapshot("verify", folder, "--name", name)["holds"]
        server.start()
    url = f"http://127.0.0.1:{server.port}"
    snapshot("create", folder, "--server", url, "--rate", "200")
    assert not [name for name in os.listdir(folder) if name.endswith(".unfinished")]
    assert snapshot("verify", folder)["holds"]
    return cut_short


def main():
    with tempfile.TemporaryDirectory() as scratch:
        killed = KilledAt(scratch)
        folder = scratch + "/snapshots"
        server = Server(scratch + "/data", FLAGS, SETTINGS).start()
        assert load(server, 1).wait() == 0
        cut_short = under_load(server, folder)
        middle = json.loads(server.send("redemptions/x/open", "open", {"stock": 5})[1])
        assert load(server, 1).wait() == 0
        assert server.stop() == 0
        for name in whole(folder)[:-2]:
            shutil.rmtree(f"{folder}/{name}")
        creates = at_every_call_of_create(killed, server.data, folder)
        snapshot("create", folder, "--data", server.data, "--name", "last")
        for until in ("", middle["position"]):
            restores, refused, target = at_every_call_of_restore(killed, folder, scratch, until)
            assert refused > 2, refused
            restored = Server(target, FLAGS, SETTINGS).start()
            again = json.loads(restored.send("redemptions/x/open", "open", {"stock": 5})[1])
            assert again["events"] == middle["events"], (again, middle)
            assert restored.stop() == 0
            verified = spate("replay", "verify", "--data", target)
            assert verified.returncode == 0, verified.stdout + verified.stderr
            print(f"killed behind each of {restores} calls of a restore"
                  f"{' until a position' if until else ''}, {refused} were shown to serve, which refused")
        print(f"killed behind each of {creates} calls of a create; {cut_short} of {ROUNDS} kills of "
              "a server cut one short")


main()
