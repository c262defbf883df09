"""Judges the command line and the life of the server."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from contract_kit import Api
from contract_past import judge_past_commands
from contract_reads import crc32c, later
from server_kit import Server


class Shell:
    def __init__(self, build, server=None):
        self.binary, self.server = os.path.join(build, "spate"), server
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("SPATE_")}

    def __call__(self, *arguments, text=None, environment=(), timeout=30):
        more = dict(environment)
        if self.server and "SPATE_SERVER" not in more:
            more["SPATE_SERVER"] = self.server
        return subprocess.run([self.binary, *map(str, arguments)], input=text, capture_output=True,
                              text=True, timeout=timeout, env={**self.environment, **more})


def exits(j, run, code, sentence, *words):
    said = run.stdout + run.stderr
    return j.check(run.returncode == code and all(w in said for w in words),
                   f"{sentence} [exit {code}]", (run.args[1:], run.returncode, said))


def judge_cli(j, build, folder):
    judge_usage(j, Shell(build), folder / "never")
    judge_unreachable(j, Shell(build))
    judge_serve(j, build, folder)


def judge_usage(j, spate, never):
    exits(j, spate("version"), 0, "version")
    exits(j, spate("--help"), 0, "--help", "serve", "send", "tail", "Exit codes")
    for command in ("serve", "send", "get", "tail", "history", "load", "replay verify", "log verify",
                    "log dump",
                    "log parked list", "log parked redrive", "log parked discard", "log migrate", "dlq list",
                    "dlq show", "check",
                    "config show", "version"):
        exits(j, spate(*command.split(), "--help"), 0, f"{command} --help")
    exits(j, spate(), 2, "no subcommand")
    exits(j, spate("serv"), 2, "an unknown subcommand suggests the nearest", "serve")
    exits(j, spate("serve", "--dta", "x"), 2, "an unknown flag suggests the nearest", "--data")
    exits(j, spate("send", "redemptions"), 2, "arguments are missing")
    exits(j, spate("serve"), 2, "serve needs --data", "--data")
    exits(j, spate("config", "show"), 0, "config show", "memory")
    exits(j, spate("config", "show", environment={"LOG_LEVEL": "WARN", "ENABLE_METRICS": "TRUE"}),
          0, "capitals in the environment", "environment LOG_LEVEL", "environment ENABLE_METRICS")
    exits(j, spate("config", "show", environment={"SPATE_MEMROY": "1GiB"}), 0,
          "an unknown variable is but a warning", "SPATE_MEMROY")
    for flags in (("--listen", "x"), ("--listen", "127.0.0.1:99999"), ("--memory", "lots"),
                  ("--partitions", "0"), ("--partitions", "x"), ("--config", "/does/not/exist"),
                  ("--topics", "/does/not/exist")):
        exits(j, spate("serve", "--data", never, *flags, "--insecure-dev"), 2,
              f"serve {' '.join(flags)}")
    j.check(not os.path.exists(never), "a refused start leaves no directory")
    exits(j, spate("check", "--listen", "0.0.0.0:0"), 2, "check: what serve would refuse",
          "insecure-dev")
    for address in ("0.0.0.0:0", "[::]:0"):
        exits(j, spate("serve", "--data", never, "--listen", address), 2,
              f"without --insecure-dev only loopback is bound, not {address}", "insecure-dev")


def judge_unreachable(j, spate):
    for command in (("send", "redemptions", "s", "open", "{}"), ("get", "redemptions"),
                    ("tail", "redemptions"), ("get", "redemptions", "s"),
                    ("history", "redemptions", "s")):
        exits(j, spate(*command, "--server", "http://127.0.0.1:1"), 3,
              f"{command[0]}: not reachable")
    exits(j, spate("get", "redemptions", "--server", "ftp://x"), 2, "an address that is none")
    for command in (("replay", "verify"), ("log", "verify"), ("log", "dump"),
                    ("log", "parked", "list"), ("history", "redemptions", "s")):
        exits(j, spate(*command, "--data", "/does/not/exist"), 2, f"{' '.join(command)} of nothing")
        exits(j, spate(*command, "--data", "/etc"), 2, f"{' '.join(command)} of another directory")


def judge_client(j, spate):
    exits(j, spate("send", "redemptions", "cl-1", "open", '{"stock":2}', "--id", "o"), 0,
          "send: yes",
          "accepted")
    exits(j, spate("send", "redemptions", "cl-1", "open", '{"stock":2}', "--id", "o"), 0,
          "the same id again", "accepted")
    exits(j, spate("send", "redemptions", "cl-1", "open", '{"stock":3}', "--id", "o"), 1,
          "the id of another command", "idempotency_key_reused")
    exits(j, spate("send", "redemptions", "cl-1", "open", '{"stock":2}'), 1, "send: no",
          "already_open")
    run = spate("send", "redemptions", "cl-1", "redeem", "-", text='{"claimant":"ann"}')
    exits(j, run, 0, "send - reads standard input", "redeemed")
    position = json.loads(run.stdout)["position"] if run.returncode == 0 else ""
    exits(j, spate("send", "redemptions", "cl-1", "close"), 0, "a command without fields", "closed")
    exits(j, spate("send", "redemptions", "cl-1", "open", "{"), 2, "send: not JSON")
    exits(j, spate("send", "redemptions", "cl-2", "open", '{"stock":-1}'), 2, "send: malformed",
          "/stock")
    exits(j, spate("send", "redemption", "cl-2", "open", "{}"), 2, "send: no such domain",
          "redemptions")
    exits(j, spate("send", "redemptions", "cl-2", "opne", "{}"), 2, "send: no such command", "open")
    run = spate("get", "redemptions", "cl-1", "--wait-for", position)
    exits(j, run, 0, "get --wait-for", '"redeemed"')
    exits(j, spate("get", "redemptions"), 0, "get lists", "cl-1")
    exits(j, spate("get", "redemptions", "cl-none"), 1, "get: no such stream")
    exits(j, spate("get", "redemptionz"), 2, "get: no such domain", "redemptions")
    exits(j, spate("get", "redemptionz", "cl-1"), 2, "get: a stream of no such domain", "redemptions")
    exits(j, spate("get", "redemptions", "cl-1/clams"), 2, "get: no such view", "claims")
    exits(j, spate("get", "redemptions", "cl-1/claims/nobody"), 1, "get: no such item")
    exits(j, spate("get", "redemptions", "cl-1", "--wait-for", "x"), 2, "get: no position")
    run = spate("get", "redemptions", "cl-1", "--wait-for", later(position, 9)) if position else run
    exits(j, run, 4, "get --wait-for what does not come in time")
    run = spate("tail", "redemptions", "--from", "beginning", "--stream", "cl-1", "--once")
    if exits(j, run, 0, "tail --from beginning --stream"):
        lines = [json.loads(x) for x in run.stdout.splitlines()]
        j.equal([x["outcome"] for x in lines],
                ["accepted", "key_reused", "rejected", "accepted", "accepted"],
                "tail: a line an outcome")
    whole = ("tail", "redemptions", "--from", "beginning", "--stream", "cl-1", "--once")
    exits(j, spate(*whole, "-o", "table"), 0, "tail -o table", "already_open", "opened")
    exits(j, spate(*whole, "-o", "yaml"), 0, "tail -o yaml", "---\nstream: \"cl-1\"")
    exits(j, spate(*whole, "-o", "xml"), 2, "tail -o of another kind", "json")
    exits(j, spate("tail", "redemptions", "--from", "x"), 2, "tail: no position")
    judge_past_commands(j, spate, exits, "cl-1")
    exits(j, spate("history", "redemptions", "cl-1", "--data", "x", "--server", "http://x"), 2,
          "history of both", "either")
    exits(j,
          spate("get", "redemptions", "cl-1", environment={"SPATE_SERVER": "http://127.0.0.1:1"}),
          3,
          "SPATE_SERVER is heard")


def judge_end(j, server, position):
    """SIGTERM while a read waits: it is told so, rather than waited for."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as s:
        s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
                  b"GET /v1/redemptions HTTP/1.1\r\nHost: x\r\nPrefer: wait=30\r\n"
                  b"Spate-Position: " + later(position, 99).encode() + b"\r\n\r\n")
        told = s.recv(4096)  # the first answer: the second request was read with the first
        server.process.send_signal(signal.SIGTERM)
        while more := s.recv(4096):
            told += more
    j.check(b'"shutting_down"' in told, "a waiting read is told that the server stops", told)
    j.equal(server.process.wait(60), 0, "SIGTERM ends it with exit 0")


