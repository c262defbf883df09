"""Judges an outcome topic by the rules alone, with none of the engine's code.

  tests/kafka/judge DOMAIN --bootstrap 127.0.0.1:9092
  tests/kafka/judge DOMAIN --bootstrap … --acknowledged FILE               these and no others are decided
  tests/kafka/judge DOMAIN --bootstrap … --acknowledged FILE --sent FILE   acknowledged ⊆ decided ⊆ sent
  tests/kafka/judge DOMAIN --bootstrap … --commands [--drained]            no command was skipped

Reads spate.DOMAIN.outcomes.v1 from 0 to its end, folds it, and reports. A FILE has a command id (32
hex digits) a line; behind it may stand what was answered: accepted, rejected, refused or parked.
Exit: 0 all promises hold, 1 a violation, 2 the topic cannot be read.
"""
import argparse
import contextlib
import json
import sys

import outcome_record
import topic_reader
from command_coverage import CommandCoverage
from outcome_fold import TopicFold


def read_ids(path):
    """{id: kind or None} of a file of answers."""
    answers = {}
    with open(path, encoding="ascii") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.split()
            if not fields:
                continue
            try:
                if len(fields[0]) != 32 or len(fields) > 2:
                    raise ValueError
                kind = outcome_record.NAMES.index(fields[1]) if len(fields) == 2 else None
                answers[int(fields[0], 16)] = kind
            except ValueError:
                raise SystemExit(f"{path}:{number}: expected 32 hex digits and perhaps an outcome, "
                                 f"got {line.strip()!r}")
    return answers


def report(fold, coverage, as_json):
    counts = fold.counts()
    facts = {"verdict": "bad" if fold.violations else "good",
             "decided": len(fold.decisions.completed()), **{k: counts[k] for k in sorted(counts)},
             "violations": dict(fold.violations.counts),
             "partitions": [{"partition": f.partition, "next_offset": f.next_offset, "epoch": f.epoch,
                             "sequence": f.sequence, "cause": f.cause, "chain": f"{f.chain:016x}"}
                            for f in fold.partitions]}
    if coverage:
        facts |= {"undecided": coverage.undecided, "duplicates": coverage.duplicates}
    if as_json:
        print(json.dumps(facts))
        return
    for name, value in facts.items():
        if name not in ("violations", "partitions"):
            print(f"{name:>16}  {value}")
    for kind, count in fold.violations.counts.items():
        print(f"VIOLATION  {count} x {kind}")
    for place in fold.violations.places:
        print(f"  {place}")


def judge(topic, properties, acknowledged=None, sent=None, coverage=None):
    """The fold of the whole topic, answers checked. Raises topic_reader.Unreadable.

    `coverage`: a CommandCoverage, to hold the outcomes against the command topic as well.
    """
    with contextlib.closing(topic_reader.TopicReader(topic, properties)) as reader:
        fold = TopicFold(topic, reader.partitions(), coverage.note if coverage else None)
        reader.read(fold.take)
    if acknowledged is not None:
        fold.check_answers(acknowledged, sent)
    if coverage:
        commands = topic.replace(".outcomes.", ".commands.")
        committed = properties | {"isolation.level": "read_committed"}  # what was taken back is none
        with contextlib.closing(topic_reader.TopicReader(commands, committed)) as reader:
            reader.read_messages(lambda message: coverage.check(message, fold.violations))
    return fold


def main():
    parser = argparse.ArgumentParser(prog="tests/kafka/judge", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("domain", help="redemptions, orders, …; or a whole topic name")
    parser.add_argument("--bootstrap", default="127.0.0.1:9092")
    parser.add_argument("--acknowledged", metavar="FILE")
    parser.add_argument("--sent", metavar="FILE", help="all ids that were sent; needs --acknowledged")
    parser.add_argument("--commands", action="store_true", help="read the command topic too")
    parser.add_argument("--drained", action="store_true", help="all commands were to be decided")
    parser.add_argument("--sender", default="", help="account of the CloudEvents' senders")
    parser.add_argument("--property", action="append", default=[], metavar="NAME=VALUE",
                        help="another property of librdkafka; repeatable")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.sent and not options.acknowledged:
        parser.error("--sent needs --acknowledged")
    if options.drained and not options.commands:
        parser.error("--drained needs --commands")
    topic = options.domain if "." in options.domain else f"spate.{options.domain}.outcomes.v1"
    properties = {"bootstrap.servers": options.bootstrap}
    properties |= dict(line.split("=", 1) for line in options.property)
    acknowledged = read_ids(options.acknowledged) if options.acknowledged else None
    sent = read_ids(options.sent).keys() if options.sent else None
    coverage = None
    if options.commands:
        coverage = CommandCoverage(topic.split(".")[1], options.sender.encode(), options.drained)
    try:
        fold = judge(topic, properties, acknowledged, sent, coverage)
    except topic_reader.Unreadable as e:
        print(f"The topic cannot be read: {e}", file=sys.stderr)
        return 2
    report(fold, coverage, options.json)
    return 1 if fold.violations else 0


if __name__ == "__main__":
    sys.exit(main())
