"""Who is compared: a Spate server and a Kafka Streams application on one broker, each a process."""
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import time

import broker_kit
import confluent_kafka
import java_runtime
import outcome_record

ROOT = java_runtime.ROOT
BUILD = ROOT / "build/release"
MADE = ROOT / "build/kafka/streams"
SOURCES = ROOT / "bench/kafka/streams"
COMMANDS = "spate.redemptions.commands.v1"
PARTITIONS = 4
PATIENCE_S = 600  # restart with six million rows: minutes until they are there
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def make_streams():
    """Fetches the pinned jars and compiles the application, when that was not done yet."""
    MADE.mkdir(parents=True, exist_ok=True)
    with open(MADE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        java_runtime.require_java()
        if java_runtime.version_of("javac") < java_runtime.JAVA_VERSION_MIN or not shutil.which("mvn"):
            java_runtime.install("KAFKA_CLIENT_PACKAGES")
            java_runtime.install("KAFKA_PACKAGES")
        if not (MADE / "jars").exists():
            subprocess.run(["mvn", "-q", "-B", "-f", SOURCES / "pom.xml", "dependency:copy-dependencies",
                            f"-DoutputDirectory={MADE}/jars.part"], check=True, stdin=subprocess.DEVNULL)
            (MADE / "jars.part").rename(MADE / "jars")
        subprocess.run(["javac", "-cp", f"{MADE}/jars/*", "-d", MADE / "classes",
                        *SOURCES.glob("*.java")], check=True)


class Progress:
    """How far the outcomes can be read by who reads committed records: marks of transactions and of owners count."""

    def __init__(self, bootstrap, topic):
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": bootstrap, "group.id": "bench-progress",
            "isolation.level": "read_committed", "socket.nagle.disable": True, "log_level": 0})
        self.places = [confluent_kafka.TopicPartition(topic, p) for p in range(PARTITIONS)]

    def end(self, place):
        """Asked again: a broker without a processor for seconds is for a while nobody's leader."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.consumer.get_watermark_offsets(place, timeout=20)[1]
            except confluent_kafka.KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def count(self):
        return sum(self.end(place) for place in self.places)


class NextOutcome:
    """Reads from the present end of the outcomes, so that it hears of the next one."""

    def __init__(self, bootstrap, progress):
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": bootstrap, "group.id": "bench-next", "enable.auto.commit": False,
            "isolation.level": "read_committed", "fetch.wait.max.ms": 50, "log_level": 0})
        self.consumer.assign([confluent_kafka.TopicPartition(
            place.topic, place.partition, progress.end(place))
            for place in progress.places])
        self.consumer.poll(1)  # connected from here on

    def wait(self, is_outcome):
        """When it was read."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            message = self.consumer.poll(0.05)
            if message is not None and message.error() is None and is_outcome(message.value()):
                now = time.monotonic()
                self.consumer.close()
                return now
        raise AssertionError(f"no outcome within {PATIENCE_S} s")


class Contender:
    """A process on `cores`; `count` is read from outside, its CPU time from the kernel."""
    name, outcomes = "", ""
    does_more = ("none",)  # names of threads whose work the others do not do

    def __init__(self, bootstrap, folder, cores):
        self.bootstrap, self.folder, self.cores = bootstrap, pathlib.Path(folder), cores
        self.process = None
        self.progress = Progress(bootstrap, self.outcomes)

    def command(self):
        raise NotImplementedError

    @staticmethod
    def is_outcome(_):
        return True

    def start(self):
        self.started_at = time.monotonic()
        with open(f"{self.folder}.{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, self.command())], cwd=ROOT, stdout=log,
                stderr=log, preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        return self

    def await_count(self, count, pause_s=0.05):
        """Until so many outcomes can be read; how many."""
        deadline = time.monotonic() + PATIENCE_S
        while (seen := self.progress.count()) < count:
            assert self.process.poll() is None, f"{self.name} ended: see {self.folder}.{self.name}.log"
            assert time.monotonic() < deadline, f"{self.name} stays at {seen} of {count} outcomes"
            time.sleep(pause_s)
        return seen

    def cpu_s(self):
        """User and system time of all its threads so far, in steps of a tick (10 ms)."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def cpu_s_of(self, *threads):
        """The same of living threads whose names begin so."""
        ticks = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            head, _, fields = task.read_text().rpartition(")")
            if head.partition("(")[2].startswith(threads):
                ticks += int(fields.split()[11]) + int(fields.split()[12])
        return ticks / TICKS_A_SECOND

    def memory_mib_max(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) // 1024

    def await_rest(self):
        """Until it has nothing left to do, deferred work included."""
        last = self.cpu_s()
        for _ in range(40):
            time.sleep(0.5)
            now = self.cpu_s()
            if now - last < 0.1:
                return
            last = now

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


class Spate(Contender):
    """Feeds and their topics are off: the other one has none."""
    name, outcomes = "spate", "spate.redemptions.outcomes.v1"
    does_more = ("projector", "view-writer")

    @staticmethod
    def is_outcome(value):
        return outcome_record.parse(value).kind != outcome_record.OWNERSHIP

    def topics(self):
        path = self.folder.with_name("topics.yaml")
        text = (ROOT / "topics/topics.yaml").read_text().split("\naliases:")[0]
        path.write_text(text.replace("partitions: 8", f"partitions: {PARTITIONS}") + "\naliases: {}\n")
        return path

    def make_topics(self):
        code, said, errors = broker_kit.run(str(BUILD / "spate"), "topics", "apply", "--kafka",
                                            self.bootstrap, "--topics", str(self.topics()))
        assert code == 0, said + errors

    def command(self):
        return [BUILD / "spate", "serve", "--kafka", self.bootstrap, "--data", self.folder,
                "--listen", "127.0.0.1:0", "--topics", self.topics(), "--insecure-dev"]


class Streams(Contender):
    """exactly_once_v2; the heap and the collector suit one or two cores."""
    name, outcomes = "streams", "bench.streams.outcomes"

    def __init__(self, bootstrap, folder, cores, settings=()):
        super().__init__(bootstrap, folder, cores)
        self.settings = list(settings)

    def make_topics(self):
        broker_kit.create_topic(self.bootstrap, self.outcomes, PARTITIONS, config={"retention.ms": "-1"})

    def command(self):
        collector = "-XX:+UseSerialGC" if len(self.cores) == 1 else "-XX:+UseParallelGC"
        return ["java", "-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", collector,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp", f"{MADE}/classes:{MADE}/jars/*", "RedemptionsApp", self.bootstrap, self.folder,
                COMMANDS, self.outcomes, f"num.stream.threads={len(self.cores)}", *self.settings]


class StreamsWithViews(Streams):
    """The same, and it keeps what Spate's projection keeps, in the task that decides."""
    name, outcomes = "streams, with views", "bench.streams.viewed.outcomes"

    def __init__(self, bootstrap, folder, cores, settings=()):
        super().__init__(bootstrap, folder, cores, ["views=true", "application.id=bench-viewed", *settings])
