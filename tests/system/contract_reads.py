"""Judges reads: positions, conditions, lists, batches, and the pages of the server itself."""
import base64
import json
import urllib.parse

from contract_kit import UTC


def judge_reads(j, api, foreign_position):
    judge_positions(j, api, foreign_position)
    judge_conditions(j, api)
    judge_lists(j, api)
    judge_batches(j, api)
    judge_feed(j, api)
    judge_service(j, api)


def later(token, by):
    """The token of a position `by` sequences later, as base/position.cpp makes it."""
    whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    sequence, shift = 0, 0
    for byte in whole[13:-4]:
        sequence, shift = sequence | (byte & 127) << shift, shift + 7
    sequence, digits = sequence + by, b""
    while sequence >= 128:
        sequence, digits = sequence >> 7, digits + bytes([sequence & 127 | 128])
    told = whole[:13] + digits + bytes([sequence])
    return base64.urlsafe_b64encode(told + crc32c(told)).decode().rstrip("=")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "little")


def judge_positions(j, api, foreign):
    one = api.send("redemptions/rd-1/open", {"stock": 2})
    two = api.send("redemptions/rd-2/open", {"stock": 2})
    view = api.read("/v1/redemptions/rd-1", one)
    j.equal(view.json.get("version"), 1, "a read with Spate-Position sees its command")
    j.check(view.position, "a read tells its position", view.headers)
    both = [("Spate-Position", one.position), ("Spate-Position", two.position)]
    j.status(api.get("/v1/redemptions/rd-2", both), 200, "Spate-Position is repeatable")
    joined = {"Spate-Position": f"{one.position}, {two.position}"}
    j.status(api.get("/v1/redemptions/rd-2", joined), 200, "also as one list")
    a = api.get("/v1/redemptions", {"Spate-Position": view.position})
    j.status(a, 200, "a read's position goes with another read")
    for bad in ("x", "", one.position[:-2], one.position + "A", "0", "\u00e9", "null"):
        for path in ("/v1/redemptions/rd-1", "/v1/redemptions"):
            a = api.get(path, {"Spate-Position": bad})
            j.malformed(a, f"Spate-Position {bad[:8]!r} of {path}", "Spate-Position",
                        place="header")
    a = api.get("/v1/redemptions/rd-1", {"Spate-Position": foreign})
    j.status(a, 409, "a position of another log", "position_unknown")
    no = api.send("redemptions/rd-none/redeem", {"claimant": "a"})
    j.status(api.read("/v1/redemptions/rd-none", no), 404,
             "no stream before a first command was accepted", "unknown_stream")
    j.status(api.read("/v1/redemptions/rd-none/claims", no), 404, "nor its lists")
    j.status(api.read("/v1/redemptions/rd-1/claims/ann", one), 404, "no such item")
    for path in ("redemptions/rd-1/claims", "orders/customers", "quizzes/students"):
        for bad in ("a%20b", "x" * 129, "a%2Fb"):
            j.status(api.get(f"/v1/{path}/{bad}"), 400, f"{path}/{bad[:6]} can be nobody's key")
    ahead = later(one.position, 1000)
    for path in ("/v1/redemptions/rd-1", "/v1/redemptions"):
        a = api.get(path, {"Spate-Position": ahead, "Prefer": "wait=0"})
        j.check(a.status == 503 and a.header("Retry-After") and a.position,
                "not reached within the wait: 503 that tells where the views are", a)
    judge_faults_of_reads(j, api, ahead)
    a = api.get("/v1/redemptions/rd-1", {"Prefer": "wait=x"})
    j.malformed(a, "Prefer of a read", "Prefer", place="header")
    a = api.get("/v1/redemptions/rd-1?limit=1")
    j.malformed(a, "a single view has no parameters", "limit", place="parameter")


def judge_faults_of_reads(j, api, ahead):
    """400 = wrong whatever the state: before any wait or look-up, and all faults at once."""
    for path in ("/v1/redemptions/rd-1?bogus=1", "/v1/redemptions?limit=0",
                 "/v1/redemptions/rd-1/claims?limit=0", "/v1/orders/customers/ann?bogus=1",
                 "/v1/redemptions?cursor=x"):
        a = api.get(path, {"Spate-Position": ahead, "Prefer": "wait=0"})
        j.status(a, 400, f"{path} is malformed before its position is waited for")
    for path in ("/v1/redemptions/rd-none?bogus=1", "/v1/redemptions/rd-none/claims?limit=0"):
        j.status(api.get(path), 400, f"{path} is malformed before it is missing")
    bad = {"Prefer": "wait=x", "Spate-Position": "x"}
    for path, more in (("/v1/redemptions/rd-1?b=1&c=2", ("Spate-Position", "b", "c")),
                       ("/v1/redemptions?limit=0&b=1&%zz=1",
                        ("Spate-Position", "limit", "b", "query")),
                       ("/v1/redemptions/outcomes?from=x&limit=0&b=1", ("from", "limit", "b")),
                       ("/v1/redemptions/rd-1/commands?b=1", ("b", "key"))):
        a = api.get(path, bad)
        places = [e.get("parameter") or e.get("header") for e in a.json.get("errors", [])]
        j.equal(sorted(places), sorted(("Prefer", *more)), f"all faults of {path} at once")


