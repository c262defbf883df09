"""Processes and ports of this machine: who is alive, who listens, which ports are free."""
import os
import pathlib
import random
import signal
import socket
import time


def started_at(pid):
    """When the kernel started this process, in ticks; None if there is none (or only a zombie)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def state_of(pid):
    """R, S, T (stopped), … as ps names it."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def is_alive(pid, ticks):
    """Whether it is still the process that was started then: pids are used again."""
    return pid is not None and started_at(pid) == ticks


def kill_and_wait(pid, ticks):
    """SIGKILL, and only back when its ports and files are free."""
    if not is_alive(pid, ticks):
        return
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid, ticks):
        time.sleep(0.01)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_base(offsets, is_wanted):
    """A wanted port such that it plus each of `offsets` is free; below those that the kernel deals."""
    for _ in range(200):
        base = random.SystemRandom().randrange(15000, 32000, 100)
        if is_wanted(base) and all(is_free(base + offset) for offset in offsets):
            return base
    raise SystemExit("No range of free ports between 15000 and 32000: is something leaking servers?")


def _socket_inode(port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = pathlib.Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                return fields[9]
    return None


def owner_of(port):
    """`pid 12 (java -Xmx…)`, or why it cannot be told."""
    inode = _socket_inode(port)
    if inode is None:
        return "a connection that is not a listener (wait for it to end)"
    for handle in pathlib.Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(handle) == f"socket:[{inode}]":
                pid = handle.parts[2]
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                shown = command.replace(b"\0", b" ").decode(errors="replace").strip()
                return f"pid {pid} ({shown[:60] + '…' if len(shown) > 60 else shown})"
        except OSError:
            continue
    return "a process of another user"
