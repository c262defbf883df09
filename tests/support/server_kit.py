"""The server as seen from outside: started, asked, killed and stopped by the tests that are scripts."""
import http.client
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build/release"
JSON = {"Content-Type": "application/json"}
SKIPPED = 77  # the exit code by which ctest counts a script as skipped: tests/tests.cmake


def spate(*arguments):
    """Runs a subcommand to its end."""
    return subprocess.run([BUILD + "/spate", *arguments], capture_output=True, text=True)


class Server:
    """One data directory, served by one process at a time; `log` holds all it ever said.

    The first start takes a free port, which its log tells; later ones take the same again.
    """

    def __init__(self, data, flags=(), environment=None, log=None, dev=True, listen="127.0.0.1",
                 binary=BUILD + "/spate", limits=None):
        self.data, self.port, self.process = str(data), None, None
        self.binary, self.listen = binary, listen
        self.flags = [*flags, *(["--insecure-dev"] if dev else [])]
        self.environment = {**os.environ, **(environment or {})}
        self.limits = limits or {}  # resource: (soft, hard)
        self.log = log or self.data + ".server.log"

    def begin(self):
        with open(self.log, "ab") as log:
            self.said_before = log.tell()
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", self.data, "--listen",
                 f"{self.listen}:{self.port or 0}", *self.flags], stdout=log, stderr=log,
                env=self.environment, preexec_fn=self.set_limits if self.limits else None)

    def set_limits(self):
        for name, pair in self.limits.items():
            resource.setrlimit(name, pair)

    def is_ready(self):
        told = re.search(r'"port":(\d+)', self.said(self.said_before))
        if told is None:
            return False
        self.port = int(told.group(1))
        try:
            return self.request("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def await_ready(self, seconds=60):
        """None when ready, else the exit code of the process."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            code = self.process.poll()
            if code is not None:
                return code
            if self.is_ready():
                return None
            time.sleep(0.005)
        raise SystemExit(f"neither ready nor ended after {seconds} s; it said:\n{self.said()[-3000:]}")

    def start(self):
        self.begin()
        code = self.await_ready()
        if code is not None:
            raise SystemExit(f"the server ended with {code}; it said:\n{self.said()[-3000:]}")
        return self

    def said(self, offset=0):
        with open(self.log, "rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, wait=True):
        """Its process; without `wait` it may still be dying, and hold what it held."""
        if self.running():
            self.process.send_signal(signal.SIGKILL)
        if wait:
            self.process.wait()
        return self.process

    def stop(self, seconds=60):
        self.process.terminate()
        return self.process.wait(timeout=seconds)

    def connect(self, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, connection=None):
        """(status, bytes)"""
        c = connection or self.connect()
        c.request(method, path, body, headers or {})
        response = c.getresponse()
        answer = response.status, response.read()
        if connection is None:
            c.close()
        return answer

    def get(self, path):
        """(status, value of the JSON)"""
        status, body = self.request("GET", path)
        return status, json.loads(body)

    def send(self, path, key, value, connection=None):
        """(status, bytes) of one command."""
        return self.request("POST", "/v1/" + path, json.dumps(value),
                            {**JSON, "Idempotency-Key": key}, connection)

    def send_batch(self, path, lines, connection=None):
        """One answer a line, as values; `lines` are values with an `id`."""
        body = "\n".join(json.dumps(line) for line in lines) + "\n"
        status, answer = self.request("POST", "/v1/" + path, body,
                                      {"Content-Type": "application/x-ndjson"}, connection)
        if status != 200:
            return status, answer
        return status, [json.loads(line) for line in answer.splitlines()]

    def place_noisy_orders(self, name, batches, batch_lines, seed):
        """Some segments of the log; noise, for groups are packed. Orders NAME<batch>-<line>."""
        noise = random.Random(seed)
        for batch in range(batches):
            lines = [{"domain": "orders", "stream": f"{name}{batch}-{n}", "command": "place",
                      "id": f"{name}{batch}-{n}",
                      "body": {"customer": f"c{n % 50}", "currency": "EUR",
                               "items": [{"sku": noise.randbytes(60).hex(), "quantity": 1,
                                          "unit_price_minor": k} for k in range(9)]}}
                     for n in range(batch_lines)]
            answers = self.send_batch("batch", lines)[1]
            assert all(answer["outcome"] == "accepted" for answer in answers), answers[:3]

    def claims(self, campaign):
        """What each claimant of a campaign holds, by the view."""
        held, path = {}, f"/v1/redemptions/{campaign}/claims?limit=1000"
        while path:
            status, page = self.get(path)
            assert status == 200, (status, page)
            for item in page["items"]:
                assert item["claimant"] not in held, f"{item} is listed twice"
                held[item["claimant"]] = item["quantity"]
            path = page["next"]
        return held
