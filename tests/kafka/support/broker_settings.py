"""The server.properties of one broker of a test cluster."""

# PROXIED_n is where clients of the nth network are sent to, BEHIND_PROXY_n where the broker listens
# for it: so each client can be cut off alone.
NETWORKS_MAX = 3
LISTENERS = {"PLAINTEXT": 0, "CONTROLLER": 10, "SASL": 20, "TLS": 30, "SASL_TLS": 40}
LISTENERS |= {f"BEHIND_PROXY_{n + 1}": 50 + 3 * n for n in range(NETWORKS_MAX)}
LISTENERS |= {f"PROXIED_{n + 1}": 60 + 3 * n for n in range(NETWORKS_MAX)}
PROTOCOLS = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", "SASL": "SASL_PLAINTEXT",
             "TLS": "SSL", "SASL_TLS": "SASL_SSL"}
PROTOCOLS |= {f"BEHIND_PROXY_{n + 1}": "PLAINTEXT" for n in range(NETWORKS_MAX)}
SCRAM_USERS = {"spate": "spate-secret", "shop": "shop-secret"}

# A dead broker is noticed within seconds, so that a test of failover takes seconds.
FAST_FAILOVER = {
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    "controller.quorum.election.timeout.ms": 500,
    "controller.quorum.fetch.timeout.ms": 1000,
    "replica.lag.time.max.ms": 3000,
    "group.min.session.timeout.ms": 1000,
    "group.initial.rebalance.delay.ms": 0,
}
# Small: several clusters share a machine of two cores.
SMALL = {
    "num.network.threads": 2,
    "num.io.threads": 4,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "log.cleaner.dedupe.buffer.size": 4194304,
    "auto.create.topics.enable": "false",
    "unclean.leader.election.enable": "false",
}


def listeners_of(sasl, tls):
    """The names of the listeners that clients may use."""
    names = ["PLAINTEXT"] + ["SASL"] * sasl + ["TLS"] * tls
    return names + ["SASL_TLS"] * (sasl and tls)


def port_of(base, listener, node):
    return base + LISTENERS[listener] + node - 1


def behind_proxies(networks):
    return [f"BEHIND_PROXY_{n + 1}" for n in range(networks)]


def all_offsets(brokers, sasl, tls, networks=0):
    """What a cluster takes of the ports behind its base."""
    behind = behind_proxies(networks)
    names = listeners_of(sasl, tls) + ["CONTROLLER"] + behind
    names += [name.replace("BEHIND_PROXY", "PROXIED") for name in behind]
    return [LISTENERS[name] + i for name in names for i in range(brokers)]


def _replication(brokers):
    settings = {name: brokers for name in ("default.replication.factor",
                                           "offsets.topic.replication.factor",
                                           "transaction.state.log.replication.factor",
                                           "share.coordinator.state.topic.replication.factor")}
    in_sync = 2 if brokers > 1 else 1
    return settings | {"min.insync.replicas": in_sync, "transaction.state.log.min.isr": in_sync,
                       "share.coordinator.state.topic.min.isr": in_sync}


def _sasl():
    package = "org.apache.kafka.common.security"
    users = " ".join(f'user_{name}="{password}"' for name, password in SCRAM_USERS.items())
    logins = {"scram-sha-256": f"{package}.scram.ScramLoginModule required;",
              "plain": f"{package}.plain.PlainLoginModule required {users};"}
    return {"sasl.enabled.mechanisms": "SCRAM-SHA-256,PLAIN"} | {
        f"listener.name.{name}.{mechanism}.sasl.jaas.config": login
        for name in ("sasl", "sasl_tls") for mechanism, login in logins.items()}


def _tls(folder):
    # A client without a certificate is welcome; one with a certificate has to have a good one.
    return {"ssl.keystore.type": "PEM", "ssl.keystore.location": folder / "broker.pem",
            "ssl.truststore.type": "PEM", "ssl.truststore.location": folder / "ca.crt",
            "ssl.client.auth": "requested"}


def disk_of(folder, node):
    """Where this broker writes, and nothing else."""
    return folder / f"disk-{node}"


def server_properties(node, cluster, folder):
    """Text of the file. `cluster` has base, brokers, sasl, tls; `folder` is the cluster's."""
    clients = listeners_of(cluster["sasl"], cluster["tls"])
    behind = behind_proxies(cluster.get("networks", 0))
    clients += behind
    address = {name: f"{name}://127.0.0.1:{port_of(cluster['base'], name, node)}"
               for name in clients + ["CONTROLLER"]}
    for_clients = {name: port_of(cluster["base"], name.replace("BEHIND_PROXY", "PROXIED"), node)
                   for name in behind}
    advertised = address | {name: f"{name}://127.0.0.1:{port}" for name, port in for_clients.items()}
    voters = (f"{n}@127.0.0.1:{port_of(cluster['base'], 'CONTROLLER', n)}"
              for n in range(1, cluster["brokers"] + 1))
    settings = {
        "process.roles": "broker,controller",
        "node.id": node,
        "controller.quorum.voters": ",".join(voters),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listeners": ",".join(address.values()),
        "advertised.listeners": ",".join(advertised[name] for name in clients),
        "listener.security.protocol.map": ",".join(f"{n}:{PROTOCOLS[n]}" for n in address),
        "log.dirs": disk_of(folder, node) / "log",
    } | FAST_FAILOVER | SMALL | _replication(cluster["brokers"])
    if cluster["sasl"]:
        settings |= _sasl()
    if cluster["tls"]:
        settings |= _tls(folder / "tls")
    settings |= cluster.get("extra", {})
    return "".join(f"{name}={value}\n" for name, value in settings.items())
