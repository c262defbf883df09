"""kill -9 of the real server: what a reader without a position saw before it, it sees after it.

Views reach the disk now and then only: what a kill takes from memory is folded again by the next
start, in front of readers who do not know how far they were.
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import Server  # noqa: E402

ROUNDS = 3
BATCHES, LINES = 5, 10_000
CAMPAIGNS = 4


def redeem(server, connection, first):
    """Batches of all campaigns; how many there are then."""
    for number in range(first, first + BATCHES):
        lines = [{"domain": "redemptions", "stream": f"sale-{n % CAMPAIGNS}", "command": "redeem",
                  "id": f"{number}-{n}", "body": {"claimant": f"c{number}-{n}"}} for n in range(LINES)]
        answers = server.send_batch("batch", lines, connection)[1]
        assert all(answer["outcome"] == "accepted" for answer in answers), answers[:3]
    return first + BATCHES


def seen(server):
    """What plain reads show, each by another way."""
    found = {}
    for number in range(CAMPAIGNS):
        status, view = server.get(f"/v1/redemptions/sale-{number}")
        assert status == 200, (status, view)
        found[number] = view["redeemed"]
    status, page = server.get("/v1/redemptions")
    assert status == 200, (status, page)
    for view in page["items"]:
        number = int(view["campaign"].split("-")[1])
        assert view["redeemed"] >= found[number], (view, found)
        found[number] = view["redeemed"]
    assert len(found) == CAMPAIGNS == len(page["items"]), (found, page)
    return found


def main():
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(scratch + "/data")
        server.start()
        for number in range(CAMPAIGNS):
            assert server.send(f"redemptions/sale-{number}/open", "open",
                               {"stock": 10**9})[0] == 200
        number = 1
        for _ in range(ROUNDS):
            number = redeem(server, server.connect(), number)
            before = seen(server)
            server.kill()
            server.start()
            after = seen(server)
            assert all(after[n] >= before[n] for n in before), f"stepped back: {before} {after}"
        assert sum(seen(server).values()) == (number - 1) * LINES
        assert server.stop() == 0, server.said()[-3000:]
        print(f"{ROUNDS} kills behind {BATCHES * LINES} redemptions each, no read stepped back")


main()
