# Adding a domain as the README says: four parts, no change of the engine; a missing one is named.
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from domain_kit import (HANDLER, NAMED, PARTS, PROJECTION, add, build, build_domain,  # noqa: E402
                        configure, request, write_parts)
from server_kit import JSON, Server  # noqa: E402

DECIDE = "static Verdict decide(const Rows& rows, const Add& add, Emit& emit) {\n"
# A bug of the handler, and its repair, in one binary.
BUG = '    ENSURE(*add.amount() != 13 || std::getenv("COUNTERS_REPAIRED") != nullptr);\n'


def with_a_bug(handler):
    before, found, after = handler.partition(DECIDE)
    assert found, handler
    handler = "#include <cstdlib>\n" + before + found + BUG + after
    assert LIMIT in handler, handler
    return handler.replace(LIMIT, WIDER)


# A build that decides otherwise than the README's.
LIMIT, WIDER = "total > 150", 'total > (std::getenv("COUNTERS_WIDE") == nullptr ? 150 : 200)'


# And one of the projection that ends the process: views folded before it is switched on are right.
APPLY = "static void apply(Views& views, const Added& e) {\n"
DEADLY = ('    if (e.amount() == 13 && std::getenv("COUNTERS_DEADLY") != nullptr)\n'
          "      std::raise(SIGKILL);\n")


def with_a_deadly_event(projection):
    before, found, after = projection.partition(APPLY)
    assert found, projection
    return "#include <csignal>\n#include <cstdlib>\n" + before + found + DEADLY + after


def missing_part_stops_the_build(scratch):
    for part in PARTS:
        write_parts(scratch / "domain", leave_out=part)
        run = configure(scratch / "domain", scratch / "refused")
        said = " ".join(run.stderr.split())
        assert run.returncode != 0, f"configured although {part} is missing"
        assert part in said and "'counters'" in said, f"{part} is not named:\n{run.stderr}"


def wrong_schema_stops_the_build(scratch):
    """What the catalog would refuse at a start is refused where it was written, before that."""
    fields = "  /// Events of this counter so far."
    schema = PARTS[NAMED[0]]
    assert fields in schema
    wrong = schema.replace(fields, "  hidden:bool (id:3, filter);\n" + fields)
    write_parts(scratch / "domain", {**PARTS, NAMED[0]: wrong})
    run = configure(scratch / "domain", scratch / "refused")
    assert run.returncode == 0, run.stderr
    run = build(scratch / "refused")
    assert run.returncode != 0, "built although no server would start with that schema"
    said = run.stdout + run.stderr
    assert "schemas/counters.fbs: Counter.hidden: lists are filtered by texts" in said, said


@contextlib.contextmanager
def served(scratch, **environment):
    """The address of a server that ends in order."""
    server = Server(scratch / "data", environment=environment, binary=scratch / "build/spate")
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        code = server.stop()
    assert code == 0, server.said()[-3000:]


def serve_domain(scratch):
    with served(scratch) as address:
        status, answer, headers = request(address, "POST", "/v1/counters/clicks/add", {"amount": 100})
        assert status == 200, answer
        assert answer["events"] == [{"type": "added", "amount": 100, "total": 100}], answer
        status, answer, _ = request(address, "POST", "/v1/counters/clicks/add", {"amount": 51})
        assert (status, answer["code"], answer["details"]) == (409, "too_much", {"limit": 150}), answer
        status, answer, _ = request(address, "POST", "/v1/counters/clicks/add", {"amount": 101})
        assert status == 400 and answer["errors"][0]["pointer"] == "/amount", answer
        asked = urllib.request.Request(address + "/v1/counters/clicks",
                                       headers={"Spate-Position": headers["Spate-Position"]})
        with urllib.request.urlopen(asked, timeout=10) as view:
            shown = json.loads(view.read())
        assert shown == {"counter": "clicks", "total": 100, "version": 1}, shown


def parked(scratch, what, *arguments):
    run = subprocess.run([scratch / "build/spate", "log", "parked", what, *arguments, "--data",
                          scratch / "data"], text=True, capture_output=True)
    return run.returncode, run.stdout + run.stderr