def judge_schemas(j, spate, data, edited):
    """Schemas that would misread what the directory holds are named, from files as from records."""
    check = ("schema", "check", "--data", data)
    exits(j, spate(*check), 0, "schema check of the binary that wrote it", "as it was written")
    exits(j, spate(*check, "--schemas", "schemas"), 0, "schema check of files", "4 domains")
    shutil.copytree("schemas", edited)
    schema = (edited / "redemptions.fbs").read_text()
    wrong = schema.replace("remaining:ulong (id:2);\n  /// 1, 2", "remaining:uint (id:2);\n  /// 1, 2")
    assert wrong != schema
    (edited / "redemptions.fbs").write_text(wrong)
    words = ("Redeemed.remaining: its type was ulong, now it is uint", "(deprecated)")
    exits(j, spate(*check, "--schemas", edited), 1, "schema check: a changed type", *words)
    exits(j, spate("schema", "check", "--against", "schemas", "--schemas", edited), 1,
          "schema check against a release", *words)
    run = spate(*check, "--schemas", edited, "-o", "json")
    if exits(j, run, 1, "schema check -o json"):
        j.equal((json.loads(run.stdout)["holds"], len(json.loads(run.stdout)["changes"])),
                (False, 1), "schema check -o json: a list of changes")
    (edited / "redemptions.fbs").write_text("table Broken {")
    exits(j, spate(*check, "--schemas", edited), 2, "schema check of no schema", "redemptions.fbs")
    exits(j, spate("schema", "check"), 2, "schema check of nothing", "--data", "--against")
    exits(j, spate("schema", "check", "--data", edited), 2, "schema check of no data", "no record")
    exits(j, spate("schema", "verify", "--data", data), 0, "schema verify", "outcomes/s",
          "can be read")
    run = spate("schema", "verify", "--data", data, "-o", "json", "--threads", 3)
    if exits(j, run, 0, "schema verify -o json"):
        seen = json.loads(run.stdout)
        j.check(seen["holds"] and seen["outcomes"] > 5 and seen["commands"] > 5,
                "schema verify decodes outcomes and commands", run.stdout)
    exits(j, spate("schema", "verify", "--data", edited), 2, "schema verify of no log", "holds no log")


