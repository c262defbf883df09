"""Did every command that was consumed leave its one outcome (rule A2)? Outcomes against the command topic.

A command's cause is its offset + 1. One without an outcome has to be a pure duplicate: its id was
decided before. That finds commands that were skipped, also those whose senders never asked.
"""
import hashlib
import json
import struct

from outcome_record import REFUSED, hex_of
from spate.envelope import Command as FlatCommand

OWN_CONTENT = b"application/x-spate-command"


def command_id(sender, domain, stream, key):
    """BLAKE2b-128 over the four, each behind its length, as every reader may compute it."""
    joined = b"".join(struct.pack("<I", len(part)) + part for part in (sender, domain, stream, key))
    high, low = struct.unpack("<QQ", hashlib.blake2b(joined, digest_size=16).digest())
    return high << 64 | low


def _event_key(headers, value):
    """The id of a CloudEvent in binary or structured mode, or None."""
    if b"cloudevents" in (headers.get("content-type") or b""):
        try:
            return str(json.loads(value)["id"]).encode()
        except (ValueError, KeyError, TypeError):
            return None
    return headers.get("ce_id")


def id_of(message, domain, sender):
    """The command's id, or None when the record is none that has one."""
    headers = dict(message.headers() or [])
    if headers.get("content-type") == OWN_CONTENT:
        found = FlatCommand.Command.GetRootAs(message.value(), 0).Id()
        return found.Hi() << 64 | found.Lo() if found else None
    key = _event_key(headers, message.value())
    return command_id(sender, domain, message.key() or b"", key) if key else None


class CommandCoverage:
    """Give `note` to the fold as on_valid, then every message of the command topic to `check`."""

    def __init__(self, domain, sender=b"", drained=False):
        self.domain, self.sender, self.drained = domain.encode(), sender, drained
        self.outcomes, self.first_cause, self.last_cause = {}, {}, {}
        self.undecided = self.duplicates = 0

    def note(self, partition, outcome):
        self.outcomes.setdefault((partition, outcome.cause), outcome)
        self.last_cause[partition] = outcome.cause
        if outcome.kind != REFUSED or outcome.origin:
            self.first_cause.setdefault(outcome.id, outcome.cause)

    def check(self, message, violations):
        partition, cause = message.partition(), message.offset() + 1
        place = f"{message.topic()}[{partition}]@{message.offset()}"
        outcome = self.outcomes.get((partition, cause))
        if outcome is not None:
            if outcome.kind != REFUSED and outcome.stream != (message.key() or b""):
                violations.add("an outcome of another command's stream",
                               f"{place}, {message.key()!r} became {outcome.stream!r}")
            return
        id_ = id_of(message, self.domain, self.sender)
        if id_ is not None and self.first_cause.get(id_, cause) < cause:
            self.duplicates += 1
        elif self.drained or cause < self.last_cause.get(partition, 0):
            violations.add("a command without an outcome",
                           f"{place}, {hex_of(id_) if id_ is not None else 'without an id'}")
        else:
            self.undecided += 1
