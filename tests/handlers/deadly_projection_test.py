# A projection that ends the process: it is held back at the third start, everything else goes on (E4).
import contextlib
import http.client
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from domain_kit import NAMED, PARTS, PROJECTION, add, build_domain, request  # noqa: E402
from server_kit import Server  # noqa: E402

APPLY = "static void apply(Views& views, const Added& e) {\n"
DEADLY = ('    if (e.amount() == 13 && std::getenv("COUNTERS_DEADLY") != nullptr)\n'
          "      std::raise(SIGKILL);\n")
WHY = "the process died twice while the projection counters folded outcome "
REMEDY = "correct the projection, then run `spate replay rebuild counters`"
STREAMS = [f"s{i}" for i in range(8)]  # both partitions have some


def two_domains():
    """The counters with that fault, and the same without it under another name."""
    parts = dict(PARTS)
    for name in NAMED[:3]:
        renamed = PARTS[name].replace("counters", "ballots").replace("Counters", "Ballots")
        parts[name.replace("counters", "ballots")] = renamed
    parts[NAMED[3]] += "  ballots:\n    partitions: 2\n"
    before, found, after = PARTS[PROJECTION].partition(APPLY)
    assert found, PARTS[PROJECTION]
    parts[PROJECTION] = ("#include <csignal>\n#include <cstdlib>\n" + before + found + DEADLY +
                         after)
    return parts


def vote(address, stream, key):
    return request(address, "POST", f"/v1/ballots/{stream}/add", {"amount": 1}, key)


def view(address, path, position=None):
    """Status, body and headers; a position waits for a while, for what does go on."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    headers = {"Spate-Position": position} if position else {}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, answer.headers


def await_end(server):
    assert server.process.wait(60) == -9, server.said()[-3000:]


def dies_twice(server):
    """Of the event as it comes, then at a start that folds it again; the third start is ready."""
    address = f"http://127.0.0.1:{server.port}"
    for stream in STREAMS:
        position = add(address, stream, 5, "k1")[2]["Spate-Position"]
        assert view(address, f"/v1/counters/{stream}", position)[0] == 200
    with contextlib.suppress(OSError, http.client.HTTPException):  # it may die before it answers
        add(address, "bad", 13, "k1")
    await_end(server)
    server.begin()
    await_end(server)
    server.begin()
    assert server.await_ready() is None, server.said()[-3000:]


def rest_goes_on(server):
    """Commands of that domain, views of the other; what it did fold before is still shown."""
    address = f"http://127.0.0.1:{server.port}"
    assert add(address, "bad", 13, "k1")[1]["events"][0]["total"] == 13, "it was decided"
    for stream in STREAMS:
        answer = add(address, stream, 1, "k2")
        assert answer[1]["events"][0]["total"] == 6, answer
        status, body, headers = view(address, f"/v1/counters/{stream}")
        assert status == 200 and '"total":5' in body and WHY in headers["Spate-View-Stopped"], body
        status, body, told = view(address, f"/v1/counters/{stream}", answer[2]["Spate-Position"])
        assert status == 503 and '"code":"views_stopped"' in body and told["Retry-After"], body
        assert told["Spate-Position"] == headers["Spate-Position"], "where its views are"
        assert WHY in body and "(added of stream 'bad')" in body and REMEDY in body, body
    assert view(address, "/v1/counters/bad")[0] == 404, "what was never folded is not shown"
    status, _, headers = vote(address, "b", f"v{server.port}{time.monotonic_ns()}")
    assert status == 200
    status, body, headers = view(address, "/v1/ballots/b", headers["Spate-Position"])
    assert status == 200 and "Spate-View-Stopped" not in headers, body


def says_so(server):
    assert server.request("GET", "/readyz")[0] == 200, "it serves"
    told = server.request("GET", "/readyz?verbose")[1].decode()
    assert "views stopped: " + WHY in told and REMEDY in told, told
    metrics = server.request("GET", "/metrics")[1].decode()
    stopped = dict(re.findall(r'spate_projection_stopped\{domain="(\w+)",partition="0"\} (\d)',
                              metrics))
    assert stopped == {"counters": "1", "ballots": "0"}, metrics
    log = server.said(server.said_before)
    assert "generation 1: " + WHY in log and REMEDY in log, log[-3000:]


def replay(server, *arguments):
    run = subprocess.run([server.binary, "replay", *arguments, "--server",
                          f"http://127.0.0.1:{server.port}"], text=True, capture_output=True)
    assert run.returncode == 0, run.stdout + run.stderr


def rebuilt_when_it_is_corrected(server):
    """With the remedy it said; and the generation that died is not folded again, either."""
    del server.environment["COUNTERS_DEADLY"]
    server.start()
    says_so(server)
    replay(server, "rebuild", "counters", "--expect-same")
    address = f"http://127.0.0.1:{server.port}"
    answer = add(address, "bad", 1, "k3")
    status, body, headers = view(address, "/v1/counters/bad", answer[2]["Spate-Position"])
    assert status == 200 and '"total":14' in body, body
    assert "Spate-View-Stopped" not in headers
    server.kill()
    server.start()
    status, body, _ = view(address, "/v1/counters/s0")
    assert status == 200 and '"total":6' in body, body
    replay(server, "commit")
    replay(server, "rebuild", "counters", "--expect-same")
    replay(server, "commit")
    assert server.stop() == 0, server.said()[-3000:]
    crumbs = sorted(path.name for path in pathlib.Path(server.data, "views").glob("*.breadcrumbs"))
    assert crumbs == ["1.breadcrumbs", "3.breadcrumbs"], f"the second went with its views: {crumbs}"
    run = subprocess.run([server.binary, "replay", "verify", "--data", server.data], text=True,
                         capture_output=True)
    assert run.returncode == 0, run.stdout + run.stderr


def main():
    with tempfile.TemporaryDirectory(prefix="spate-deadly-") as name:
        scratch = pathlib.Path(name)
        build_domain(scratch, two_domains())
        server = Server(scratch / "data", environment={"COUNTERS_DEADLY": "1"},
                        binary=scratch / "build/spate").start()
        dies_twice(server)
        rest_goes_on(server)
        says_so(server)
        server.kill()
        server.start()
        rest_goes_on(server)
        assert server.stop() == 0, server.said()[-3000:]
        rebuilt_when_it_is_corrected(server)


main()