def judge_refusals(j, spate, data):
    """What cannot be served is refused by name and stays as it is."""
    log = pathlib.Path(data) / "log"
    manifest = next(log.glob("MANIFEST.*"))
    kept = manifest.read_bytes()
    body = kept[:kept.rindex(b"crc ")].replace(b"spate log 1", b"spate log 2")
    check = int.from_bytes(crc32c(body), "little")
    for damaged, words in ((body + b"crc %08x\n" % check, ("another version", "spate log 2")),
                           (kept[:-3], ("MANIFEST",))):
        manifest.write_bytes(damaged)
        before = {p.name: p.read_bytes() for p in log.iterdir() if p.name != "LOCK"}
        for command in (("serve", "--listen", "127.0.0.1:0"), ("log", "verify"),
                        ("replay", "verify")):
            exits(j, spate(*command, "--data", data), 2, f"{command[0]}: {words[-1]}", *words)
        after = {p.name: p.read_bytes() for p in log.iterdir() if p.name != "LOCK"}
        j.equal([n for n in {**before, **after} if before.get(n) != after.get(n)], [],
                "a refused log stays as it is")
    manifest.write_bytes(kept)


def judge_second_signal(j, data):
    server = Server(data, environment={"SPATE_SHUTDOWN_GRACE": "30s"}).start()
    kept = server.connect()
    server.request("GET", "/livez", connection=kept)
    server.process.send_signal(signal.SIGTERM)
    api = Api(j, server.port)
    a = api.wait_until_status("/readyz", 503)
    j.equal(a.status, 503, "SIGTERM: not ready")
    j.status(api.get("/livez"), 200, "but alive for its grace")
    kept.request("GET", "/v1/redemptions")
    last = kept.getresponse()
    j.equal((last.status, last.getheader("Connection")), (200, "close"), "and each answer ends its connection")
    j.equal(server.stop(), 5, "a second signal ends at once")


