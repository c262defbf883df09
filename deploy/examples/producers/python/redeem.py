"""Sends a redeem command to Spate over Kafka as a CloudEvent, and waits for what became of it.

  python redeem.py [--structured] CAMPAIGN CLAIMANT [QUANTITY]

Environment: BOOTSTRAP (127.0.0.1:9092), SOURCE (/shop/web), ID (a new UUID), TRACEPARENT,
SPATE (http://127.0.0.1:8080: ask there for the outcome; unset: do not wait).
"""
import datetime
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from confluent_kafka import Producer

TOPIC = "spate.redemptions.commands.v1"
TYPE = "redemptions.redeem"  # domain.command
WAIT_S = 60


def cloud_event(id_, source):
    return {"specversion": "1.0", "id": id_, "source": source, "type": TYPE,
            "time": datetime.datetime.now(datetime.timezone.utc).isoformat()}


def binary_mode(event, command):
    """Attributes are headers, the value is the command itself."""
    headers = {f"ce_{name}": value for name, value in event.items()}
    return headers | {"content-type": "application/json"}, json.dumps(command)


def structured_mode(event, command):
    """The whole event is the value."""
    whole = event | {"datacontenttype": "application/json", "data": command}
    return {"content-type": "application/cloudevents+json; charset=UTF-8"}, json.dumps(whole)


def send(campaign, headers, value):
    """Back when the record is durable on the brokers; raises when it may not be."""
    ends = []
    producer = Producer({
        "bootstrap.servers": os.environ.get("BOOTSTRAP", "127.0.0.1:9092"),
        "enable.idempotence": True,           # retries neither double nor reorder
        "partitioner": "murmur2_random",      # as Java: a campaign has one home, whoever sends
    })
    producer.produce(TOPIC, value, key=campaign, headers=headers,
                     on_delivery=lambda error, record: ends.append((error, record)))
    producer.flush(WAIT_S)
    if not ends or ends[0][0] is not None:
        sys.exit(f"not delivered: {ends[0][0] if ends else 'no answer'}; send it again with the same ID")
    return ends[0][1]


def outcome(spate, campaign, id_, source):
    """Asks until the command is decided: 200 decided, 202 not yet."""
    query = urllib.parse.urlencode({"key": id_, "source": source})
    url = f"{spate}/v1/redemptions/{urllib.parse.quote(campaign, safe='')}/commands?{query}"
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        # Prefer: the server holds the answer back until there is one, so this loop does not spin.
        request = urllib.request.Request(url, headers={"Prefer": "wait=10"})
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                if answer.status == 200:
                    return json.load(answer)
        except urllib.error.HTTPError as e:
            if e.code != 503:
                sys.exit(f"{url}: {e.code} {e.read().decode(errors='replace')}")
            time.sleep(float(e.headers.get("Retry-After", 1)))
    sys.exit(f"no outcome within {WAIT_S} s; ask again later: {url}")


def main():
    arguments = [a for a in sys.argv[1:] if a != "--structured"]
    if not 2 <= len(arguments) <= 3:
        sys.exit(__doc__)
    campaign, claimant, quantity = (arguments + ["1"])[:3]
    # Chosen once per wish: who sends it again, after any failure, uses the same id.
    id_ = os.environ.get("ID") or str(uuid.uuid4())
    source = os.environ.get("SOURCE", "/shop/web")
    mode = structured_mode if "--structured" in sys.argv else binary_mode
    headers, value = mode(cloud_event(id_, source), {"claimant": claimant, "quantity": int(quantity)})
    if "TRACEPARENT" in os.environ:
        headers["traceparent"] = os.environ["TRACEPARENT"]
    record = send(campaign, headers, value)
    print(f"id={id_} partition={record.partition()} offset={record.offset()}")
    if "SPATE" in os.environ:
        print(json.dumps(outcome(os.environ["SPATE"], campaign, id_, source)))


if __name__ == "__main__":
    main()
