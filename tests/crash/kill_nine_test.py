"""kill -9 of the real server under load: nothing acknowledged is lost, nothing happens twice.

usage: kill_nine_test.py BUILD_DIR [ROUNDS]   (20 rounds unless told otherwise)

Every client keeps what it was told. After each kill the server starts again on the same directory;
every answer ever given must be given again, byte for byte, and a key that was never answered must
take effect at most once. At the end the log itself is folded afresh and compared with the stores.
"""
import http.client
import os
import random
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import Server, spate  # noqa: E402

ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
STOCK = 1_000_000_000
CLIENTS = 6
random.seed(int(os.environ.get("SPATE_SEED", "1")))


class Client(threading.Thread):
    """Sends redemptions until the connection breaks; `told` survives from round to round."""

    def __init__(self, number, told, doubtful, server, stop):
        super().__init__()
        self.number, self.told, self.doubtful = number, told, doubtful
        self.server, self.stop, self.wrong = server, stop, None
        self.random = random.Random(random.random())

    def run(self):
        connection = self.server.connect()
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
        answer = redeem(self.server, key, connection)
        if answer[0] not in (200, 409):
            return
        if key in self.told and self.told[key] != answer:
            self.wrong = f"{key}: told {self.told[key]}, then {answer}"
        self.told[key] = answer
        self.doubtful.discard(key)


def hash_of(key):
    return sum(key.encode()) * 2654435761 >> 7


def redeem(server, key, connection):
    campaign = f"redemptions/sale-{hash_of(key) % 3}"
    return server.send(f"{campaign}/redeem", key, {"claimant": key}, connection)


def check_answers(server, tolds):
    connection = server.connect()
    checked = 0
    for told in tolds:
        keys = list(told)
        for key in random.sample(keys, min(len(keys), 200)) + keys[-50:]:
            answer = redeem(server, key, connection)
            if answer != told[key]:
                sys.exit(f"LOST OR CHANGED: {key} was told {told[key]}, now {answer}")
            checked += 1
    return checked


def check_views(server, tolds, doubtfuls):
    """Every accepted key has exactly one piece; nobody else has any but those in doubt."""
    accepted = {k for told in tolds for k, a in told.items() if a[0] == 200}
    doubtful = {k for keys in doubtfuls for k in keys}
    seen = set()
    for number in range(3):
        campaign = f"sale-{number}"
        claims = server.claims(campaign)
        view = server.get(f"/v1/redemptions/{campaign}")[1]
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
            status, body = server.send(f"redemptions/sale-{number}/open", "open", {"stock": STOCK})
            assert status == 200, (status, body)
        tolds, doubtfuls = [{} for _ in range(CLIENTS)], [set() for _ in range(CLIENTS)]
        checked = 0
        for number in range(ROUNDS):
            stop = threading.Event()
            clients = [Client(i, tolds[i], doubtfuls[i], server, stop) for i in range(CLIENTS)]
            for client in clients:
                client.start()
            stop.wait(random.uniform(0.05, 1.2))
            dying = server.kill(wait=number % 2 == 0)  # else the next one finds it dying
            stop.set()
            for client in clients:
                client.join()
                if client.wrong:
                    sys.exit("CHANGED: " + client.wrong)
            server.start()
            dying.wait()
            checked += check_answers(server, tolds)
        held = check_views(server, tolds, doubtfuls)
        server.kill()
        verified = spate("replay", "verify", "--data", data)
        if verified.returncode != 0:
            sys.exit("replay verify: " + verified.stdout + verified.stderr)
        answered = sum(len(t) for t in tolds)
        print(f"{ROUNDS} kills, {answered} acknowledged commands, {checked} asked again, "
              f"{held} claims in the views, 0 lost, 0 doubled")


main()
