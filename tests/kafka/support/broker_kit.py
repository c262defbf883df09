"""A broker for one test: up when the block is entered, killed and removed when it is left."""
import atexit
import contextlib
import os
import subprocess
import sys

import confluent_kafka
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

import java_runtime
from kafka_cluster import Cluster

ROOT = java_runtime.ROOT
CREATE_TIMEOUT_S = 60


@contextlib.contextmanager
def brokers(count=1, keep_broken=False, **options):
    """A Cluster on free ports. Options: sasl, tls, networks, disk_mib, extra (lines of server.properties).

    Start brokers again from the same thread only: they die with it, also when it is killed.
    `keep_broken`: what fails in the block leaves the folder for a look; `broker up --dir` goes on with it.
    """
    cluster = Cluster.create(None, count, 0, **options)
    cluster.die_with_us = True
    atexit.register(_remove, cluster.folder)
    try:
        cluster.start()
        yield cluster
    except BaseException:
        if not keep_broken:
            _remove(cluster.folder)
        else:
            atexit.unregister(_remove)
            cluster.down(keep=True)
        raise
    _remove(cluster.folder)


def _remove(folder):
    cluster = Cluster.load(folder)
    if cluster:
        cluster.down()


def create_topic(bootstrap, name, partitions, replication=1, config=None, properties=None):
    admin = AdminClient({"bootstrap.servers": bootstrap} | (properties or {}))
    topic = NewTopic(name, num_partitions=partitions, replication_factor=replication,
                     config=config or {})
    admin.create_topics([topic], operation_timeout=CREATE_TIMEOUT_S)[name].result(CREATE_TIMEOUT_S)


def alter_topic(bootstrap, topic, name, value):
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(CREATE_TIMEOUT_S)


def create_domain_topics(bootstrap, domain, partitions, replication=1):
    """Command and outcome topic as the engine wants them (F1, G2)."""
    create_topic(bootstrap, f"spate.{domain}.commands.v1", partitions, replication,
                 {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"})
    create_topic(bootstrap, f"spate.{domain}.outcomes.v1", partitions, replication,
                 {"retention.ms": "-1", "cleanup.policy": "delete"})


def produce(bootstrap, topic, partition, records, properties=None, headers=None):
    """Writes (key, value) pairs in order; back when all are acknowledged."""
    failed = []
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "log_level": 3,
                                         "queue.buffering.max.messages": 1000000} | (properties or {}))
    for key, value in records:
        producer.produce(topic, value, key, partition, headers=headers,
                         on_delivery=lambda error, _: failed.append(error) if error else None)
        producer.poll(0)
    if producer.flush(CREATE_TIMEOUT_S) or failed:
        raise RuntimeError(f"{topic}[{partition}]: not all was written: {failed[:1]}")


def run(*command, timeout_s=120, **options):
    """A command from the root of the project: (exit code, output, errors)."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, **options)
    return done.returncode, done.stdout, done.stderr


def environment(changes):
    """Ours without anything of Spate's, and these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPATE_")} | changes


def skip(why):
    """Ends the test program as skipped, as ctest's SKIP_RETURN_CODE understands it."""
    print(f"skipped: {why}")
    sys.exit(77)
