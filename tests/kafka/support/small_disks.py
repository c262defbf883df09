"""Disks of brokers that can fill up: small ones in memory, in a mount namespace of their own.

Needs no privileges where users may make namespaces (Debian: yes); nothing is left behind.
"""
import pathlib
import shlex
import subprocess

import processes


class Impossible(Exception):
    """This machine does not let us; the text says what it said."""


def make(folders, mib):
    """(pid, ticks) of the process that holds them; it dies with the thread that calls."""
    mounts = "".join(f"mkdir -p {shlex.quote(str(f))} && mount -t tmpfs -o size={mib}m none "
                     f"{shlex.quote(str(f))} && " for f in folders)
    holder = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
         f"{mounts} echo made && exec setpriv --pdeathsig KILL sleep infinity"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = holder.stdout.readline()
    if said != "made\n":
        raise Impossible(f"no small disks: {said}{holder.stdout.read()}")
    return holder.pid, processes.started_at(holder.pid)


def inside(holder):
    """The beginning of a command line that runs the rest where the disks are seen."""
    return ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", str(holder[0]), "--"]


def seen_from_outside(holder, folder):
    return pathlib.Path(f"/proc/{holder[0]}/root{folder}")


def fill(disk):
    """Not a byte is left. `free` undoes it."""
    with open(disk / "ballast", "wb", buffering=0) as ballast:
        size = 1 << 20
        while size > 0:
            try:
                ballast.write(bytes(size))
            except OSError:
                size //= 2


def free(disk):
    (disk / "ballast").unlink()
