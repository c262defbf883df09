"""What the judges of the outside contract share: a client, and the book of violations."""
import http.client
import json
import re
import socket
import time

LARGEST = 2**53 - 1
JSON = {"Content-Type": "application/json"}
UTC = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$")


class Judge:
    """Counts sentences of the contract and keeps those that did not hold."""

    def __init__(self):
        self.checked, self.violations, self.problem_types = 0, [], set()

    def check(self, holds, sentence, seen=""):
        self.checked += 1
        if not holds:
            self.violations.append(sentence)
            print(f"VIOLATED  {sentence}\n          seen: {str(seen)[:600]}", flush=True)
        return bool(holds)

    def equal(self, seen, wanted, sentence):
        return self.check(seen == wanted, sentence, f"{seen!r}, wanted {wanted!r}")

    def accepted(self, a, sentence, **fields):
        """`fields`: of the first event."""
        ok = a.status == 200 and a.json.get("outcome") == "accepted"
        event = a.json["events"][0] if ok else {}
        wrong = {k: event.get(k) for k, v in fields.items() if event.get(k) != v}
        return self.check(ok and not wrong, sentence, f"{a}; wrong fields {wrong}")

    def rejected(self, a, code, sentence, details=None):
        ok = a.status == 409 and a.json.get("code") == code and a.json.get("outcome") == "rejected"
        ok = ok and (details is None or a.json.get("details") == details)
        return self.check(ok, f"{sentence} ({code})", a)

    def malformed(self, a, sentence, *places, place="pointer"):
        """400 whose errors point exactly at `places`; none given: anywhere."""
        named = [e.get(place) for e in a.json.get("errors", [])] if a.status == 400 else []
        ok = a.status == 400 and (not places or sorted(map(str, named)) == sorted(places))
        return self.check(ok, sentence, a)

    def status(self, a, status, sentence, code=None):
        return self.check(a.status == status and (code is None or a.json.get("code") == code),
                          f"{sentence} [{status} {code or ''}]", a)


class Answer:
    def __init__(self, status, headers, body, what=""):
        self.status, self.headers, self.body, self.what = status, headers, body, what
        self.json = {}
        try:
            parsed = json.loads(body)
            self.json = parsed if isinstance(parsed, dict) else {}
        except ValueError:
            pass

    def header(self, name):
        found = [v for k, v in self.headers if k.lower() == name.lower()]
        return found[0] if found else None

    @property
    def position(self):
        return self.header("Spate-Position")

    def __repr__(self):
        return f"{self.what} -> {self.status} {self.body[:400]!r}"


def integers(value):
    if isinstance(value, dict):
        for v in value.values():
            yield from integers(v)
    elif isinstance(value, list):
        for v in value:
            yield from integers(v)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


class Api:
    """Every answer is held against what all answers promise."""

    def __init__(self, judge, port):
        self.judge, self.port = judge, port
        self.connection = None

    def request(self, method, path, body=None, headers=(), timeout=40):
        headers = list(headers.items()) if isinstance(headers, dict) else list(headers)
        if body is not None and not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        for attempt in (0, 1):  # a server may close an idle connection, or one after an error
            try:
                c = self.connection or http.client.HTTPConnection("127.0.0.1", self.port,
                                                                  timeout=timeout)
                self.connection = None
                c.putrequest(method, path, skip_accept_encoding=True)
                for name, value in headers:
                    c.putheader(name, value)
                if body is not None or method == "POST":
                    c.putheader("Content-Length", str(len(body or b"")))
                c.endheaders(body)
                r = c.getresponse()
                data = r.read()
                break
            except (http.client.HTTPException, ConnectionError):
                if attempt:
                    raise
        if not r.will_close:
            self.connection = c
        answer = Answer(r.status, r.getheaders(), data,
                        f"{method} {path[:120]} {(body or b'')[:120]}")
        self.hold_to_the_laws(method, answer)
        return answer

    def hold_to_the_laws(self, method, a):
        j = self.judge
        if any(i > LARGEST for i in integers(a.json)):
            j.check(False, "no integer above 2^53-1 is ever sent", a)
        if method == "HEAD":
            j.check(a.body == b"", "HEAD has no body", a)
            return
        if a.status >= 400 and a.what.split()[1] not in ("/readyz", "/health", "/livez"):
            j.check(a.header("Content-Type") == "application/problem+json"
                    and a.json.get("status") == a.status and a.json.get("title")
                    and a.json.get("code") and a.json.get("type", "").startswith("/problems/"),
                    "errors are problems with type, title, status and code", a)
            j.problem_types.add(a.json.get("type"))
        if a.status >= 400 and a.json and a.json.get("outcome") is None and a.status != 422:
            j.check(re.fullmatch("[0-9a-f]{32}", a.json.get("trace_id", "")) and
                    a.json.get("instance", "").startswith("urn:uuid:"),
                    "a problem that is not stored names its occurrence", a)
        if a.status == 400:
            j.check(a.json.get("errors"), "a 400 has at least one entry in errors", a)
        if a.status == 405:
            j.check(a.header("Allow"), "405 carries Allow", a)
        if a.status == 503:
            j.check(a.header("Retry-After"), "503 carries Retry-After", a)
        if a.status >= 500 and a.status not in (503, 505):
            j.check(False, "the server does not fail", a)

    def get(self, path, headers=(), **named):
        return self.request("GET", path, None, list(headers.items()) if isinstance(headers, dict)
                            else list(headers), **named)

    def send(self, where, body=None, key=None, headers=()):
        """`where`: domain/stream/command."""
        extra = list(headers.items()) if isinstance(headers, dict) else list(headers)
        if key is not None:
            extra.append(("Idempotency-Key", key))
        return self.request("POST", "/v1/" + where, {} if body is None else body,
                            list(JSON.items()) + extra)

    def read(self, path, after):
        """A read that waits for what the answer `after` told."""
        return self.get(path, {"Spate-Position": after.position})

    def batch(self, lines, headers=()):
        text = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines) + "\n"
        a = self.request("POST", "/v1/batch", text,
                         [("Content-Type", "application/x-ndjson")] + list(headers))
        answers = [json.loads(x) for x in a.body.decode().splitlines()] if a.status == 200 else []
        return a, answers

    def raw(self, data, until_close=False):
        """Bytes as they are, on a connection of their own: the first status, and all bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as s:
            s.sendall(data)
            got = b""
            while until_close or b"\r\n\r\n" not in got:
                try:
                    more = s.recv(65536)
                except ConnectionError:
                    break
                if not more:
                    break
                got += more
        status = int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/1.1 ") else 0
        return status, got

    def wait_until_status(self, path, status, seconds=20):
        deadline = time.monotonic() + seconds
        while (a := self.get(path)).status != status and time.monotonic() < deadline:
            time.sleep(0.02)
        return a

    def wait_until(self, path, holds, seconds=20):
        """The view as soon as `holds(view)`; the last one seen when it never does."""
        deadline = time.monotonic() + seconds
        while True:
            a = self.get(path)
            if (a.status == 200 and holds(a.json)) or time.monotonic() > deadline:
                return a
            time.sleep(0.02)