def judge_conditions(j, api):
    first = api.send("redemptions/cd-1/open", {"stock": 2})
    paths = ("/v1/redemptions/cd-1", "/v1/redemptions?limit=1", "/v1/redemptions/cd-1/claims")
    for path in ("/v1", "/openapi.json", "/problems/overloaded"):
        etag = api.get(path).header("ETag") or ""
        j.status(api.get(path, {"If-None-Match": etag}), 304, f"{path} has an ETag")
    for path in paths:
        view = api.read(path, first)
        etag = view.header("ETag") or ""
        j.check(etag.startswith('"') and etag.endswith('"') and len(etag) > 10, "a strong ETag",
                etag)
        j.equal(view.header("Cache-Control"), "no-cache", "Cache-Control: no-cache")
        for match in (etag, f'"x", {etag}', "*", "W/" + etag):
            a = api.get(path, {"If-None-Match": match})
            j.check(a.status == 304 and not a.body and a.header("ETag") == etag,
                    f"304 for If-None-Match {match[:6]}", (a, a.headers))
        j.status(api.get(path, {"If-None-Match": '"x"'}), 200, "another ETag")
    for path in (*paths, "/v1", "/livez", "/readyz", "/health", "/openapi.json", "/metrics",
                 "/problems/overloaded", first.header("Location")):
        whole, head = api.get(path), api.request("HEAD", path)
        j.equal(head.status, whole.status, f"HEAD {path}")
        j.check(path == "/metrics" or head.header("Content-Length") == str(len(whole.body)),
                f"HEAD {path} tells the length", (head.headers, len(whole.body)))
        j.equal(head.header("ETag"), whole.header("ETag"), f"HEAD {path} tells the ETag")
    j.equal(api.request("HEAD", "/v1/redemptions/cd-none").status, 404, "HEAD of nothing")
    after = api.send("redemptions/cd-1/redeem", {"claimant": "a"})
    a = api.get(paths[0], {"If-None-Match": etag, "Spate-Position": after.position})
    j.status(a, 200, "a changed view has another ETag")


def pages(j, api, path, after, sentence):
    """All items of a list, page by page."""
    items, seen = [], 0
    while path and seen < 200:
        a = api.read(path, after)
        if not j.status(a, 200, sentence) or set(a.json) != {"items", "next"}:
            j.check(False, "a list is {items, next}", a)
            break
        items += a.json["items"]
        path, seen = a.json["next"], seen + 1
    return items, seen


