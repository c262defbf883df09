"""A small language for histories of one outcome partition: what owners wrote, in the order of the log."""
import outcome_record
from outcome_fold import TopicFold
from outcome_record import ACCEPTED, OWNERSHIP, Outcome

STREAM = b"campaign-42"


class Owner:
    """Writes as an owner of that epoch would, continuing what it believes is the end of the log."""

    def __init__(self, history, epoch, sequence=0, cause=0, chain=0):
        self.history, self.epoch = history, epoch
        self.sequence, self.cause, self.chain, self.id = sequence, cause, chain, 0

    def next(self, kind=ACCEPTED, **fields):
        """The record of its next outcome, not yet in the log."""
        self.sequence += 1
        self.cause += 1
        outcome = Outcome(kind, self.sequence, self.cause, self.epoch, self.cause * 1000, self.chain,
                          id=self.cause, stream=STREAM)
        for name, value in fields.items():
            setattr(outcome, name, value)
        self.cause = outcome.cause
        record = outcome_record.write(outcome)
        self.chain = outcome_record.chain_after(record)
        return record

    def writes(self, count=1, **fields):
        for _ in range(count):
            self.history.add(self.next(**fields))
        return self

    def loses(self, count=1):
        """Outcomes that it decided and that never reached the log."""
        for _ in range(count):
            self.next()
        return self


class History:
    def __init__(self):
        self.records = []

    def add(self, record, key=STREAM):
        self.records.append((key, record))

    def owner(self, epoch, nonce=1, after=None):
        """Writes an ownership record; `after` is the owner whose end it read."""
        self.add(outcome_record.write(Outcome(OWNERSHIP, epoch=epoch, nonce=nonce, address="node")), b"")
        if after is None:
            return Owner(self, epoch)
        return Owner(self, epoch, after.sequence, after.cause, after.chain)

    def fold(self, skip_offset=None):
        fold = TopicFold("t", 1)
        for offset, (key, record) in enumerate(self.records):
            fold.take(0, offset + (skip_offset is not None and offset >= skip_offset), key, record)
        return fold
