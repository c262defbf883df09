"""Judges what a request may look like: bodies, paths, times, framing, limits."""
from contract_kit import JSON, UTC


def judge_bodies(j, api):
    judge_json(j, api)
    judge_times(j, api)
    judge_texts(j, api)
    judge_paths(j, api)
    judge_framing(j, api)
    judge_limits(j, api)


def judge_json(j, api):
    number = iter(range(1000))

    def opened(body, content_type="application/json"):
        return api.request("POST", f"/v1/redemptions/js-{next(number)}/open", body,
                           {"Content-Type": content_type} if content_type else {})

    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;x=y"):
        j.status(opened('{"stock":1}', kind), 200, f"Content-Type {kind}")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        j.status(opened('{"stock":1}', kind), 415, f"Content-Type '{kind}'",
                 "unsupported_media_type")
    api.send("redemptions/js-close/open", {"stock": 1})
    a = api.request("POST", "/v1/redemptions/js-close/close", b"", JSON)
    j.accepted(a, "an empty body is {}", type="closed")
    j.malformed(opened(b""), "an empty body lacks what {} lacks", "/stock")
    whole = ("not JSON", "", "[]", '"x"', "1", "true", "{", '{"stock":1}x', '{"stock":1}{}',
             '{"stock":99999999999999999999}', '{"stock":-9223372036854775809}', '{"stock":1,}',
             "{'stock':1}", '{"stock":01}', '{"stock":NaN}', '{"stock":1e999}',
             "\ufeff{\"stock\":1}")
    for body in whole[:1] + whole[2:]:
        j.malformed(opened(body), f"{body[:30]!r} is the whole body's fault", "")
    for body in (b'{"stock":1,"title":"\xff"}', b'{"stock":1,"title":"\xed\xa0\x80"}',
                 b'{"stock":1,"title":"\xc0\x80"}', b'{"stock":1,"title":"a\nb"}',
                 b'{"stock":1,"title":"\\ud800"}', b'{"stock":1,"title":"\\udc00x"}'):
        j.malformed(opened(body), f"bad UTF-8 or text: {body!r}")
    j.malformed(opened("null"), "null is no object", "")
    for value in ("1.0", "1e2", "1.5", '"1"', "null", "true", "[]", "{}", "-1", "1000000001",
                  "9223372036854775808", "18446744073709551615"):
        j.malformed(opened('{"stock":%s}' % value), f"stock {value}", "/stock")
    j.malformed(opened('{"stock":1,"title":null}'), "null is refused", "/title")
    j.malformed(opened('{"stock":1,"stock":1}'), "a duplicate member", "/stock")
    j.malformed(opened('{"stock":1,"st\\u006fck":2}'), "an escaped duplicate member", "/stock")
    j.malformed(opened('{"stock":1,"bogus":1}'), "an unknown member", "/bogus")
    j.malformed(opened('{"stock":1,"a/b~c":1}'), "pointers are escaped by RFC 6901", "/a~1b~0c")
    j.malformed(opened('{"stock":1,"":1}'), "an unknown member without a name", "/")
    j.malformed(opened('{"stok":1,"per_claimant_max":0,"opens_at":"x"}'), "all faults at once",
                "/stok", "/stock", "/per_claimant_max", "/opens_at")
    j.malformed(opened('{"Stock":1}'), "names are compared exactly", "/Stock", "/stock")
    deep = '{"stock":1,"x":' + "[" * 40 + "]" * 40 + "}"
    j.malformed(opened(deep), "depth > 32")
    j.malformed(opened('{"stock":1,"x":' + "[" * 100000), "very deep")
    a = api.send("orders/js-o/place", {"customer": "c", "currency": "EUR", "items": [
        {"sku": "a", "quantity": 0, "unit_price_minor": 1}, {"sku": "b", "quantity": 1}]})
    j.malformed(a, "pointers into lists", "/items/0/quantity", "/items/1/unit_price_minor")