def judge_lists(j, api):
    _, lines = api.batch([{"domain": "coupons", "stream": f"ls-{i % 7}-{i}", "command": "submit",
                           "body": {"merchant": f"m-{i % 2}", "code": "C", "title": "t",
                                    "discount": {"percent": 5},
                                    "expires_at": "2260-01-01T00:00:00Z"}} for i in range(25)])
    j.check(all(x["outcome"] == "accepted" for x in lines), "25 coupons", lines[:1])
    last = api.send("coupons/ls-0-0/approve", {"reviewer": "r"})
    after = api.get("/v1/coupons", [("Spate-Position", x["position"]) for x in lines]
                    + [("Spate-Position", last.position)])
    for limit in (1, 7, 1000):
        items, seen = pages(j, api, f"/v1/coupons?limit={limit}", after, f"pages of {limit}")
        mine = [x for x in items if x["coupon"].startswith("ls-")]
        j.equal(len({x["coupon"] for x in mine}), 25, f"pages of {limit} hold each coupon")
        j.equal(len(mine), 25, f"pages of {limit} hold each coupon once")
        order = [(x["submitted_at"], x["coupon"]) for x in items]
        wanted = sorted(sorted(order, key=lambda x: x[1].encode()), key=lambda x: x[0],
                        reverse=True)
        j.equal(order, wanted, "coupons: newest first, ties by key")
    items, _ = pages(j, api, "/v1/coupons?limit=2&merchant=m-1&state=submitted", after, "filtered")
    j.check(len(items) == 12 and all(x["merchant"] == "m-1" for x in items),
            "`next` keeps the filters", [x["coupon"] for x in items])
    items, _ = pages(j, api, "/v1/coupons?state=approved&merchant=m-0", after, "by state")
    j.equal([x["coupon"] for x in items], ["ls-0-0"], "filtered by state")
    j.equal(api.get("/v1/coupons?merchant=nobody").json, {"items": [], "next": None},
            "an empty list")
    for key in ("b", "a", "B", "%C3%A9", "a-", "aa"):
        last = api.send(f"redemptions/ls-{key}/open", {"stock": 9, "per_claimant_max": 9})
    for claimant in ("b", "a", "B", "\u00e9", "a-", "aa", "a+"):
        last = api.send("redemptions/ls-aa/redeem", {"claimant": claimant})
    for limit in (1, 3, 500):
        items, _ = pages(j, api, f"/v1/redemptions?limit={limit}", last, "campaigns")
        keys = [x["campaign"].encode() for x in items]
        j.check(keys == sorted(set(keys)) and b"ls-aa" in keys, "campaigns by key bytes", keys[:40])
        items, _ = pages(j, api, f"/v1/redemptions/ls-aa/claims?limit={limit}", last, "claims")
        keys = [x["claimant"] for x in items]
        j.equal(keys, ["B", "a", "a+", "a-", "aa", "b", "\u00e9"], "claims by key bytes")
    for bad in ("limit=0", "limit=1001", "limit=", "limit=x", "limit=-1", "limit=1.0", "limit=%2B1",
                "limit=99999999999999999999", "cursor=x", "cursor=", "bogus=1", "state=bogus",
                "state=", "state=Approved", "Limit=1", "limit=1&limit=1", "%zz=1", "title=t",
                "=1", "merchant=%ff", "merchant=", "merchant=a%20b", "merchant=" + "m" * 129):
        a = api.get("/v1/coupons?" + bad)
        j.check(a.status == 400 and a.json["errors"][0].get("parameter") is not None,
                f"a list refuses {bad}", a)
    a = api.get("/v1/coupons?limit=0&bogus=1&state=x")
    j.malformed(a, "all faults of a query at once", "limit", "bogus", "state", place="parameter")
    a = api.get("/v1/coupons?limit=1").json["next"]
    cursor = urllib.parse.parse_qs(a.split("?")[1])["cursor"][0]
    j.malformed(api.get("/v1/redemptions?cursor=" + cursor), "a cursor of another list", "cursor",
                place="parameter")
    j.malformed(api.get("/v1/coupons?cursor=" + cursor[:-1]), "half a cursor", "cursor",
                place="parameter")


def judge_batches(j, api):
    def line(command, body, stream="bt-1", **more):
        return {"domain": "redemptions", "stream": stream, "command": command, "body": body, **more}

    given = [line("open", {"stock": 2}, id="b1"), line("redeem", {"claimant": "a"}, id="b2"),
             line("redeem", {"claimant": "b"}, id="b3"), line("redeem", {"claimant": "c"}, id="b4"),
             "garbage", "", "[]", '{"domain":"redemptions"}', line("open", {"stock": -1}, "bt-2"),
             line("opne", {}), {**line("open", {}), "domain": "redemption"},
             line("open", {"stock": 3}, id="b1"), line("open", {"stock": 2}, id="b1"),
             {**line("open", {"stock": 1}, "bt-3"), "extra": 1},
             line("open", {"stock": 1}, "bt-3", id=""),
             line("open", {"stock": 1}, "bt-3", id=7), {**line("close", {}), "body": []},
             {"domain": "redemptions", "stream": "bt-1", "command": "close"}]
    a, got = api.batch(given)
    if not j.check(a.status == 200 and len(got) == len(given), "one answer a line", a):
        return
    j.equal(a.header("Content-Type"), "application/x-ndjson", "a batch answers NDJSON")
    j.equal([x["line"] for x in got], list(range(1, len(given) + 1)),
            "answers in order of the lines")
    j.equal([x["outcome"] for x in got],
            ["accepted"] * 3 + ["rejected"] + ["invalid"] * 7 + ["key_reused", "accepted"]
            + ["invalid"] * 4 + ["accepted"], "a bad line spoils no other")
    j.equal([x["events"][0]["serial"] for x in got[1:3]], [1, 2], "lines of one stream in order")
    j.check(got[3]["code"] == "sold_out" and got[3]["details"] == {"remaining": 0}
            and got[3]["command_id"] and got[3]["position"] and UTC.match(got[3]["at"]),
            "a rejected line", got[3])
    pointers = [[e["pointer"] for e in x.get("problem", {}).get("errors", [])] for x in got]
    j.equal(pointers[4:9], [[""], [""], [""], ["/stream", "/command"], ["/body/stock"]],
            "pointers of lines")
    j.check("'open'" in got[9]["problem"]["detail"]
            and "redemptions" in got[10]["problem"]["detail"],
            "an unknown command or domain of a line suggests the nearest", got[9:11])
    j.equal(got[11]["problem"].get("code"), "idempotency_key_reused", "a key reused by a line")
    j.check(got[12].get("replayed") is True and got[0].get("replayed") is None, "replayed", got[12])
    j.equal({k: v for k, v in got[12].items() if k not in ("line", "replayed")},
            {k: v for k, v in got[0].items() if k != "line"}, "a replayed line is the first")
    j.equal(pointers[13:17], [["/extra"], ["/id"], ["/id"], ["/body"]], "faults of a line's head")
    j.status(api.request("POST", "/v1/batch", "{}", {"Content-Type": "application/json"}), 415,
             "a batch is application/x-ndjson", "unsupported_media_type")
    a = api.request("POST", "/v1/batch", b"", {"Content-Type": "application/x-ndjson"})
    j.status(a, 400, "an empty batch")
    crlf = (json.dumps(line("open", {"stock": 1}, "bt-9")) + "\r\n").encode()
    a = api.request("POST", "/v1/batch", crlf, {"Content-Type": "application/x-ndjson"})
    j.check(a.status == 200 and b'"accepted"' in a.body, "lines may end with CRLF", a)
    a, got = api.batch([line("open", {"stock": 1}, "bt-10")], [("Prefer", "respond-async")])
    j.check(got and got[0]["outcome"] == "pending" and len(got[0]["command_id"]) == 32,
            "respond-async of a batch", a)


