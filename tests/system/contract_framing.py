"""Judges framing: requests that two servers in a row would cut differently, and slow or vast ones."""
import re
import socket

SMUGGLED = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
POST = "POST /v1/redemptions/fs/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"

ENCODINGS = ("gzip", "gzip, chunked", "chunked, chunked", "chunked, gzip", "identity", "xchunked",
             "chunked;q=1", "Chunked", "CHUNKED", "chunked ,", "\x0bchunked", '"chunked"',
             "chunked\0", "", "identity, chunked", "chun\tked")
LENGTHS = ("2, 2", "2,2", "2 2", "0x2", "-1", "+2", "", "2.0", "2e0", "2;", "2\0", '"2"', "0 2",
           "2\x0b", "\xb2")
NAMES = ("Transfer-Encoding ", "X: y\r\n Transfer-Encoding", " Transfer-Encoding",
         "Transfer\0-Encoding", "Transfer-Encoding\t", ":Transfer-Encoding", "Transfer-Encoding\r",
         "Transfer(Encoding", "", "Tr\xc3\xa4nsfer-Encoding")
CHUNKS = ("-2\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n", " 2\r\n{}\r\n0\r\n\r\n",
          "2 \r\n{}\r\n0\r\n\r\n", "+2\r\n{}\r\n0\r\n\r\n", "2\n{}\r\n0\r\n\r\n",
          "2\r\n{}\n0\r\n\r\n", "2\r\n{}\r\n0\n\n", "2\r\n{}\r\n0\r\n\n", "1\r\n{}\r\n0\r\n\r\n",
          "\r\n{}\r\n0\r\n\r\n", "g\r\n{}\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\n",
          "2\r\n{}\r\n0\r\nA: b\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n",
          "2;a=\0\r\n{}\r\n0\r\n\r\n", "2;a\rb\r\n{}\r\n0\r\n\r\n",
          "2;" + "a" * 300 + "\r\n{}\r\n0\r\n\r\n", "2\r{}\r\n0\r\n\r\n", "2.0\r\n{}\r\n0\r\n\r\n")
HEADS = ("GET /v1 HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: x\r\nA: b\r\r\n\r\n", "GET /v1\r HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET /v1 HTTP/1.1\nHost: x\r\n\r\n", "GET /v1 HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: x\r\n\n", "GET /v1 HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: x\r\nA: b\x7fc\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n",
         "GET /v1 HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: x\r\nfoo\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: x\r\n: foo\r\n\r\n", "GET /v1\r\nHost: x\r\n\r\n",
         "GET\t/v1\tHTTP/1.1\r\nHost: x\r\n\r\n", "GET  /v1 HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET /v1  HTTP/1.1\r\nHost: x\r\n\r\n", "GET /v1 HTTP/1.1 \r\nHost: x\r\n\r\n",
         "GET /v1 http/1.1\r\nHost: x\r\n\r\n", "GET /v1 HTTP/1.10\r\nHost: x\r\n\r\n",
         "GET /v1 HTTP/11\r\nHost: x\r\n\r\n", "\r\nGET /v1 HTTP/1.1\r\nHost: x\r\n\r\n",
         " GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n", "\0", "\x16\x03\x01\x02\0\x01\0", "A" * 50,
         "GET /v1 HTTP/1.1\r\nHost: x\r\nhOST: y\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: x, y\r\n\r\n", "GET /v1 HTTP/1.1\r\nHost: x/y\r\n\r\n",
         "GET /v1 HTTP/1.1\r\nHost: a@y\r\n\r\n", "GET /v1 HTTP/1.0\r\n\r\n",
         "GET http://y/v1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET v1 HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET /v1/\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET https://x/v1 HTTP/1.1\r\nHost: x\r\n\r\n")


def judge_framing_attacks(j, api):
    def ends(text, *statuses, what=""):
        """All that is answered before the server closes."""
        got = api.raw(text.encode("latin-1"), until_close=True)[1]
        seen = tuple(int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", got))
        j.check(seen == statuses, f"framing: {what or text[:70]!r} [{statuses}]", got[:300])
        return got

    for encoding in ENCODINGS:
        ends(f"{POST}Transfer-Encoding: {encoding}\r\n\r\n0\r\n\r\n{SMUGGLED}", 400,
             what=f"Transfer-Encoding {encoding!r}")
    for length in LENGTHS:
        ends(f"{POST}Content-Length: {length}\r\n\r\n{{}}{SMUGGLED}", 400,
             what=f"Content-Length {length!r}")
    for name in NAMES:
        ends(f"{POST}{name}: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}", 400, what=f"a header {name!r}")
    for chunks in CHUNKS:
        ends(CHUNKED + chunks + SMUGGLED, 400, what=f"chunks {chunks[:30]!r}")
    for head in HEADS:
        ends(head + (SMUGGLED if len(head) > 10 else ""), 400)
    both = ("Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n")
    for first, second in (both, both[::-1], (both[0], both[0]), (both[1], both[1])):
        ends(f"{POST}{first}{second}\r\n0\r\n\r\n{SMUGGLED}", 400, what=f"{first} {second}")
    ends(CHUNKED.replace("HTTP/1.1", "HTTP/1.0") + "0\r\n\r\n" + SMUGGLED, 400,
         what="chunks in HTTP/1.0")
    for version in ("HTTP/2.0", "HTTP/1.2", "HTTP/0.9"):
        ends(f"GET /v1 {version}\r\nHost: x\r\n\r\n{SMUGGLED}", 505)
    ends("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)
    for length in ("99999999999999999999999", str(2**64), str(2**64 - 1), str(2**63)):
        ends(f"{POST}Content-Length: {length}\r\n\r\n", 413)
    ends(CHUNKED + "FFFFFFFF\r\n", 413)
    ends(f"{POST}Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n", 413)
    ends(f"{POST}Expect: other\r\nContent-Length: 2\r\n\r\n{{}}", 417)
    ends("GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 36\r\n\r\n" + "G" * 36 + SMUGGLED.replace(
        "\r\n\r\n", "\r\nConnection: close\r\n\r\n"), 200, 200, what="the body of a GET is a body")
    ends("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: a, Close\r\n\r\n" + SMUGGLED, 200)
    ends("GET http://x/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200)
    got = ends("HEAD /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n", 413)
    j.check(got.endswith(b"\r\n\r\n"), "HEAD has no body, whatever is wrong", got)
    j.check(b"\r\nDate: " in got, "every answer is dated", got)
    judge_uploads(j, api)


def judge_uploads(j, api):
    """Who sends on after a 413 still gets to read it."""
    for size in (2 << 20, 20 << 20):
        with socket.create_connection(("127.0.0.1", api.port), timeout=20) as s:
            s.sendall(f"{POST}Content-Length: {size}\r\n\r\n".encode())
            try:
                for _ in range(size >> 16):
                    s.sendall(b"x" * (1 << 16))
            except OSError:
                pass  # it closed; what it said must be there all the same
            try:
                got = s.recv(4096)
            except OSError as fault:
                got = repr(fault).encode()
        j.check(got.startswith(b"HTTP/1.1 413"), f"413 reaches who sends {size >> 20} MiB", got)
