"""A sale over HTTP while servers and brokers are hurt: what every client was told, and the reckoning.

Clients send until told to stop and repeat a wish, with its id, until they have its final answer.
In the end what was answered is what the topics hold (the judge) and what the views show.
"""
import collections
import http.client
import json
import random
import sys
import threading
import time

import judge_program
from command_coverage import CommandCoverage, command_id
from outcome_record import ACCEPTED, REJECTED

import java_runtime

sys.path.insert(0, str(java_runtime.ROOT / "tests/support"))

DOMAIN = "redemptions"
STOCK = 1_000_000_000
PATIENCE_S = 120
PAUSE_S = 0.05  # of a client that was not served
BATCH_LINES = 40
# What may be answered while something is down: each says that, and how, to ask again.
HONEST = {"not_ready", "pending", "maybe_taken", "outcome_unknown", "shutting_down", "overloaded", "unavailable"}


class Client(threading.Thread):
    """One connection. With an odd number it sends batches, else one command a request."""

    def __init__(self, sale, number):
        super().__init__(daemon=True)
        self.sale, self.number, self.sent = sale, number, 0
        self.in_batches = number % 2 == 1  # always, or never: only the single answer explains itself
        self.random = random.Random(number * 7919 + sale.seed)
        self.connection = None
        self.broken = None

    def run(self):
        while not self.sale.stopping.is_set() and self.broken is None:
            wishes = self.sale.unanswered_of(self.number) or self.new_wishes()
            try:
                self.send(wishes)
            except (OSError, http.client.HTTPException):
                self.connection = None
                self.sale.count("no answer")
                self.sale.stopping.wait(PAUSE_S)
            except Exception as e:  # a client that ends unseen would hide what it met
                self.broken = f"client {self.number}: {e!r}"

    def new_wishes(self):
        """(key, claimant, campaign): some keys come again, some claimants do."""
        wishes = []
        for _ in range(self.sale.batch_lines if self.number % 2 else 1):
            told = self.sale.told_to[self.number]
            if told and self.random.random() < 0.1:
                wishes.append(self.random.choice(told))
                continue
            self.sent += 1
            key = f"{self.sale.name}-c{self.number}-{self.sale.begun}-{self.sent}"
            claimant = self.random.choice(told)[1] if told and self.random.random() < 0.1 else key
            wishes.append((key, claimant, self.random.choice(self.sale.campaigns)))
        self.sale.note_sent(self.number, wishes)
        return wishes

    def send(self, wishes):
        server = self.sale.server()
        if self.connection is None or self.connection.port != server.port:
            self.connection = server.connect(timeout=40)
        begin = time.monotonic()
        if not self.in_batches:
            key, claimant, campaign = wishes[0]
            status, body = server.send(f"{DOMAIN}/{campaign}/redeem", key, {"claimant": claimant},
                                       self.connection)
            answers = [(status, json.loads(body))]
        else:
            lines = [{"domain": DOMAIN, "stream": campaign, "command": "redeem", "id": key,
                      "body": {"claimant": claimant}} for key, claimant, campaign in wishes]
            status, lines = server.send_batch("batch", lines, self.connection)
            if status != 200:
                lines = [json.loads(lines)] * len(wishes)
            answers = [(status, line) for line in lines]
        self.sale.slowest_s = max(self.sale.slowest_s, time.monotonic() - begin)
        served = [self.sale.take(self.number, *pair) for pair in zip(wishes, answers)]
        self.sale.stopping.wait(self.sale.pause_s if all(served) else PAUSE_S)


def outcome_of(status, answer):
    """(outcome or None, why not, what every repetition must be told alike)"""
    problem = answer.get("problem", answer)
    told = {name: answer.get(name, problem.get(name)) for name in
            ("command_id", "position", "events", "code", "detail", "at")}
    if answer.get("outcome") == "accepted":
        return ACCEPTED, "", told
    if answer.get("outcome") == "rejected" or (status == 409 and "command_id" in answer):
        return REJECTED, "", told
    if status == 202 or answer.get("outcome") == "pending":  # the latter: a line of a batch
        return None, answer.get("outcome"), told
    return None, problem.get("code", f"{status} {answer}"), told