def judge_feed(j, api):
    a = api.send("redemptions/fd-1/open", {"stock": 1})
    b = api.send("redemptions/fd-1/redeem", {"claimant": "x"})
    c = api.send("redemptions/fd-1/redeem", {"claimant": "y"})
    feed = api.get("/v1/redemptions/outcomes?stream=fd-1")
    items = feed.json.get("items", [])
    j.equal([x.get("command_id") for x in items], [x.json["command_id"] for x in (a, b, c)],
            "the outcomes of a stream in order")
    j.equal([x.get("outcome") for x in items], ["accepted", "accepted", "rejected"], "outcomes")
    rest = api.get(f"/v1/redemptions/outcomes?stream=fd-1&from={a.position}").json.get("items", [])
    j.equal([x.get("command_id") for x in rest], [x.json["command_id"] for x in (b, c)],
            "outcomes behind a position")
    for bad in ("from=x", "from=", "stream=", "stream=a%20b", "limit=0", "bogus=1"):
        a = api.get("/v1/redemptions/outcomes?" + bad)
        j.malformed(a, f"outcomes refuse {bad}", bad.split("=")[0], place="parameter")


def judge_service(j, api):
    root = api.get("/v1")
    domains = {d["domain"]: d for d in root.json.get("domains", [])}
    j.check({"redemptions", "coupons", "orders", "quizzes"} <= set(domains), "GET /v1: domains",
            root)
    j.equal(domains["redemptions"]["commands"], ["open", "redeem", "release", "restock", "close"],
            "GET /v1: commands")
    views = " ".join(v for d in domains.values() for v in d["views"])
    for view in ("/v1/redemptions", "/v1/redemptions/{stream}/claims",
                 "/v1/orders/customers/{key}", "/v1/quizzes/students/{key}",
                 "/v1/quizzes/{stream}/attempts/{key}"):
        j.check(view in views, f"GET /v1 lists {view}", views)
    health, ready = api.get("/health"), api.get("/readyz")
    j.equal((health.status, health.body), (ready.status, ready.body), "/health = /readyz")
    for path in ("/livez", "/startupz", "/readyz?verbose", "/metrics"):
        j.status(api.get(path), 200, f"GET {path}")
    document = api.get("/openapi.json").json
    j.check(document.get("openapi", "").startswith("3.1"), "OpenAPI 3.1", str(document)[:100])
    paths = document.get("paths", {})
    for part in ("/redeem", "/claims", "/batch", "/customers/", "/attempts/", "/commands/",
                 "/history", "/v1/orders/outcomes"):
        j.check(any(part in p for p in paths), f"OpenAPI knows {part}", list(paths))
    judge_problem_pages(j, api)


def judge_problem_pages(j, api):
    for kind in sorted(filter(None, j.problem_types)):
        page = api.get(kind)
        j.check(page.status == 200 and (page.header("Content-Type") or "").startswith("text/html"),
                f"{kind} is a page that the server serves", page)
    for code in ("overloaded", "not_ready", "shutting_down", "stream_parked", "storage_full",
                 "idempotency_key_reused", "position_unknown", "payload_too_large"):
        j.status(api.get("/problems/" + code), 200, f"the page of {code}")
    a = api.get("/problems/redemptions/sold_uot")
    j.check(a.status == 404 and "sold_out" in a.json.get("detail", ""), "an unknown problem", a)
