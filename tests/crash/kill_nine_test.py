"""kill -9 of the real server under load: nothing acknowledged is lost, nothing happens twice.

usage: kill_nine_test.py BUILD_DIR [ROUNDS]   (20 rounds unless told otherwise)

Every client keeps what it was told. After each kill the server starts again on the same directory;
every answer ever given must be given again, byte for byte, and a key that was never answered must
take effect at most once. At the end the log itself is folded afresh and compared with the stores.
"""
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
STOCK = 1_000_000_000
CLIENTS = 6
random.seed(int(os.environ.get("SPATE_SEED", "1")))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, data):
        self.data, self.port, self.process = data, free_port(), None

    def start(self):
        self.log = open(self.data + ".server.log", "ab")
        self.process = subprocess.Popen(
            [BUILD + "/spate", "serve", "--data", self.data, "--insecure-dev",
             "--listen", f"127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                sys.exit(f"the server ended with {self.process.returncode}, see {self.log.name}")
            try:
                if request(self.port, "GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.01)
        sys.exit("the server is not ready after 60 s")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def request(port, method, path, body=None, headers=None, connection=None):
    c = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request(method, path, body, headers or {})
    response = c.getresponse()
    return response.status, response.read()


class Client(threading.Thread):
    """Sends redemptions until the connection breaks; `told` survives from round to round."""

    def __init__(self, number, told, doubtful, port, stop):
        super().__init__()
        self.number, self.told, self.doubtful = number, told, doubtful
        self.port, self.stop, self.wrong = port, stop, None
        self.random = random.Random(random.random())

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            while not self.stop.is_set():
                self.one(connection)
        except (OSError, http.client.HTTPException):
            pass

    def one(self, connection):
        if self.told and self.random.random() < 0.2:
            key = self.random.choice(list(self.told))
        else:
            key = f"c{self.number}-{len(self.told) + len(self.doubtful)}"
            if key in self.told:
                return
        # Only what has an answer leaves `doubtful`: the claimant is the key, so effects can be counted.
        if key not in self.told:
            self.doubtful.add(key)
        campaign = f"sale-{hash_of(key) % 3}"
        answer = request(self.port, "POST", f"/v1/redemptions/{campaign}/redeem",
                         json.dumps({"claimant": key}),
                         {"Content-Type": "application/json", "Idempotency-Key": key}, connection)
        if answer[0] not in (200, 409):
            return
        if key in self.told and self.told[key] != answer:
            self.wrong = f"{key}: told {self.told[key]}, then {answer}"
        self.told[key] = answer
        self.doubtful.discard(key)


def hash_of(key):
    return sum(key.encode()) * 2654435761 >> 7


def check_answers(port, tolds):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    checked = 0
    for told in tolds:
        keys = list(told)
        for key in random.sample(keys, min(len(keys), 200)) + keys[-50:]:
            answer = request(port, "POST", f"/v1/redemptions/sale-{hash_of(key) % 3}/redeem",
                             json.dumps({"claimant": key}),
                             {"Content-Type": "application/json", "Idempotency-Key": key}, connection)
            if answer != told[key]:
                sys.exit(f"LOST OR CHANGED: {key} was told {told[key]}, now {answer}")
            checked += 1
    return checked


def claims_of(port, campaign):
    claims, path = {}, f"/v1/redemptions/{campaign}/claims?limit=1000"
    while path:
        status, body = request(port, "GET", path)
        assert status == 200, (status, body)
        page = json.loads(body)
        for item in page["items"]:
            assert item["claimant"] not in claims, f"{item} is listed twice"
            claims[item["claimant"]] = item["quantity"]
        path = page["next"]
    return claims


def check_views(port, tolds, doubtfuls):
    """Every accepted key has exactly one piece; nobody else has any but those in doubt."""
    accepted = {k for told in tolds for k, a in told.items() if a[0] == 200}
    doubtful = {k for keys in doubtfuls for k in keys}
    seen = set()
    for number in range(3):
        campaign = f"sale-{number}"
        claims = claims_of(port, campaign)
        view = json.loads(request(port, "GET", f"/v1/redemptions/{campaign}")[1])
        assert view["redeemed"] + view["remaining"] == view["stock"] == STOCK, view
        assert view["redeemed"] == sum(claims.values()) == len(claims) == view["claimants"], view
        seen |= set(claims)
    assert accepted <= seen, f"accepted and not in the views: {sorted(accepted - seen)[:5]}"
    assert seen <= accepted | doubtful, f"nobody sent these: {sorted(seen - accepted - doubtful)[:5]}"
    return len(seen)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        data = scratch + "/data"
        server = Server(data)
        server.start()
        for number in range(3):
            status, body = request(server.port, "POST", f"/v1/redemptions/sale-{number}/open",
                                   json.dumps({"stock": STOCK}),
                                   {"Content-Type": "application/json", "Idempotency-Key": "open"})
            assert status == 200, (status, body)
        tolds, doubtfuls = [{} for _ in range(CLIENTS)], [set() for _ in range(CLIENTS)]
        checked = 0
        for number in range(ROUNDS):
            stop = threading.Event()
            clients = [Client(i, tolds[i], doubtfuls[i], server.port, stop) for i in range(CLIENTS)]
            for client in clients:
                client.start()
            stop.wait(random.uniform(0.05, 1.2))
            server.kill()
            stop.set()
            for client in clients:
                client.join()
                if client.wrong:
                    sys.exit("CHANGED: " + client.wrong)
            server.start()
            checked += check_answers(server.port, tolds)
        held = check_views(server.port, tolds, doubtfuls)
        server.kill()
        verified = subprocess.run([BUILD + "/spate", "replay", "verify", "--data", data],
                                  capture_output=True, text=True)
        if verified.returncode != 0:
            sys.exit("replay verify: " + verified.stdout + verified.stderr)
        answered = sum(len(t) for t in tolds)
        print(f"{ROUNDS} kills, {answered} acknowledged commands, {checked} asked again, "
              f"{held} claims in the views, 0 lost, 0 doubled")


main()
