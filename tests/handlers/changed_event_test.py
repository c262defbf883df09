# An event that changed twice: written by each version, read by the last through every door (I4).
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from domain_kit import PARTS, add, build_domain, request  # noqa: E402
from event_versions_kit import OLD_EVENTS, SCHEMA, replaced, second, third  # noqa: E402
from server_kit import Server  # noqa: E402

BROKEN = "COUNTERS_BROKEN_UPCASTER"
STREAMS = ("clicks", "visits", "bad")


class Counters:
    """The three binaries on one data directory."""

    def __init__(self, scratch):
        self.scratch, self.data = scratch, scratch / "data"

    def serve(self, version, **environment):
        server = Server(self.data, environment=environment, binary=self.scratch / f"spate-{version}")
        server.begin()
        code = server.await_ready()
        self.server, self.address = server, f"http://127.0.0.1:{server.port}"
        return code

    def run(self, version, *arguments, code=0, **environment):
        ran = subprocess.run([self.scratch / f"spate-{version}", *arguments], text=True,
                             capture_output=True, env={**os.environ, **environment})
        assert ran.returncode == code, (arguments, ran.returncode, ran.stdout, ran.stderr)
        return ran.stdout + ran.stderr

    def forget_rows(self):
        """What is not the log is folded from it again."""
        for cache in ("rows", "ids"):
            assert (self.data / cache).is_dir(), sorted(self.data.iterdir())
            shutil.rmtree(self.data / cache)

    def view(self, stream, query=""):
        status, view, _ = request(self.address, "GET", f"/v1/counters/{stream}{query}")
        assert status == 200, view
        return view


def shown(before, amount):
    """An event as the third version shows it, whichever wrote it."""
    return {"type": "added_v3", "amount": f"{amount} pieces",
            "grew": {"from_milli": before * 1000, "to_milli": (before + amount) * 1000}}


def sums_of(folder):
    """Of the segments that nobody has a reason to write again: all but the last with anything."""
    contents = {path.name: path.read_bytes() for path in sorted(folder.glob("segment-*.log"))}
    filled = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
              if content.count(0) != len(content)}
    return dict(list(filled.items())[:-1])


def written_by_each_version(counters):
    """1, 2 and 3 write in turns, and each is killed; the second and third decide on what is old."""
    assert counters.serve(1) is None
    first = add(counters.address, "clicks", 10, "k1")
    assert first[1]["events"] == [{"type": "added", "amount": 10, "total": 10}], first
    add(counters.address, "visits", 7, "k1")
    assert add(counters.address, "bad", 13, "k1")[0] == 200
    counters.server.kill()
    assert counters.serve(1) is None
    assert add(counters.address, "clicks", 5, "k2")[0] == 200
    assert counters.server.stop() == 0
    sealed = sums_of(counters.data / "log")
    assert sealed, sorted((counters.data / "log").iterdir())

    assert counters.serve(2) is None
    answer = add(counters.address, "clicks", 20, "k3")[1]
    assert answer["events"] == [{"type": "added_v2", "amount_milli": 20000,
                                 "total_milli": 35000}], answer
    counters.server.kill()
    counters.forget_rows()
    assert counters.serve(3) is None, counters.server.said()[-3000:]
    answer = add(counters.address, "clicks", 40, "k4")[1]
    assert answer["events"] == [shown(35, 40)], answer
    assert add(counters.address, "clicks", 100, "k5")[1]["code"] == "too_much"
    counters.server.kill()
    counters.forget_rows()
    assert counters.serve(3) is None, counters.server.said()[-3000:]
    assert add(counters.address, "clicks", 1, "k6")[1]["events"] == [shown(75, 1)]
    now = sums_of(counters.data / "log")
    assert {name: now.get(name) for name in sealed} == sealed, "the log was written again"
    return first


def read_by_the_third(counters, first):
    """Views, the past, histories, answers given again, and a rebuild that finds no difference."""
    assert counters.view("clicks") == {"counter": "clicks", "total": 76, "version": 5}
    assert counters.view("visits")["total"] == 7
    again = add(counters.address, "clicks", 10, "k1")
    assert again[0] == 200 and again[2]["Idempotent-Replayed"] == "true", again
    assert again[1] == {**first[1], "events": [shown(0, 10)]}, again
    past = counters.view("clicks", "?as_of=" + first[1]["position"])
    assert past == {"counter": "clicks", "total": 10, "version": 1}, past
    status, history, _ = request(counters.address, "GET", "/v1/counters/clicks/history")
    assert status == 200, history
    events = [event for one in history["items"] for event in one.get("events", [])]
    assert events == [shown(0, 10), shown(10, 5), shown(15, 20), shown(35, 40), shown(75, 1)], events
    counters.run(3, "replay", "rebuild", "counters", "--expect-same", "--server", counters.address)
    assert counters.view("clicks")["total"] == 76
    assert add(counters.address, "clicks", 1, "k7")[1]["events"] == [shown(76, 1)]


