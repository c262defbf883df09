"""Just enough of Kafka's wire protocol to ask a broker whether it is ready, without a client."""
import socket
import struct

METADATA, FIND_COORDINATOR, INIT_PRODUCER_ID = 3, 10, 22
READ_TIMEOUT_S = 5


def _text(value):
    raw = value.encode()
    return struct.pack(">h", len(raw)) + raw


class _Answer:
    """A cursor over the bytes of an answer."""

    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def number(self, form):
        (value,) = struct.unpack_from(">" + form, self.raw, self.at)
        self.at += struct.calcsize(">" + form)
        return value

    def text(self):
        size = self.number("h")
        if size < 0:
            return None
        self.at += size
        return self.raw[self.at - size:self.at].decode()


def _receive(connection, size):
    raw = b""
    while len(raw) < size:
        part = connection.recv(size - len(raw))
        if not part:
            raise OSError("the broker closed the connection")
        raw += part
    return raw


def _ask(port, api, version, body):
    """One request and its answer. Raises OSError while the broker cannot answer."""
    request = struct.pack(">hhi", api, version, 1) + _text("spate-broker") + body
    with socket.create_connection(("127.0.0.1", port), timeout=READ_TIMEOUT_S) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _receive(connection, 4))
        answer = _Answer(_receive(connection, size))
    answer.number("i")  # the correlation id
    return answer


def brokers_seen_by(port):
    """The node ids that the broker at `port` believes to be alive; none while it is not ready."""
    try:
        answer = _ask(port, METADATA, 4, struct.pack(">i?", 0, False))
        answer.number("i")  # throttled for ms
        seen = set()
        for _ in range(answer.number("i")):
            seen.add(answer.number("i"))
            answer.text(), answer.number("i"), answer.text()  # host, port, rack
        return seen
    except (OSError, struct.error):
        return set()


def groups_ready(port):
    """Whether a consumer group could start at once; asking makes the broker prepare for groups."""
    try:
        answer = _ask(port, FIND_COORDINATOR, 0, _text("warm-up"))
        return answer.number("h") == 0
    except (OSError, struct.error):
        return False


def producers_ready(port):
    """Whether an idempotent producer could start at once."""
    try:
        answer = _ask(port, INIT_PRODUCER_ID, 0, struct.pack(">hi", -1, 60000))
        answer.number("i")
        return answer.number("h") == 0
    except (OSError, struct.error):
        return False