def status_of(address, location):
    return request(address, "GET", location)[:2]


def poison_parks_its_stream(scratch):
    """202 parked, later ones behind it, 503 when too many, the rest flows; then the repair."""
    with served(scratch, SPATE_PROCESSOR_PARKED_PER_STREAM_MAX="2") as address:
        status, first, headers = add(address, "bad", 13, "k1")
        assert (status, first["outcome"]) == (202, "parked") and headers["Location"], first
        status, again, replayed = add(address, "bad", 13, "k1")
        assert (status, again) == (202, first) and replayed["Idempotent-Replayed"] == "true", again
        assert status_of(address, headers["Location"])[0] == 202
        assert add(address, "bad", 14, "k1")[0] == 422, "a parked id is remembered"
        status, behind, headers_behind = add(address, "bad", 1, "k2")
        assert (status, behind["outcome"]) == (202, "parked"), behind
        status, full, headers_full = add(address, "bad", 2, "k3")
        assert (status, full["code"], full["taken"]) == (503, "stream_parked", "no"), full
        assert headers_full["Retry-After"], headers_full
        assert add(address, "bad", 13, "k1")[0] == 202, "a duplicate is answered though it is full"
        assert add(address, "good", 5, "k1")[0] == 200, "the rest flows"
    code, said = parked(scratch, "list")
    assert code == 0 and [c["stream"] for c in json.loads(said)] == ["bad", "bad"], said
    assert parked(scratch, "redrive", "counters", "good")[0] == 1, "nothing is parked there"
    assert parked(scratch, "redrive", "counter", "bad")[0] == 2
    assert parked(scratch, "redrive", "counters", "bad")[0] == 0
    with served(scratch, COUNTERS_REPAIRED="1") as address:
        for location in (headers["Location"], headers_behind["Location"]):
            status, decided = status_of(address, location)
            assert (status, decided["outcome"]) == (200, "accepted"), decided
        assert decided["events"] == [{"type": "added", "amount": 1, "total": 14}], decided
        status, answer, _ = add(address, "bad", 13, "k1")
        assert status == 200 and answer["events"][0]["total"] == 13, answer
        assert add(address, "bad", 2, "k3")[1]["events"][0]["total"] == 16
    with served(scratch) as address:
        assert add(address, "lost", 13, "k")[0] == 202
    assert parked(scratch, "discard", "counters", "lost")[0] == 0
    with served(scratch) as address:
        assert add(address, "lost", 7, "k2")[0] == 200, "a discarded command stops nobody"
    assert parked(scratch, "list") == (0, "[]\n")


def another_build_decides_in_a_fork(scratch):
    """What a new handler would have done with the commands of the past, by that handler's server."""
    def fork(into, **environment):
        run = subprocess.run([scratch / "spate-before", "replay", "fork", scratch / "snapshots", "--at",
                              "beginning", "--into", scratch / into, "--binary", scratch / "build/spate",
                              "-o", "json"], text=True, capture_output=True,
                             env={**os.environ, **environment})
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)["changes"]

    assert fork("as-it-was") == []
    change, = fork("wider", COUNTERS_WIDE="1")
    assert (change["before"], change["after"], change["count"]) == (
        "rejected: too_much", "accepted", 1), change