def judge_times(j, api):
    number = iter(range(1000))

    def opened(when):
        return api.send(f"redemptions/tm-{next(number)}/open", {"stock": 1, "opens_at": when})

    good = {"2030-01-02T03:04:05Z": "2030-01-02T03:04:05Z",
            "2030-01-02T03:04:05+02:00": "2030-01-02T01:04:05Z",
            "2030-01-02T03:04:05.123456789-00:30": "2030-01-02T03:34:05.123456789Z",
            "1970-01-01T00:00:00Z": "1970-01-01T00:00:00Z",
            "2028-02-29T00:00:00Z": "2028-02-29T00:00:00Z",
            "2261-12-31T23:59:59Z": "2261-12-31T23:59:59Z"}
    for given, out in good.items():
        a = opened(given)
        told = a.json["events"][0].get("opens_at", "") if a.status == 200 else ""
        j.check(told.rstrip("0") == out or told == out or told.replace(".000", "") == out,
                f"time in {given}, out in UTC", a)
        j.check(UTC.match(told), "times out: RFC 3339, UTC", told)
    for bad in ("2030-01-02T03:04:05", "2030-01-02", "x", "", "2030-02-30T00:00:00Z",
                "2029-02-29T00:00:00Z", "2030-13-01T00:00:00Z", "2030-01-02T24:00:00Z",
                "2030-01-02T03:60:00Z", "2030-01-02T03:04:05.1234567890Z", "2030-01-02T03:04:05.Z",
                "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "2262-01-01T00:00:00Z",
                "2030-01-02T03:04:05+24:00", "2030-01-02T03:04:05+0100", "2030-1-2T03:04:05Z",
                " 2030-01-02T03:04:05Z", "2030-01-02T03:04:05Z ", 1893456000, True):
        j.malformed(opened(bad), f"time {bad!r}", "/opens_at")


def judge_texts(j, api):
    api.send("redemptions/tx-1/open", {"stock": 100, "per_claimant_max": 100})
    for good in ("x" * 128, "\u00e9" * 64, "a+b", "%2F", "commands", "\U0001f600", "a\\b", '"'):
        a = api.send("redemptions/tx-1/redeem", {"claimant": good})
        if j.accepted(a, f"claimant {good[:20]!r}", claimant=good) and len(good) == 128:
            view = api.read("/v1/redemptions/tx-1/claims/" + good, a)
            j.equal(view.json.get("claimant"), good, "a claim is found by its claimant")
    for bad in ("", "x" * 129, "\u00e9" * 65, "a b", "a\tb", "a/b", "a\u0000b", "a\u007fb",
                "a\u00a0b",
                "a\u3000b", "a\u2028b", "a\u0085b", "a\u200ab", "a\n", 7, None, ["a"]):
        a = api.send("redemptions/tx-1/redeem", {"claimant": bad})
        j.malformed(a, f"claimant {bad!r:.30}", "/claimant")
    j.accepted(api.send("redemptions/tx-2/open", {"stock": 1, "title": "x" * 1000}), "1,000 bytes")
    j.malformed(api.send("redemptions/tx-3/open", {"stock": 1, "title": "x" * 1001}),
                "free text: at most 1,000 bytes", "/title")
    j.malformed(api.send("redemptions/tx-3/open", {"stock": 1, "title": "\u00e9" * 501}),
                "free text counts bytes", "/title")
    j.malformed(api.send("redemptions/tx-3/open", {"stock": 1, "title": ""}),
                "free text: at least 1 byte", "/title")
    told = 'a "b" \\ \n\t\u0001 \U0001f600 </script>'
    a = api.send("redemptions/tx-4/open", {"stock": 1, "title": told})
    j.accepted(a, "free text comes back as it was", title=told)
    j.equal(api.read("/v1/redemptions/tx-4", a).json.get("title"), told, "also in the view")


def judge_paths(j, api):
    for path in ("%zz", "%2", "%", "a%2Fb", "a%2fb", "a%00b", ".", "..", "%2e", "%2E%2e", "", "%ff",
                 "a%20b", "%C2%A0", "a%0Ab", "x" * 129, "commands", "outcomes", "customers",
                 "students", "%63ustomers"):
        for domain in ("redemptions", "orders"):
            a = api.send(f"{domain}/{path}/close", {})
            j.check(a.status == 400 and any("parameter" in e for e in a.json.get("errors", [])),
                    f"stream '{path[:20]}' of {domain} in a path", a)
    for path, stream in (("pa+b", "pa+b"), ("p%41", "pA"), ("p%2541", "p%41"), ("p%2B", "p+"),
                         ("x" * 128, "x" * 128), ("p%C3%A9", "p\u00e9"), ("open", "open"),
                         ("p;a=1", "p;a=1"), ("p:1", "p:1"), ("...", "...")):
        a = api.send(f"redemptions/{path}/open", {"stock": 1})
        if j.accepted(a, f"stream '{path[:20]}' is decoded once"):
            view = api.read(f"/v1/redemptions/{path}", a)
            j.equal(view.json.get("campaign"), stream, "the view names the stream as decoded")
    j.status(api.send("redemptions/pA/open", {"stock": 1}), 409, "p%41 = pA")
    j.accepted(api.send("redemptions/pa/open", {"stock": 1}), "compared byte for byte")
    j.status(api.get("/v1/"), 400, "a trailing slash is never normalised away")
    j.status(api.get("//v1"), 400, "a double slash is never normalised away")
    j.status(api.get("/v1/redemptions/"), 400, "an empty segment")
    _, lines = api.batch([{"domain": "orders", "stream": s, "command": "cancel",
                           "body": {"reason": "x"}} for s in ("customers", "a b", "a/b", "")])
    j.check(all(x.get("outcome") == "invalid" and x["problem"]["errors"][0]["pointer"] == "/stream"
                for x in lines), "streams of a batch obey the same rules", lines)


