"""Failing I/O below the real server: the N-th write or sync fails, the process says so and ends with 5.

usage: failing_io_test.py BUILD_DIR [ROUNDS]   (12 rounds unless told otherwise)

A small library is put between the server and libc. Under load it lets the N-th fdatasync, fsync or
pwrite of the data directory fail with EIO, and all later ones of that file. What was acknowledged
before must be there after a start without it; what was not must have happened at most once.
"""
import http.client
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import BUILD, SKIPPED, Server, spate  # noqa: E402

ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 12
SEED = int(os.environ.get("SPATE_SEED", "1"))
FLAGS = ["--memory", "128MiB", "--partitions", "1"]
SETTINGS = {"SPATE_LOG_DISK_FREE_MIN": "1MiB", "SPATE_LOG_SEGMENT": "8MiB",
            "SPATE_PROCESSOR_CHECKPOINT_OUTCOMES_MAX": "300"}
CALLS = ("fdatasync", "fsync", "pwrite")

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls, broken = -1;

static int fails(const char *call, int fd) {
  const char *which = getenv("FAIL_CALL"), *where = getenv("FAIL_BELOW");
  if (which == NULL || where == NULL || strcmp(which, call) != 0) return 0;
  if (access(getenv("FAIL_ONCE_THERE_IS"), F_OK) != 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  if (strstr(path, where) == NULL) return 0;
  if (atomic_load(&broken) != fd && atomic_fetch_add(&calls, 1) + 1 != atoi(getenv("FAIL_AT"))) return 0;
  atomic_store(&broken, fd);
  fprintf(stderr, "shim: %s of %s fails\n", call, path);
  errno = EIO;
  return 1;
}
int fdatasync(int fd) {
  if (fails("fdatasync", fd)) return -1;
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
int fsync(int fd) {
  if (fails("fsync", fd)) return -1;
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
  if (fails("pwrite", fd)) return -1;
  return ((ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite"))(fd, bytes, n, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at) { return pwrite(fd, bytes, n, at); }
"""


def compiled(scratch):
    """The library's path; None without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    with open(scratch + "/shim.c", "w") as source:
        source.write(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", scratch + "/shim.so",
                    scratch + "/shim.c", "-ldl"], check=True)
    return scratch + "/shim.so"


class Client(threading.Thread):
    """Redeems until the connection breaks."""

    def __init__(self, server, name, accepted, asked):
        super().__init__()
        self.server, self.name_, self.accepted, self.asked = server, name, accepted, asked

    def run(self):
        connection = self.server.connect()
        try:
            for number in range(3000):
                key = f"{self.name_}-{number}"
                self.asked.add(key)
                status, _ = self.server.send("redemptions/c/redeem", key, {"claimant": key}, connection)
                if status == 200:
                    self.accepted.add(key)
        except (OSError, http.client.HTTPException):
            pass


def preloaded(shim):
    """The shim, behind the sanitizer's runtime when the server is built with one."""
    libraries = subprocess.run(["ldd", BUILD + "/spate"], capture_output=True, text=True).stdout
    runtimes = [line.split()[2] for line in libraries.splitlines()
                if "libasan.so" in line or "libtsan.so" in line]
    return ":".join(runtimes + [shim])


def one_round(data, shim, call, where, at, number, accepted, asked):
    """How the server ended: its exit code, or None when the N-th call never came."""
    server = Server(data, FLAGS, {**SETTINGS, "LD_PRELOAD": preloaded(shim), "FAIL_CALL": call,
                                  "FAIL_BELOW": where, "FAIL_AT": str(at),
                                  "FAIL_ONCE_THERE_IS": data + ".armed"})
    if number % 4 == 3:
        open(data + ".armed", "w").close()  # the start itself may fail
    server.begin()
    code = server.await_ready()
    open(data + ".armed", "w").close()
    if code is None:
        clients = [Client(server, f"r{number}-{i}", accepted, asked) for i in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        try:
            code = server.process.wait(timeout=0.2 if server.running() else 20)
        except subprocess.TimeoutExpired:
            server.kill()
            return None
    failed = "shim:" in server.said()
    assert failed, f"ended with {code} although nothing failed: {server.said()[-2000:]}"
    assert code in (2, 5) and (code == 5 or number % 4 == 3), f"{call} #{at} of {where}: ended with {code}: {server.said()[-2000:]}"
    return code


def check(server, accepted, asked, where):
    """Views follow the answers: after a start they have some seconds to show them all."""
    deadline = time.monotonic() + 10
    while lost := accepted - (held := set(server.claims("c"))):
        assert time.monotonic() < deadline, f"{where}: acknowledged and lost: {sorted(lost)[:5]}"
    assert held <= asked, f"{where}: nobody asked for {sorted(held - asked)[:5]}"


def main():
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as scratch:
        shim = compiled(scratch)
        if shim is None:
            print("skipped: no C compiler here")
            sys.exit(SKIPPED)
        data = scratch + "/data"
        server = Server(data, FLAGS, SETTINGS)
        server.start()
        assert server.send("redemptions/c/open", "open", {"stock": 1_000_000})[0] == 200
        assert server.stop() == 0
        accepted, asked, ends = set(), set(), {}
        for number in range(ROUNDS):
            call = CALLS[number % len(CALLS)]
            where = rng.choice(["/data/log/"] * 2 + ["/data/"]) if call == "fdatasync" else "/data/"
            at = rng.choice([1, 2, 3, 7, rng.randrange(1, 400)])
            code = one_round(data, shim, call, where, at, number, accepted, asked)
            ends[code] = ends.get(code, 0) + 1
            os.remove(data + ".server.log")
            os.remove(data + ".armed")
            server.start()
            check(server, accepted, asked, f"seed {SEED}: {call} #{at}")
            server.kill()
        verified = spate("replay", "verify", "--data", data)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    told = ", ".join(f"{n} ended with {code}" if code is not None else f"{n} never came that far"
                     for code, n in sorted(ends.items(), key=str))
    print(f"{ROUNDS} failures of writes and syncs: {told}; {len(accepted)} acknowledged, 0 lost")


main()
