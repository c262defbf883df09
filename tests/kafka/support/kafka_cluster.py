"""A cluster of Kafka brokers on loopback: its folder, its processes, and what tests do to them."""
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

import broker_settings
import certificates
import java_runtime
import kafka_wire
import processes
import small_disks

ROOT = java_runtime.ROOT
READY_TIMEOUT_S = 180  # of a busy machine; usual are 3 to 10
PORT_BASE = 9092
_children = []  # brokers that this very process started; they outlive it


class Refused(Exception):
    """What was asked cannot be done now; the text says what to do instead."""


def folder_of(port_base):
    return ROOT / "build/kafka" / f"cluster-{port_base}"


def tail_of(path, lines=8):
    if not path.exists():
        return ""
    text = path.read_text(errors="replace").splitlines()
    telling = [line for line in text if "ERROR" in line or "Exception" in line] or text
    return "\n  ".join([""] + telling[-lines:])


class Cluster:
    """Brokers 1..n. All that is known of them lies in FOLDER/cluster.json, so any process may act."""

    # Brokers started from now on die with the thread that started them: a killed test leaves none.
    die_with_us = False

    def __init__(self, folder, facts):
        self.folder, self.facts = pathlib.Path(folder), facts

    # --- finding and remembering

    @classmethod
    def load(cls, folder):
        """The cluster of this folder, or None."""
        path = pathlib.Path(folder) / "cluster.json"
        return cls(folder, json.loads(path.read_text())) if path.exists() else None

    @classmethod
    def create(cls, folder, brokers, port_base, sasl=False, tls=False, extra=None, networks=0,
               disk_mib=0):
        """Lays out and formats, starts nothing. `networks`: as many listeners behind broken_network's
        proxies. `disk_mib`: each broker has a disk of that size, which dies with this process.
        """
        offsets = broker_settings.all_offsets(brokers, sasl, tls, networks)
        base = port_base or processes.free_base(offsets, lambda b: not folder_of(b).exists())
        folder = pathlib.Path(folder or folder_of(base)).resolve()
        facts = {"base": base, "brokers": brokers, "sasl": sasl, "tls": tls, "pids": {},
                 "networks": networks, "extra": extra or {}, "disks": None}
        cluster = cls(folder, facts)
        cluster.require_free_ports()
        if folder.exists() and any(folder.iterdir()):
            raise Refused(f"{folder} holds something else than a cluster: give another --dir.")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            if tls:
                certificates.make(folder / "tls")
            if disk_mib:
                facts["disks"] = small_disks.make(
                    [broker_settings.disk_of(folder, node) for node in cluster.nodes], disk_mib)
            cluster.format()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        cluster.save()
        return cluster

    def save(self):
        path = self.folder / "cluster.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(self.facts, indent=1) + "\n")
        os.replace(fresh, path)

    # --- what it is

    @property
    def nodes(self):
        return range(1, self.facts["brokers"] + 1)

    def port(self, node, listener="PLAINTEXT"):
        return broker_settings.port_of(self.facts["base"], listener, node)

    def bootstrap(self, listener="PLAINTEXT"):
        return ",".join(f"127.0.0.1:{self.port(node, listener)}" for node in self.nodes)

    def pid(self, node):
        """Of the running broker, or None."""
        pid, ticks = self.facts["pids"].get(str(node), (None, None))
        return pid if processes.is_alive(pid, ticks) else None

    def running(self):
        """The nodes that could answer: alive and not stopped."""
        return [n for n in self.nodes if self.pid(n) and processes.state_of(self.pid(n)) != "T"]

    def log_path(self, node):
        return self.folder / f"broker-{node}.log"

    def where_disks_are(self):
        """What has to stand before a command that is to see the brokers' disks."""
        return small_disks.inside(self.facts["disks"]) if self.facts.get("disks") else []

    def disk(self, node):
        """The disk of a cluster made with disk_mib, as seen from here."""
        return small_disks.seen_from_outside(self.facts["disks"], broker_settings.disk_of(self.folder, node))

    # --- starting

    def require_free_ports(self):
        for name in broker_settings.listeners_of(self.facts["sasl"], self.facts["tls"]) + ["CONTROLLER"]:
            for node in self.nodes:
                port = self.port(node, name)
                if not self.pid(node) and not processes.is_free(port):
                    raise Refused(f"Port {port} ({name} of broker {node}) is taken by "
                                  f"{processes.owner_of(port)}.\nStop that, or choose others: "
                                  "--port-base 19092, or --port-base auto.")

    def format(self):
        """Writes the settings and the storage of every broker, all at once."""
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        cluster_id = "k" + cluster_id[1:]  # one that begins with - would read as an option
        users = [f"--add-scram=SCRAM-SHA-256=[name={name},password={password}]"
                 for name, password in broker_settings.SCRAM_USERS.items()] if self.facts["sasl"] else []
        runs = []
        for node in self.nodes:
            path = self.folder / f"server-{node}.properties"
            path.write_text(broker_settings.server_properties(node, self.facts, self.folder))
            command = java_runtime.java_command("kafka.tools.StorageTool", "format", "-t", cluster_id,
                                                "-c", str(path), *users)
            runs.append(subprocess.Popen([*self.where_disks_are(), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True))
        said = [run.communicate()[0] for run in runs]
        for run, text in zip(runs, said):
            if run.returncode != 0:
                raise Refused(f"Kafka could not format its storage:\n{text[-2000:]}")

    def launch(self, node):
        """Starts one broker's process and returns at once."""
        if self.pid(node):
            return
        heap = 512 if self.facts["brokers"] == 1 else 256
        command = java_runtime.java_command("kafka.Kafka", str(self.folder / f"server-{node}.properties"),
                                            heap_mib=heap, log_level="info")
        if self.die_with_us:
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        command = [*self.where_disks_are(), *command]
        with open(self.log_path(node), "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        _children.append(process)
        self.facts["pids"][str(node)] = (process.pid, processes.started_at(process.pid))
        self.save()

    def _is_ready(self, wanted):
        live = self.running()
        if any(not wanted <= kafka_wire.brokers_seen_by(self.port(node)) for node in live):
            return False
        return len(live) * 2 <= self.facts["brokers"] or (
            kafka_wire.groups_ready(self.port(live[0])) and
            kafka_wire.producers_ready(self.port(live[0])))

    def wait_until_ready(self, wanted):
        """Until every live broker knows that `wanted` are alive, and groups and producers can start."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._is_ready(set(wanted)):
            for node in wanted:
                if not self.pid(node):
                    raise Refused(f"Broker {node} ended while starting; {self.log_path(node)} ends in:"
                                  f"{tail_of(self.log_path(node))}")
            if time.monotonic() > deadline:
                raise Refused(f"Not ready after {READY_TIMEOUT_S} s; see {self.folder}/broker-*.log:"
                              f"{tail_of(self.log_path(list(wanted)[0]))}")
            time.sleep(0.05)

    def start(self, nodes=None):
        """Starts these (all) brokers and waits until they are ready."""
        nodes = list(nodes or self.nodes)
        self.require_free_ports()
        for node in nodes:
            self.launch(node)
        self.wait_until_ready(nodes)

    # --- what tests do to them

    def kill(self, node):
        """SIGKILL: the broker's power is cut (its disk's is not)."""
        pid, ticks = self.facts["pids"].get(str(node), (None, None))
        processes.kill_and_wait(pid, ticks)

    def stop(self, node):
        """SIGSTOP: it hangs, its connections stay open."""
        self._signal(node, signal.SIGSTOP)

    def cont(self, node):
        self._signal(node, signal.SIGCONT)

    def _signal(self, node, number):
        if not self.pid(node):
            raise Refused(f"Broker {node} is not running; `start {node}` starts it.")
        os.kill(self.pid(node), number)

    def down(self, keep=False):
        """Kills all brokers and removes the folder. Kill, since a clean stop can take very long."""
        for node in self.nodes:
            self.kill(node)
        if holder := self.facts.get("disks"):
            if keep:
                self._keep_disks()
            processes.kill_and_wait(*holder)
        if not keep:
            shutil.rmtree(self.folder)

    def _keep_disks(self):
        """As ordinary folders: small disks die with whoever made them."""
        for node in self.nodes:
            subprocess.run(["cp", "-a", "--sparse=always", f"{self.disk(node)}/.",
                            broker_settings.disk_of(self.folder, node)], check=True)
        self.facts["disks"] = None
        self.save()
