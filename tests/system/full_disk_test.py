"""A full disk costs commands, never reads, answers or what was acknowledged (rule B5).

usage: full_disk_test.py BUILD_DIR

A small file system of its own is mounted. Commands go on until they are refused with storage_full;
then other files take the rest of the room, down to the last block. The server must go on reading,
come back after a kill on the full disk, and take commands again once there is room.
"""
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import SKIPPED, Server, spate  # noqa: E402

DISK = 160 << 20
FREE_MIN = 24 << 20
BALLAST = 48 << 20
SETTINGS = {"SPATE_LOG_SEGMENT": "8MiB", "SPATE_LOG_DISK_FREE_MIN": f"{FREE_MIN >> 20}MiB"}
FLAGS = ["--memory", "128MiB", "--partitions", "2"]


class SmallDisk:
    """A file system of DISK bytes; ext4 in a file, else tmpfs."""

    def __init__(self, scratch):
        self.path, self.image = scratch + "/disk", scratch + "/image"
        os.mkdir(self.path)

    def mount(self):
        with open(self.image, "wb") as image:
            image.truncate(DISK)
        if (run("mkfs.ext4", "-q", "-m", "0", self.image)
                and run("mount", "-o", "loop", self.image, self.path)):
            return "ext4"
        if run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", self.path):
            return "tmpfs"
        return None

    def unmount(self):
        for _ in range(50):
            if run("umount", self.path):
                return
            time.sleep(0.1)

    def fill(self, name, keep=0):
        """Takes all room but `keep` bytes, down to the last block when that is 0."""
        with open(f"{self.path}/{name}", "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                while self.free() > keep:
                    try:
                        file.write(bytes(size))
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        break
            os.fsync(file.fileno())

    def free(self):
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize


def run(command, *arguments):
    """Whether the command is there and says yes."""
    found = shutil.which(command, path=os.environ.get("PATH", "") + ":/sbin:/usr/sbin")
    return bool(found) and subprocess.run([found, *arguments], capture_output=True).returncode == 0


class Sale:
    """Redeems in batches and keeps what was said to be accepted."""

    def __init__(self, server):
        self.server, self.accepted, self.asked = server, set(), 0
        status, body = server.send("redemptions/c/open", "open", {"stock": 1_000_000_000})
        assert status == 200, (status, body)

    def batch(self, size):
        """The codes of the answers and how often each came."""
        names = [f"p{self.asked + i}" for i in range(size)]
        self.asked += size
        lines = [{"domain": "redemptions", "stream": "c", "command": "redeem", "id": n,
                  "body": {"claimant": n}} for n in names]
        status, answers = self.server.send_batch("batch", lines)
        if status != 200:
            return {str(status): size}
        codes = {}
        for name, answer in zip(names, answers):
            code = answer.get("problem", answer).get("code") or answer["outcome"]
            codes[code] = codes.get(code, 0) + 1
            if answer["outcome"] == "accepted":
                self.accepted.add(name)
        return codes

    def redeem(self, name):
        status, body = self.server.send("redemptions/c/redeem", name, {"claimant": name})
        if status == 200:
            self.accepted.add(name)
        return status, body

    def check(self):
        """Views follow the answers: they have some seconds to show them all."""
        deadline = time.monotonic() + 10
        while lost := self.accepted - set(self.server.claims("c")):
            assert time.monotonic() < deadline, f"acknowledged and lost: {sorted(lost)[:5]}"


def await_status(sale, wanted, seconds=20):
    """Redeems until the answer has this status."""
    deadline = time.monotonic() + seconds
    number = 0
    while True:
        assert sale.server.running(), sale.server.said()[-2000:]
        number += 1
        status, body = sale.redeem(f"await-{wanted}-{number}-{time.monotonic_ns()}")
        if status == wanted:
            return body
        assert time.monotonic() < deadline, f"still {status}: {body}"


def attack(server, disk, kind):
    with open(disk.path + "/ballast", "wb") as ballast:  # what an operator will find to delete
        ballast.write(bytes(BALLAST))
        os.fsync(ballast.fileno())
    server.start()
    sale = Sale(server)

    while "storage_full" not in (codes := sale.batch(2000)):
        assert server.running(), server.said()[-2000:]
        assert set(codes) <= {"accepted", "pending"}, codes
    before = len(sale.accepted)
    left = disk.free()
    sale.check()

    disk.fill("others")  # not ours, and to the last block
    body = await_status(sale, 503)
    assert b"storage_full" in body, body
    time.sleep(2)        # checkpoints that are due find no room now
    assert sale.redeem("full")[0] == 503
    assert server.running(), server.said()[-2000:]
    sale.check()

    server.kill()
    server.begin()
    code = server.await_ready()
    assert code is None, f"a start on a full disk ended with {code}: {server.said()[-2000:]}"
    sale.check()
    disk.fill("more", 8 << 20)  # a start gives room back: tables that were compacted away
    assert await_status(sale, 503)
    server.kill()
    refused = spate("replay", "verify", "--data", server.data)
    assert refused.returncode == 2 and "make room" in refused.stderr, refused.stderr

    server.start()
    sale.check()
    for name in ("others", "more", "ballast"):
        os.remove(disk.path + "/" + name)
    await_status(sale, 200, 60)
    sale.check()
    assert server.stop() == 0, server.said()[-2000:]
    copy = os.path.dirname(disk.path) + "/copy"
    shutil.copytree(server.data, copy)
    verified = spate("replay", "verify", "--data", copy)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    print(f"{kind} of {DISK >> 20} MiB: {before} accepted until storage_full, "
          f"{len(sale.accepted)} in the end, 0 lost, "
          f"{left >> 20} of {FREE_MIN >> 20} MiB left by commands, "
          "2 starts on a full disk")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        disk = SmallDisk(scratch)
        kind = disk.mount()
        if kind is None:
            print("skipped: mounting a file system is not permitted here")
            sys.exit(SKIPPED)
        server = Server(disk.path + "/data", FLAGS, SETTINGS, log=scratch + "/server.log")
        try:
            attack(server, disk, kind)
        except BaseException:
            print(server.said()[-3000:])
            raise
        finally:
            if server.running():
                server.kill()
            disk.unmount()


main()
