# Adding a domain: four files, no change of the engine; a part that is missing stops the build by name.
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1]).resolve()

SCHEMA = """
include "attributes.fbs";
namespace spate.counters;

/// Adds to a counter.
table Add { amount:uint = null (id:0, needed, min:1, max:100); }
union Command { Add = 1 }
/// The counter grew.
table Added { amount:uint (id:0); total:uint (id:1); }
union Event { Added = 1 }
enum Rejection : ushort {
  /// The counter would exceed `limit`. Add less.
  too_much = 1
}
struct CounterRow { total:uint; }
union Row { CounterRow = 1 }
/// One counter.
table Counter (stream_view) {
  counter:string (id:0, key);
  total:uint (id:1);
  version:ulong (id:2);
}
union View { Counter = 1 }
"""

HANDLER = """
#include <cstdlib>

#include "engine/api/handler.hpp"
#include "schemas/counters_generated.h"

namespace spate::counters {
namespace {
/// The bug of this handler, and its repair, in one binary.
bool is_repaired() { return std::getenv("COUNTERS_REPAIRED") != nullptr; }

struct Counters : Handles<Members<CommandTraits, Add>, Members<EventTraits, Added>,
                          Members<RowTraits, CounterRow>> {
  static constexpr uint32_t evolve_version = 1;
  template <class T>
  static void rows(Names& names, const T&) { names.add<CounterRow>(); }

  static Verdict decide(const Rows& rows, const Add& add, Emit& emit) {
    ENSURE(*add.amount() != 13 || is_repaired());
    const CounterRow* counter = rows.find<CounterRow>();
    const uint32_t total = (counter == nullptr ? 0 : counter->total()) + *add.amount();
    if (total > 150) return rejected(Rejection::too_much).with("limit", 150);
    emit(CreateAdded(emit.builder(), *add.amount(), total));
    return accepted;
  }
  static void evolve(Rows& rows, const Added& e) { rows.edit<CounterRow>().mutate_total(e.total()); }
};
}  // namespace
const HandlerTable& handler() { return make_handler<Counters>(); }
}  // namespace spate::counters
"""

PROJECTION = """
#include "engine/api/projection.hpp"
#include "schemas/counters_generated.h"

namespace spate::counters {
namespace {
struct CounterViews : Projects<Members<EventTraits, Added>, Members<ViewTraits, Counter>> {
  static constexpr uint32_t version = 1;
  static void apply(Views& views, const Added& e) {
    views.update<Counter>({}, [&](CounterT& counter) {
      counter.counter = views.stream();
      counter.total = e.total();
      ++counter.version;
    });
  }
};
}  // namespace
const ProjectionTable& projection() { return make_projection<CounterViews>(); }
}  // namespace spate::counters
"""

PARTS = {
    "schemas/counters.fbs": SCHEMA,
    "handlers/counters.cpp": HANDLER,
    "projections/counters.cpp": PROJECTION,
    "topics/topics.yaml": "domains:\n  counters:\n    partitions: 2\n",
}


def write_parts(domain, leave_out=None):
    shutil.rmtree(domain, ignore_errors=True)
    for name, text in PARTS.items():
        path = domain / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "topics/topics.yaml" and leave_out == name:
            text = "domains:\n"
        elif name == leave_out:
            continue
        path.write_text(text)


def cached(name):
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.partition("=")[2]
    return ""


def configure(domain, build):
    options = {"SPATE_DOMAIN_ROOT": domain, "SPATE_ENGINE_BUILD": BUILD, "SPATE_TESTS": "OFF",
               "SPATE_BENCH": "OFF", "SPATE_SANITIZE": cached("SPATE_SANITIZE"),
               "CMAKE_BUILD_TYPE": cached("CMAKE_BUILD_TYPE")}
    command = ["cmake", "-G", "Ninja", "-S", ROOT, "-B", build]
    command += [f"-D{name}={value}" for name, value in options.items()]
    return subprocess.run(command, text=True, capture_output=True)


def missing_part_stops_the_build(scratch):
    for part in PARTS:
        write_parts(scratch / "domain", leave_out=part)
        run = configure(scratch / "domain", scratch / "refused")
        said = " ".join(run.stderr.split())
        assert run.returncode != 0, f"configured although {part} is missing"
        assert part in said and "'counters'" in said, f"{part} is not named:\n{run.stderr}"


def build_domain(scratch):
    write_parts(scratch / "domain")
    run = configure(scratch / "domain", scratch / "build")
    assert run.returncode == 0, run.stderr
    run = subprocess.run(["cmake", "--build", scratch / "build", "--target", "spate"], text=True,
                         capture_output=True)
    assert run.returncode == 0, run.stdout + run.stderr
    compiled = [p for p in (scratch / "build").rglob("*.o") if "engine" in p.parts]
    assert len(compiled) <= 1, f"the engine was compiled again: {compiled}"  # main.cpp alone


def request(address, method, path, body=None, key=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    asked = urllib.request.Request(address + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers


def wait_until_ready(address, server):
    for _ in range(600):
        assert server.poll() is None, server.stderr.read()
        try:
            with urllib.request.urlopen(address + "/readyz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)  # polls an outside process: nothing here could wake us
    raise AssertionError("not ready within 30 s")


@contextlib.contextmanager
def served(scratch, **environment):
    """The address of a server that ends in order."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([scratch / "build/spate", "serve", "--insecure-dev", "--data",
                               scratch / "data", "--listen", f"127.0.0.1:{port}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **environment})
    try:
        wait_until_ready(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert server.returncode == 0, server.stderr.read()


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


def add(address, stream, amount, key):
    return request(address, "POST", f"/v1/counters/{stream}/add", {"amount": amount}, key)


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


def main():
    with tempfile.TemporaryDirectory(prefix="spate-domain-") as name:
        scratch = pathlib.Path(name)
        missing_part_stops_the_build(scratch)
        build_domain(scratch)
        serve_domain(scratch)
        poison_parks_its_stream(scratch)
    print("a domain of four files is built and served by the engine as it is")


main()
