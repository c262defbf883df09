"""Servers on real brokers under attack, as far as it takes minutes; skipped where Kafka cannot be had."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/kafka/support"))
import java_runtime  # noqa: E402

SKIPPED = 77
CHECKS = ("serve", "secured", "producers_serve")  # tests/kafka/run three_brokers, tests/kafka/soak: longer


def main():
    if pathlib.Path(sys.argv[1]).resolve() != ROOT / "build/release":
        print("skipped: the checks serve with build/release/spate")
        return SKIPPED
    try:
        java_runtime.jars()
    except java_runtime.Unavailable as missing:
        print(f"skipped: {missing}")
        return SKIPPED
    if subprocess.run([ROOT / "tests/kafka/python", "-c", ""]).returncode != 0:
        print("skipped: the packages of tests/kafka/requirements.txt cannot be installed")
        return SKIPPED
    return subprocess.run([ROOT / "tests/kafka/run", *CHECKS]).returncode


sys.exit(main())