def proved_by_the_tools(counters, first):
    snapshots = counters.scratch / "snapshots"
    counters.run(3, "snapshot", "create", snapshots, "--server", counters.address)
    assert counters.server.stop() == 0, counters.server.said()[-3000:]
    data = ("--data", counters.data)
    for tool in (("log", "verify"), ("replay", "verify"), ("schema", "verify"), ("schema", "check")):
        counters.run(3, *tool, *data)
    lines = counters.run(3, "log", "dump", *data, "--stream", "clicks").splitlines()
    types = [event["type"] for line in lines for event in json.loads(line).get("events", [])]
    assert types == ["added_v3"] * 6, types
    history = counters.run(3, "history", "counters", "clicks", *data, "-o", "json")
    assert "added_v3" in history and '"added"' not in history, history
    told = json.loads(counters.run(3, "replay", "fork", snapshots, "--at", first[1]["position"],
                                   "--into", counters.scratch / "fork", "-o", "json"))
    assert told["changes"] == [] and told["same"] > 5, f"the third decides as all before: {told}"


def refused_by_the_gate(counters):
    """The way back to a version that cannot read what is there, and a change without an upcaster."""
    said = counters.run(1, "serve", "--data", counters.data, "--listen", "127.0.0.1:0", code=2)
    assert "the member AddedV2 = 2 is gone" in said, said
    schemas = counters.scratch / "schemas"
    schemas.mkdir()
    changed = replaced(PARTS[SCHEMA], (OLD_EVENTS, OLD_EVENTS.replace("total:uint", "total:ulong")))
    (schemas / "counters.fbs").write_text(changed)
    (counters.scratch / "before").mkdir()
    (counters.scratch / "before/counters.fbs").write_text(PARTS[SCHEMA])
    shutil.copy(pathlib.Path(__file__).parents[2] / "schemas/attributes.fbs", schemas)
    shutil.copy(schemas / "attributes.fbs", counters.scratch / "before")
    check = ("schema", "check", "--against", counters.scratch / "before", "--schemas", schemas)
    said = counters.run(1, *check, code=1)
    assert "Added.total: its type was uint, now it is ulong" in said, said
    assert "write an upcaster: a new version of the event, AddedV2" in said, said
    (schemas / "counters.fbs").write_text(second()[SCHEMA])
    counters.run(1, *check)


def named_when_it_fails(counters):
    """An upcaster that fails is found beforehand, and is never skipped."""
    broken = {BROKEN: "1"}
    why = "an event Added (type 1): its upcaster from AddedV2 to AddedV3 failed: e.amount_milli()"
    said = counters.run(3, "schema", "verify", "--data", counters.data, code=1, **broken)
    assert why in said and "stream 'bad'" in said and "outcome " in said, said
    assert counters.serve(3, **broken) is None, counters.server.said()[-3000:]
    status, history, _ = request(counters.address, "GET", "/v1/counters/bad/history")
    event = history["items"][0]["events"][0]
    assert event["type"] == "added" and event["unreadable"].startswith(why), history
    assert counters.view("clicks")["total"] == 77
    status, problem, _ = request(counters.address, "GET",
                                 "/v1/counters/bad?as_of=" + history["items"][0]["position"])
    assert status >= 400 and why in problem["detail"], problem
    counters.server.kill()
    counters.forget_rows()
    code = counters.serve(3, **broken)
    said = counters.server.said()
    assert code not in (None, 0) and why in said and "does not fold" in said, (code, said[-3000:])
    assert counters.serve(3) is None, counters.server.said()[-3000:]
    assert counters.view("bad")["total"] == 13
    assert counters.server.stop() == 0


def main():
    with tempfile.TemporaryDirectory(prefix="spate-events-") as name:
        scratch = pathlib.Path(name)
        for version, parts in ((1, PARTS), (2, second()), (3, third())):
            build_domain(scratch, parts)
            shutil.copy(scratch / "build/spate", scratch / f"spate-{version}")
        counters = Counters(scratch)
        first = written_by_each_version(counters)
        read_by_the_third(counters, first)
        proved_by_the_tools(counters, first)
        refused_by_the_gate(counters)
        named_when_it_fails(counters)


main()
