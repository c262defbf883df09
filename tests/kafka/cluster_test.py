"""Runs the tests of the Kafka client against a broker that it starts and removes."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import java_runtime  # noqa: E402
from kafka_cluster import Cluster  # noqa: E402


def main():
    program = pathlib.Path(sys.argv[1]) / "kafka_tests"
    try:
        cluster = Cluster.create(None, 1, 0)
    except java_runtime.Unavailable as missing:
        print(missing, file=sys.stderr)
        return 1
    try:
        cluster.start()
        environment = os.environ | {"SPATE_KAFKA": cluster.bootstrap()}
        return subprocess.run([program, *sys.argv[2:]], env=environment).returncode
    finally:
        cluster.down()


sys.exit(main())
