"""spate topics plan, apply and check on a real broker: made, changed in place, refused."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from kafka_cluster import Cluster  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPATE = pathlib.Path(sys.argv[1]) / "spate"
faults = []


def spate(bootstrap, *arguments):
    done = subprocess.run([SPATE, "topics", *arguments, "--kafka", bootstrap],
                          capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def expect(code, parts, answer):
    got, text = answer
    if got != code or not all(part in text for part in parts):
        faults.append(f"expected exit {code} with {parts}, got {got}:\n{text}")


def changed(folder, old, new):
    text = (ROOT / "topics/topics.yaml").read_text()
    assert old in text, f"topics.yaml has no {old!r}"
    path = pathlib.Path(folder) / "topics.yaml"
    path.write_text(text.replace(old, new, 1))
    return str(path)


def main():
    cluster = Cluster.create(None, 1, 0)
    try:
        cluster.start()
        broker = cluster.bootstrap()
        expect(1, ["+ create spate.orders.commands.v1", "no log identity"], spate(broker, "check"))
        expect(0, ["+ create spate.orders.outcomes.v1", "0 of "], spate(broker, "plan"))
        expect(0, ["done", "spate-log 1 "], spate(broker, "apply"))
        identity = spate(broker, "check")[1].splitlines()[-1]
        expect(0, ["topics are as they should be", identity], spate(broker, "check"))
        expect(0, ["nothing to do", identity], spate(broker, "apply"))
        with tempfile.TemporaryDirectory() as folder:
            longer = changed(folder, "command_retention: 168h", "command_retention: 200h")
            expect(0, ["~ change spate.orders.commands.v1", "retention.ms 168h → 200h"],
                   spate(broker, "apply", "--topics", longer))
            # A change keeps what it does not name: LogAppendTime among it.
            expect(0, [identity], spate(broker, "check", "--topics", longer))
            more = changed(folder, "    partitions: 8\n    replication: 1",
                           "    partitions: 9\n    replication: 1")
            expect(1, ["! REFUSE spate.orders.commands.v1", "has 8 partitions", "nothing was done"],
                   spate(broker, "apply", "--topics", more))
        expect(1, ["retention.ms 200h → 168h"], spate(broker, "check"))
        expect(2, ["environment moon"], spate(broker, "plan", "--environment", "moon"))
        told = [json.loads(spate(broker, what, "-o", "json")[1]) for what in ("plan", "check", "apply", "plan")]
        steps = [{topic["topic"]: topic["step"] for topic in one["topics"]} for one in told]
        if (steps[0]["spate.orders.commands.v1"], steps[3]["spate.orders.commands.v1"]) != ("change", "keep") or \
                [one["differs"] for one in told] != [True, True, True, False] or \
                {one["log"] for one in told[1:3]} != {identity} or told[0]["brokers"] != 1:
            faults.append(f"as JSON: {told}")
        expect(3, ["Are the brokers up"], spate("127.0.0.1:1", "plan"))
    finally:
        cluster.down()
    print("\n".join(faults) or "topics: all as expected")
    return 1 if faults else 0


sys.exit(main())
