"""Records of an outcome topic, read and written without any code of the engine: schema and flatc only."""
import dataclasses
import struct

import flatbuffers
import xxhash
from spate.envelope import Id as FlatId
from spate.envelope import Outcome as FlatOutcome

NONE, ACCEPTED, REJECTED, REFUSED, KEY_REUSED, PARKED, OWNERSHIP, CONTROLLED = range(8)
NAMES = ["none", "accepted", "rejected", "refused", "key_reused", "parked", "ownership", "controlled"]
SKIPPABLE = 128  # a reader may skip kinds from here on; below it must understand or stop
FORMAT = 1


class NotAnOutcome(Exception):
    """The bytes are not an outcome that this reader knows."""


@dataclasses.dataclass
class Outcome:
    kind: int = ACCEPTED
    sequence: int = 0
    cause: int = 0
    epoch: int = 0
    time: int = 0
    chain: int = 0
    id: int = 0        # 128 bits: hi first
    stream: bytes = b""
    origin: int = 0
    nonce: int = 0
    address: str = ""


def hex_of(id_128):
    """As the engine prints a command id."""
    return f"{id_128:032x}"


def chain_after(record):
    """The chain that the next outcome names: XXH3-64 over this whole record (rule C5)."""
    return xxhash.xxh3_64_intdigest(record)


def _id(found):
    return found.Hi() << 64 | found.Lo() if found else 0


def parse(record):
    """Raises NotAnOutcome."""
    if not record:
        raise NotAnOutcome("an empty record")
    try:
        flat = FlatOutcome.Outcome.GetRootAs(record, 0)
        if flat.Format() != FORMAT:
            raise NotAnOutcome(f"format {flat.Format()}, known is {FORMAT}")
        outcome = Outcome(flat.Kind(), flat.Sequence(), flat.Cause(), flat.Epoch(), flat.Time(),
                          flat.Chain(), _id(flat.Id()), flat.Stream() or b"", flat.Origin())
        if outcome.kind == OWNERSHIP:
            outcome.nonce = _id(flat.Nonce())
            outcome.address = (flat.Address() or b"").decode(errors="replace")
    except (struct.error, IndexError, TypeError, ValueError) as e:
        raise NotAnOutcome(f"{len(record)} bytes that are no FlatBuffer of an outcome: {e}") from e
    if outcome.kind == NONE or CONTROLLED < outcome.kind < SKIPPABLE:
        raise NotAnOutcome(f"kind {outcome.kind}, which this reader must understand and does not")
    return outcome


def write(outcome):
    """The record of an outcome: for histories that tests construct."""
    builder = flatbuffers.Builder(256)
    stream = builder.CreateString(outcome.stream)
    address = builder.CreateString(outcome.address)
    FlatOutcome.OutcomeStart(builder)
    FlatOutcome.OutcomeAddKind(builder, outcome.kind)
    FlatOutcome.OutcomeAddSequence(builder, outcome.sequence)
    FlatOutcome.OutcomeAddCause(builder, outcome.cause)
    FlatOutcome.OutcomeAddEpoch(builder, outcome.epoch)
    FlatOutcome.OutcomeAddTime(builder, outcome.time)
    FlatOutcome.OutcomeAddChain(builder, outcome.chain)
    FlatOutcome.OutcomeAddOrigin(builder, outcome.origin)
    FlatOutcome.OutcomeAddStream(builder, stream)
    FlatOutcome.OutcomeAddAddress(builder, address)
    low = (1 << 64) - 1
    FlatOutcome.OutcomeAddId(builder, FlatId.CreateId(builder, outcome.id >> 64, outcome.id & low))
    FlatOutcome.OutcomeAddNonce(builder,
                                FlatId.CreateId(builder, outcome.nonce >> 64, outcome.nonce & low))
    builder.Finish(FlatOutcome.OutcomeEnd(builder))
    return bytes(builder.Output())