def deadly_projection_fails_its_rebuild(scratch):
    """It dies of the event, and of its repetition; then the generation is given up, and served on."""
    deadly = Server(scratch / "data", environment={"COUNTERS_DEADLY": "1"},
                    binary=scratch / "build/spate").start()
    wish = json.dumps({"projections": ["counters"]})
    with contextlib.suppress(OSError, http.client.HTTPException):  # it may die before it answers
        status, body = deadly.request("POST", "/admin/replay/rebuild", wish, JSON)
        assert status in (200, 202), body
    assert deadly.process.wait(60) == -9, deadly.said()[-3000:]
    deadly.begin()
    assert deadly.process.wait(60) == -9, deadly.said()[-3000:]
    deadly.start()
    stage, deadline = {}, time.monotonic() + 60
    while stage.get("stage") != "failed" and time.monotonic() < deadline:
        stage = deadly.get("/admin/replay")[1]
    assert stage["stage"] == "failed", stage
    assert "the process died twice while the projection folded it" in stage["reason"], stage
    assert "of stream 'bad'" in stage["reason"] and "outcome " in stage["reason"], stage
    assert deadly.get("/v1/counters/bad")[1]["total"] == 16, "the old generation serves"
    assert deadly.send("counters/new/add", "k", {"amount": 1})[0] == 200
    assert deadly.stop() == 0, deadly.said()[-3000:]
    deadly.start()
    assert deadly.get("/admin/replay")[1]["stage"] == "failed", "it is not tried again"
    assert deadly.request("POST", "/admin/replay/cancel", "{}", JSON)[0] in (200, 202)
    assert deadly.stop() == 0, deadly.said()[-3000:]


def second_domain():
    """The counters once more, under a name that comes before theirs in every list."""
    parts = dict(PARTS)
    for name in NAMED[:3]:
        renamed = PARTS[name].replace("counters", "ballots").replace("Counters", "Ballots")
        parts[name.replace("counters", "ballots")] = renamed
    parts[NAMED[3]] += "  ballots:\n    partitions: 3\n"
    return parts


def run_on(scratch, *arguments, binary="build/spate"):
    run = subprocess.run([scratch / binary, *arguments, "--data", scratch / "data"], text=True,
                         capture_output=True)
    return run.returncode, run.stdout + run.stderr


def older_directory_gets_the_partitions_of_a_new_domain(scratch):
    """Its next start adds them, also when the last one was killed; what was there stays."""
    shutil.rmtree(scratch / "data")
    old = Server(scratch / "data", binary=scratch / "build/spate").start()
    address = f"http://127.0.0.1:{old.port}"
    first = add(address, "clicks", 100, "k1")[:2]
    assert first[0] == 200, first
    old.kill()
    shutil.copy(scratch / "build/spate", scratch / "spate-of-one")
    build_domain(scratch, second_domain())
    with served(scratch) as address:
        assert add(address, "clicks", 100, "k1")[:2] == first, "the same answer, after the domain"
        assert add(address, "clicks", 1, "k2")[1]["events"][0]["total"] == 101
        for i in range(8):  # three partitions: all are reached
            status, answer, _ = request(address, "POST", f"/v1/ballots/b{i}/add", {"amount": i + 1})
            assert status == 200, answer
    with served(scratch) as address:
        assert request(address, "GET", "/v1/counters/clicks")[1]["total"] == 101
        shown = request(address, "GET", "/v1/ballots")[1]["items"]
        assert [b["total"] for b in shown] == [1, 2, 3, 4, 5, 6, 7, 8], shown
    for tool in ("log", "replay"):
        code, said = run_on(scratch, tool, "verify")
        assert code == 0, said
    code, said = run_on(scratch, "serve", "--listen", "127.0.0.1:0", binary="spate-of-one")
    assert code == 2 and "ballots" in said, "a binary without the domain must refuse: " + said


def main():
    with tempfile.TemporaryDirectory(prefix="spate-domain-") as name:
        scratch = pathlib.Path(name)
        missing_part_stops_the_build(scratch)
        wrong_schema_stops_the_build(scratch)
        build_domain(scratch)
        serve_domain(scratch)
        shutil.copy(scratch / "build/spate", scratch / "spate-before")
        code, said = run_on(scratch, "snapshot", "create", str(scratch / "snapshots"))
        assert code == 0, said
        build_domain(scratch, {**PARTS, HANDLER: with_a_bug(PARTS[HANDLER]),
                               PROJECTION: with_a_deadly_event(PARTS[PROJECTION])})
        another_build_decides_in_a_fork(scratch)
        poison_parks_its_stream(scratch)
        deadly_projection_fails_its_rebuild(scratch)
        older_directory_gets_the_partitions_of_a_new_domain(scratch)
    print("the domain of the README is built and served by the engine as it is")


main()