def judge_serve(j, build, folder):
    data = folder / "made" / "on-demand"
    data.parent.mkdir()
    server = Server(data, ["--partitions", "3"], dev=False).start()
    api, spate = Api(j, server.port), Shell(build, f"http://127.0.0.1:{server.port}")
    j.check(data.is_dir(), "DIR is created")
    judge_client(j, spate)
    second = spate("serve", "--data", data, "--listen", "127.0.0.1:0", "--partitions", "3")
    exits(j, second, 2, "a second writer exits 2 and names the first's pid",
          str(server.process.pid))
    exits(j, spate("check", "--data", data, "--listen", "127.0.0.1:0"), 2,
          "check: a directory that is served", "BAD", str(server.process.pid))
    exits(j, spate("log", "verify", "--data", data), 2, "log verify beside a running server",
          str(server.process.pid))
    taken = spate("serve", "--data", str(folder / "other"), "--listen", f"127.0.0.1:{server.port}")
    exits(j, taken, 2, "a port that is taken", str(server.port))
    told = [api.send("redemptions/kl-1/open", {"stock": 1000, "per_claimant_max": 1000}, "o")]
    told += [api.send("redemptions/kl-1/redeem", {"claimant": "a"}, f"r{n}") for n in range(20)]
    pending = api.send("redemptions/kl-1/redeem", {"claimant": "b"}, "p",
                       {"Prefer": "respond-async"})
    server.kill()
    server.start()
    api = Api(j, server.port)
    again = [api.send("redemptions/kl-1/open", {"stock": 1000, "per_claimant_max": 1000}, "o")]
    again += [api.send("redemptions/kl-1/redeem", {"claimant": "a"}, f"r{n}") for n in range(20)]
    j.equal([(a.status, a.body) for a in again], [(a.status, a.body) for a in told],
            "after kill -9 every answer is given again")
    s = api.get(pending.header("Location"), {"Prefer": "wait=10"})
    j.equal(s.json.get("outcome"), "accepted", "a 202 survives kill -9")
    view = api.get("/v1/redemptions/kl-1", {"Spate-Position": s.position or ""})
    j.equal(view.json.get("redeemed"), 21, "after kill -9 the view holds what was answered")
    judge_end(j, server, s.position or "")
    for flags in (("--partitions", "4"), ("--partitions", "1")):
        exits(j, spate("serve", "--data", data, "--listen", "127.0.0.1:0", *flags), 2,
              f"another {' '.join(flags)}", "partitions")
        exits(j, spate("check", "--data", data, "--listen", "127.0.0.1:0", *flags), 2,
              f"check: another {' '.join(flags)}", "BAD", "partitions")
    Server(data).start().stop()
    exits(j, spate("log", "verify", "--data", data, timeout=60), 0, "log verify")
    exits(j, spate("replay", "verify", "--data", data, timeout=60), 0, "replay verify")
    run = spate("log", "dump", "--data", data, "--stream", "kl-1", timeout=60)
    exits(j, run, 0, "log dump", "kl-1")
    judge_past_commands(j, spate, exits, "cl-1", "--data", data)
    judge_schemas(j, spate, data, folder / "schemas")
    run = spate("history", "redemptions", "cl-1", "--data", data, "--budget", 1)
    exits(j, run, 1, "history beyond its budget", "the budget is spent", "--from")
    view = ("get", "redemptions", "cl-1", "--data", data)
    exits(j, spate(*view), 2, "get --data without --as-of", "--as-of")
    exits(j, spate(*view, "--as-of", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "--budget", 1), 1,
          "get --as-of beyond its budget", "past_too_far", "--budget")
    for output, word in (("json", '"sequence":'), ("yaml", "sequence:"), ("table", "sequence ")):
        exits(j, spate("log", "dump", "--data", data, "-o", output, "--stream", "kl-1"), 0,
              f"log dump -o {output}", word, "kl-1")
    for command in (("log", "verify"), ("replay", "verify")):
        exits(j, spate(*command, "--data", data, "-o", "yaml", timeout=60), 0,
              f"{command[0]} verify -o yaml", "holds: true")
        run = spate(*command, "--data", data, "-o", "json", timeout=60)
        if exits(j, run, 0, f"{command[0]} verify -o json"):
            j.check(json.loads(run.stdout)["holds"], "it says that all holds", run.stdout)
    run = spate("check", "--data", data, "-o", "json", "--listen", "127.0.0.1:0")
    if exits(j, run, 0, "check -o json"):
        j.check(all(f["health"] in ("ok", "look") for f in json.loads(run.stdout)),
                "check -o json: a list of findings", run.stdout)
    exits(j, spate("log", "dump", "--data", data, "--domain", "redemption"), 2,
          "log dump of an unknown domain", "redemptions")
    exits(j, spate("log", "parked", "list", "--data", data), 0, "log parked list")
    exits(j, spate("dlq", "list", "--data", data), 0, "dlq list", "[]")
    exits(j, spate("dlq", "list", "--data", data, "--domain", "order"), 2,
          "dlq list of an unknown domain", "orders")
    exits(j, spate("dlq", "list"), 2, "dlq list of no log", "--data", "--kafka")
    exits(j, spate("log", "dump"), 2, "log dump of no log", "--data", "--kafka")
    exits(j, spate("dlq", "show", "0" * 32, "--data", data), 1, "dlq show of an unknown id")
    judge_refusals(j, spate, data)
    judge_second_signal(j, data)
    (folder / "file").write_text("x")
    exits(j, spate("serve", "--data", folder / "file", "--listen", "127.0.0.1:0"), 2,
          "DIR that is a file")
    (folder / "bad.yaml").write_text("memori: 1GiB\n")
    run = spate("serve", "--data", folder / "never", "--config", folder / "bad.yaml")
    exits(j, run, 2, "an unknown setting names the nearest", "memory")
    loud = Server(folder / "dev", listen="0.0.0.0").start()
    j.equal(loud.stop(), 0, "with --insecure-dev any address may be bound")
    j.check("insecure-dev" in loud.said(), "--insecure-dev says so loudly")