class Sale:
    """`server` is called for the one to send to; names of campaigns and keys begin with `name`.

    A client rests for `pause_s` between two requests; every other one sends `batch_lines` in one.
    """

    def __init__(self, server, name="sale", clients=6, campaigns=6, seed=1, pause_s=0,
                 batch_lines=BATCH_LINES):
        self.server, self.name, self.number_of_clients, self.seed = server, name, clients, seed
        self.pause_s, self.batch_lines = pause_s, batch_lines
        self.campaigns = [f"{name}-{n}" for n in range(campaigns)]
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.answers = {}                      # wish: (outcome, what was told)
        self.open = {n: {} for n in range(clients)}   # by client: wishes in doubt
        self.told_to = [[] for _ in range(clients)]
        self.sent, self.met, self.wrong = set(), collections.Counter(), []
        self.begun, self.clients = 0, []
        self.slowest_s = 0  # of the requests that were answered

    def open_campaigns(self):
        for campaign in self.campaigns:
            self._until_final(f"{DOMAIN}/{campaign}/open", "open", {"stock": STOCK})

    def _until_final(self, path, key, value):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            status, body = self.server().send(path, key, value)
            if status in (200, 409):
                return
            assert status in (202, 503) and time.monotonic() < deadline, (status, body)
            time.sleep(PAUSE_S)

    # --- told by the clients

    def count(self, what):
        with self.lock:
            self.met[what] += 1

    def unanswered_of(self, client):
        with self.lock:
            return list(self.open[client])[:self.batch_lines if client % 2 else 1]

    def note_sent(self, client, wishes):
        with self.lock:
            for wish in wishes:
                self.sent.add(wish)
                if wish not in self.answers:
                    self.open[client][wish] = None

    def take(self, client, wish, answer):
        """Whether the answer is final."""
        outcome, why, told = outcome_of(*answer)
        with self.lock:
            if outcome is None:
                self.met[why] += 1
                if why not in HONEST:
                    self.wrong.append(f"{wish}: {answer}")
                return False
            before = self.answers.setdefault(wish, (outcome, told))
            if before != (outcome, told):
                self.wrong.append(f"{wish}: was told {before}, then {(outcome, told)}")
            if self.open[client].pop(wish, 0) is None:
                self.told_to[client].append(wish)
            return True

    # --- steered by the test

    def begin(self):
        self.begun += 1
        self.stopping.clear()
        self.clients = [Client(self, n) for n in range(self.number_of_clients)]
        for client in self.clients:
            client.start()

    def await_answers(self, count, patience_s=PATIENCE_S):
        """Until so many more are answered; the seconds it took."""
        begin, wanted = time.monotonic(), len(self.answers) + count
        while len(self.answers) < wanted:
            broken = [c.broken for c in self.clients if c.broken]
            assert not broken and not self.wrong, (broken, self.wrong[:3])
            assert time.monotonic() - begin < patience_s, (
                f"{len(self.answers)} of {wanted} answered after {patience_s} s; met {dict(self.met)}")
            time.sleep(0.01)
        return time.monotonic() - begin

    def end(self):
        self.stopping.set()
        for client in self.clients:
            client.join()
            assert client.broken is None, client.broken
        assert not self.wrong, self.wrong[:3]

    def settle(self):
        """Everything in doubt is asked again until it is answered."""
        self.end()
        self.stopping.clear()
        deadline = time.monotonic() + PATIENCE_S
        while any(self.open.values()):
            assert time.monotonic() < deadline, f"in doubt for ever: {dict(self.met)}"
            for number in self.open:
                while wishes := self.unanswered_of(number):
                    Client(self, number).send(wishes)
        assert not self.wrong, self.wrong[:3]

    def acknowledged(self):
        """As the judge wants it, with the openings."""
        ids = {command_id(b"", DOMAIN.encode(), c.encode(), b"open"): ACCEPTED for c in self.campaigns}
        for (key, _, campaign), (outcome, _) in self.answers.items():
            ids[command_id(b"", DOMAIN.encode(), campaign.encode(), key.encode())] = outcome
        return ids

    def check_views(self, foreign=None, servers=None):
        """Who was told yes holds a piece; nobody else does. The views of each of these (any one) follow.

        `foreign`: {campaign: claimants} who got one by other ways.
        """
        yes = {campaign: set(claimants) for campaign, claimants in (foreign or {}).items()}
        for (_, claimant, campaign), (outcome, _) in self.answers.items():
            if outcome == ACCEPTED:
                yes.setdefault(campaign, set()).add(claimant)
        for server in servers or [self.server()]:
            for campaign in self.campaigns:
                self._check_view(server, campaign, yes.get(campaign, set()))

    @staticmethod
    def _check_view(server, campaign, yes):
        deadline = time.monotonic() + PATIENCE_S
        while (view := server.get(f"/v1/{DOMAIN}/{campaign}")[1])["redeemed"] < len(yes):
            assert time.monotonic() < deadline, f"{view} of {len(yes)} who were told yes"
            time.sleep(PAUSE_S)
        assert view["redeemed"] == len(yes) == STOCK - view["remaining"], (view, len(yes))
        held = server.claims(campaign)
        assert set(held) == yes and set(held.values()) <= {1}, (
            f"{campaign}: {len(held)} hold pieces, {len(yes)} were told yes")


def reckon(sales, properties, foreign=None, drained=True, sender=""):
    """Set equality, density and order by the independent judge; its counts.

    `foreign`: {id: outcome} of commands that others sent to the topic itself, CloudEvents of `sender`.
    """
    acknowledged = dict(foreign or {})
    for sale in sales:
        assert not any(sale.open.values()), "settle first"
        acknowledged |= sale.acknowledged()
    coverage = CommandCoverage(DOMAIN, sender.encode(), drained)
    fold = judge_program.judge(f"spate.{DOMAIN}.outcomes.v1", properties, acknowledged, coverage=coverage)
    assert not fold.violations, (dict(fold.violations.counts), fold.violations.places[:10])
    return fold.counts()