def judge_framing(j, api):
    bad = {"a bare LF": "GET /v1 HTTP/1.1\nHost: x\n\n",
           "no Host": "GET /v1 HTTP/1.1\r\n\r\n",
           "two Hosts": "GET /v1 HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
           "a folded header": "GET /v1 HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
           "a space before the colon": "GET /v1 HTTP/1.1\r\nHost : x\r\n\r\n",
           "two lengths": "POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2"
                          "\r\n\r\n{}",
           "a length with a sign": "POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}",
           "another encoding": "POST /v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked"
                               "\r\n\r\n0\r\n\r\n",
           "a control character": "GET /v1 HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n",
           "no method": "\x16\x03\x01\x02\x00",
           "a method in small letters": "get /v1 HTTP/1.1\r\nHost: x\r\n\r\n",
           "a fragment": "GET /v1#a HTTP/1.1\r\nHost: x\r\n\r\n"}
    for what, text in bad.items():
        status, got = api.raw(text.encode("latin-1"), until_close=True)
        j.check(status == 400 and b"malformed_request" in got, f"framing: {what}", got[:300])
    j.equal(api.raw(b"GET /v1 HTTP/2.0\r\nHost: x\r\n\r\n")[0], 505, "another version of HTTP")
    chunked = (b"POST /v1/redemptions/fr-1/open HTTP/1.1\r\nHost: x\r\n"
               b"Content-Type: application/json"
               b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    j.equal(api.raw(chunked + b"5\r\n{\"sto\r\n6\r\nck\":1}\r\n0\r\n\r\n")[0], 200,
            "a chunked body")
    j.equal(api.raw(chunked + b"0\r\nA: b\r\n\r\n")[0], 400, "trailers are refused")
    j.equal(api.raw(b"GET /livez HTTP/1.0\r\nHost: x\r\n\r\n", True)[0], 200,
            "HTTP/1.0 is answered")
    head = api.raw(b"GET /livez HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
                   b"GET /livez HTTP/1.0\r\nHost: x\r\n\r\n", True)[1]
    j.check(b"connection: keep-alive" in head.lower() and b"connection: close" in head.lower(),
            "HTTP/1.0 is told that its connection stays", head)
    two = api.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /v1 HTTP/1.1\r\nHost: x\r\n"
                  b"Connection: close\r\n\r\n", until_close=True)[1]
    j.equal(two.count(b"HTTP/1.1 200"), 2, "pipelined requests are answered in order")


def judge_limits(j, api):
    def posted(size, path="/v1/redemptions/li-1/open", kind="application/json"):
        return api.request("POST", path, b'{"stock":1}' + b" " * (size - 11),
                           {"Content-Type": kind})

    def exceeded(a, status, limit, sentence):
        j.check(a.status == status and limit in a.json.get("detail", ""), sentence, a)

    j.status(posted(1 << 20), 200, "a body of 1 MiB")
    a = posted((1 << 20) + 1)
    exceeded(a, 413, "http.body_max of 1048576", "413 names the limit")
    a = api.get("/v1", {"X-Long": "x" * (16 << 10)})
    exceeded(a, 431, "http.head_max of 16384", "431 names the limit")
    a = api.get("/v1/" + "x" * (16 << 10))
    exceeded(a, 414, "http.head_max of 16384", "414 names the limit")
    line = '{"domain":"redemptions","stream":"li-2","command":"open","body":{"stock":1}}'
    a, _ = api.batch([line] + ["{}"] * 10_000)
    exceeded(a, 413, "http.batch_lines_max of 10000", "a batch of 10,001 lines")
    a, _ = api.batch([line, " " * (8 << 20)])
    exceeded(a, 413, "http.batch_max of 8388608", "a batch above 8 MiB")
    j.accepted(api.send("redemptions/li-2/open", {"stock": 1}), "no line of such a batch is taken")
    a, lines = api.batch([line] + ["{}"] * 9_999)
    j.check(a.status == 200 and len(lines) == 10_000 and lines[-1]["line"] == 10_000,
            "a batch of 10,000 lines", a)
