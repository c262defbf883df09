"""Sales by `spate load` on nodes, and what the nodes' metrics say about them."""
import re
import subprocess
import time

from kafka_server import PATIENCE_S, SPATE

STATISTICS_S = 5  # how often librdkafka tells what it received


def until(holds, what):
    deadline = time.monotonic() + PATIENCE_S
    while not (value := holds()):
        assert time.monotonic() < deadline, f"in vain waited for {what}"
        time.sleep(0.05)
    return value


def sum_of(node, series):
    """Of a metric's samples."""
    status, text = node.asked("/metrics")
    found = re.findall(rf"^{series} (\S+)$", text, re.M) if status == 200 else []
    return sum(float(value) for value in found) if found else None


def folded(node):
    return sum_of(node, r"spate_projection_position\{[^}]*\}")


def received(node):
    """Outcomes that came from the brokers since the node started, however often each came."""
    time.sleep(STATISTICS_S + 1)  # what came by now is told by then
    return sum_of(node, r'spate_kafka_received_records_total\{client="(?:fetcher|follower)"\}')


def sell(node, campaign, count, seed):
    sold = subprocess.run([SPATE, "load", "--server", f"http://127.0.0.1:{node.port}", "--batch", "200",
                           "--campaign", campaign, "--count", str(count), "--stock", str(count // 2),
                           "--claimants", str(count), "--connections", "4", "--seed", str(seed)],
                          capture_output=True, text=True)
    assert sold.returncode == 0, sold.stdout + sold.stderr
