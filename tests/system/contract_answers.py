"""Judges the answers to commands: outcomes, duplicates, faults and which of them wins."""
import json
import re
import threading

from contract_kit import JSON, UTC


def judge_answers(j, api):
    judge_outcomes(j, api)
    judge_duplicates(j, api)
    judge_keys(j, api)
    judge_waits(j, api)
    judge_status(j, api)
    judge_if_match(j, api)
    judge_unknown(j, api)
    judge_precedence(j, api)


def judge_outcomes(j, api):
    a = api.send("redemptions/ans-1/open", {"stock": 1})
    j.accepted(a, "a creating command answers 200", type="opened", stock=1, per_claimant_max=1)
    j.equal(list(a.json), ["outcome", "command_id", "position", "at", "events"],
            "members of an accepted answer")
    j.equal(a.header("Content-Type"), "application/json", "an accepted answer is JSON")
    j.check(re.fullmatch("[0-9a-f]{32}", a.json.get("command_id", "")),
            "command_id = 32 hex digits", a)
    j.equal(a.json.get("position"), a.position, "Spate-Position is the body's position")
    j.check(UTC.match(a.json.get("at", "")), "`at` is RFC 3339 in UTC", a)
    j.equal(a.header("Location"), "/v1/redemptions/ans-1/commands/" + a.json["command_id"],
            "Location of the command")
    j.check(re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
                         a.header("Idempotency-Key") or ""), "the server mints a UUIDv7", a.headers)
    j.accepted(api.send("redemptions/ans-1/redeem", {"claimant": "ann"}), "defaults are filled in",
               type="redeemed", claimant="ann", quantity=1, remaining=0, serial=1)
    no = api.send("redemptions/ans-1/redeem", {"claimant": "bob"})
    j.rejected(no, "sold_out", "the domain says no", {"remaining": 0})
    j.equal(no.json.get("type"), "/problems/redemptions/sold_out", "type of a rejection")
    j.check({"type", "title", "status", "code", "outcome", "command_id", "position", "at",
             "details"} <= set(no.json), "members of a rejection", no)
    j.check("trace_id" not in no.json, "nothing per request in a stored answer", no)
    j.check(no.position == no.json.get("position") and no.header("Location"),
            "a rejection has the headers of a 200", no.headers)
    j.check(no.json["at"] >= a.json["at"], "`at` is monotone", no)


def judge_duplicates(j, api):
    for where, body, what in (("redemptions/dup-1/open", {"stock": 1}, "accepted"),
                              ("redemptions/dup-1/open", {"stock": 2}, "rejected")):
        first = api.send(where, body, what)
        again = api.send(where, body, what)
        j.check((again.status, again.body) == (first.status, first.body),
                f"the same id again: the very same status and body ({what})", (first, again))
        j.equal(again.header("Idempotent-Replayed"), "true", "Idempotent-Replayed: true")
        j.equal(first.header("Idempotent-Replayed"), None, "the first answer is no replay")
        j.equal((again.position, again.header("Location"), again.header("Content-Type")),
                (first.position, first.header("Location"), first.header("Content-Type")),
                "a replay has the same headers")
    a = api.send("redemptions/dup-1/open", '{ "per_claimant_max" : 1, "stock":1}', "accepted")
    j.accepted(a, "order, space and defaults do not make another payload")
    other = api.send("redemptions/dup-1/open", {"stock": 7}, "accepted")
    j.status(other, 422, "same id, other payload", "idempotency_key_reused")
    j.status(api.send("redemptions/dup-1/close", {}, "accepted"), 422, "same id, other command")
    j.accepted(api.send("redemptions/dup-1/open", {"stock": 1}, "accepted"),
               "after a 422 the key still names the first")
    j.accepted(api.send("redemptions/dup-2/open", {"stock": 7}, "accepted"),
               "a key belongs to its stream")
    api.send("redemptions/dup-3/open", {"stock": 5, "per_claimant_max": 5})
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(type(api)(j, api.port).send(
        "redemptions/dup-3/redeem", {"claimant": "ann"}, "race"))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    j.check(len({(a.status, a.body) for a in answers}) == 1 and answers[0].status == 200,
            "a duplicate waits for the undecided first", answers)
    j.equal(sum(a.header("Idempotent-Replayed") is None for a in answers), 1,
            "one of eight racing duplicates is the first")


def judge_keys(j, api):
    first = api.send("redemptions/key-1/open", {"stock": 1}, '"a"')
    bare = api.send("redemptions/key-1/open", {"stock": 1}, "a")
    j.equal(bare.body, first.body, '"a" = a')
    _, lines = api.batch([{"domain": "redemptions", "stream": "key-1", "command": "open", "id": "a",
                           "body": {"stock": 1}}])
    j.check(lines and lines[0].get("replayed") is True
            and lines[0]["command_id"] == first.json["command_id"], "a = a batch line's id", lines)
    j.accepted(api.send("redemptions/key-2/open", {"stock": 1}, "k" * 255), "255 bytes of key")
    for key in ("", '""', "k" * 256, "a b", "a,b", "a;b", "a\\b", 'a"b', '"', '"a', "a\tb",
                "h\u00e9", '"a b"', '"' + "k" * 256 + '"'):
        a = api.send("redemptions/key-3/open", {"stock": 1}, key)
        j.malformed(a, f"Idempotency-Key {key[:9]!r} is refused", "Idempotency-Key", place="header")
    a = api.send("redemptions/key-3/open", {"stock": 1}, headers=[("Idempotency-Key", "a"),
                                                                   ("Idempotency-Key", "a")])
    j.malformed(a, "Idempotency-Key twice", "Idempotency-Key", place="header")
    j.malformed(api.send("redemptions/key-4/open", {}, "free"), "stock is needed", "/stock")
    j.accepted(api.send("redemptions/key-4/open", {"stock": 1}, "free"),
               "after a 400 the key is free")


def judge_waits(j, api):
    a = api.send("redemptions/wait-1/open", {"stock": 1}, "w", {"Prefer": "respond-async"})
    j.status(a, 202, "respond-async: always 202")
    j.equal(sorted(a.json), ["command_id", "outcome"], "members of a 202")
    j.equal(a.json.get("outcome"), "pending", "a 202 is pending")
    j.check(a.header("Location"), "a 202 has Location", a.headers)
    j.equal(a.header("Preference-Applied"), "respond-async", "Preference-Applied echoes")
    s = api.get(a.header("Location"), {"Prefer": "wait=10"})
    j.check(s.status == 200 and s.json.get("outcome") == "accepted", "the status URL waits", s)
    again = api.send("redemptions/wait-1/open", {"stock": 1}, "w", {"Prefer": "respond-async"})
    j.check(again.status == 200 and again.header("Idempotent-Replayed") == "true",
            "respond-async: a stored duplicate's answer", again)
    a = api.send("redemptions/wait-2/open", {"stock": 1}, headers={"Prefer": "wait=99"})
    j.equal((a.status, a.header("Preference-Applied")), (200, "wait=30"),
            "Prefer: wait is at most 30")
    for bad in ("wait=x", "wait=-1", "wait=", "wait=1.5"):
        a = api.send("redemptions/wait-3/open", {"stock": 1}, headers={"Prefer": bad})
        j.malformed(a, f"Prefer: {bad}", "Prefer", place="header")
    a = api.send("redemptions/wait-4/open", {"stock": 1}, headers={"Prefer": "handling=lenient"})
    j.accepted(a, "an unknown preference is ignored (RFC 7240)")


def judge_status(j, api):
    yes = api.send("redemptions/st \u00e9-1/open".replace(" ", "").replace("\u00e9", "%C3%A9"),
                   {"stock": 0}, "yes")
    no = api.send("redemptions/st%C3%A9-1/redeem", {"claimant": "a"}, "no")
    s = api.get(yes.header("Location"))
    j.check(s.status == 200 and s.json.get("events") == yes.json["events"], "the status of a yes",
            s)
    j.equal(s.position, yes.position, "a status carries the command's position")
    s = api.get(no.header("Location"))
    j.check(s.status == 200 and s.json.get("outcome") == "rejected" and s.json["code"] == "sold_out"
            and s.json["details"] == {"remaining": 0}
            and s.json["command_id"] == no.json["command_id"]
            and s.json["at"] == no.json["at"], "the status of a no is 200", s)
    path = "/v1/redemptions/st%C3%A9-1/commands"
    j.equal(api.get(path + "?key=no").body, s.body, "the status by key")
    j.equal(api.get(path + "?key=no&source=").body, s.body, "the status by key and source")
    j.status(api.get(path + "?key=no&source=other"), 404, "another source is another command")
    j.status(api.get(path + "?key=never"), 404, "404 never seen", "unknown_command_id")
    j.status(api.get(path + "/" + "0" * 32), 404, "404 never seen", "unknown_command_id")
    j.status(api.get("/v1/redemptions/st-none/commands/" + "0" * 32), 404, "404 never seen")
    j.malformed(api.get(path + "/xyz"), "an id that is none", "command_id", place="parameter")
    j.malformed(api.get(path), "?key= is needed", "key", place="parameter")
    j.malformed(api.get(path + "?key=a%20b"), "?key= that is none", "key", place="parameter")
    j.malformed(api.get(path + "?key=a&other=1"), "an unknown parameter", "other",
                place="parameter")
    j.status(api.request("POST", path, {}, JSON), 405, "the status is read")


def judge_if_match(j, api):
    def redeem(claimant, version, key=None):
        return api.send("redemptions/im-1/redeem", {"claimant": claimant}, key,
                        {"If-Match": version})

    a = api.send("redemptions/im-1/open", {"stock": 9}, headers={"If-Match": '"0"'})
    j.accepted(a, "If-Match: \"0\" is a stream that does not exist")
    j.accepted(redeem("a", '"1"'), "If-Match with the view's version")
    no = redeem("b", '"1"', "late")
    j.status(no, 412, "If-Match with another version", "precondition_failed")
    j.check(no.position and no.header("Location") and no.json.get("command_id")
            and no.json.get("outcome") == "rejected", "a 412 is recorded", no)
    j.check("precondition_failed" in no.json.get("type", ""), "type of a 412", no)
    again = redeem("b", '"1"', "late")
    j.equal((again.status, again.body, again.header("Idempotent-Replayed")), (412, no.body, "true"),
            "a 412 is remembered under its id")
    s = api.get(no.header("Location"))
    j.check(s.status == 200 and s.json.get("code") == "precondition_failed", "the status of a 412",
            s)
    view = api.read("/v1/redemptions/im-1", no)
    j.equal((view.json.get("version"), view.json.get("redeemed")), (2, 1), "a 412 changes nothing")
    for bad in ("2", "*", 'W/"2"', '""', '"x"', '"-1"', '"1", "2"', '"1.0"', '"+1"'):
        j.malformed(redeem("c", bad), f"If-Match: {bad}", "If-Match", place="header")


def judge_unknown(j, api):
    a = api.send("redemption/s/open", {})
    j.check(a.status == 404 and "redemptions" in a.json["detail"] and "quizzes" in a.json["detail"],
            "an unknown domain: lists what exists, suggests the nearest", a)
    a = api.send("redemptions/s/reedem", {})
    j.check(a.status == 404 and "'redeem'" in a.json["detail"] and "restock" in a.json["detail"],
            "an unknown command: lists what exists, suggests the nearest", a)
    a = api.get("/v1/redemptions/s/claim")
    j.check(a.status == 404 and "'claims'" in a.json["detail"], "an unknown view", a)
    a = api.get("/v1/orders/costumers/ann")
    j.check(a.status == 404 and "'customers'" in a.json["detail"], "an unknown gathered view", a)
    j.status(api.get("/v2"), 404, "an unknown path")
    j.status(api.get("/"), 404, "the root")
    j.status(api.get("/v1/redemptions/a/b/c/d"), 404, "a path too long")
    for path, command in (("coupons/c/redeem", "submit"), ("orders/o/plaec", "place")):
        a = api.send(path, {})
        j.check(a.status == 404 and command in a.json["detail"], "each domain lists its own", a)


def judge_precedence(j, api):
    def raw(line, *headers, body=b""):
        head = "\r\n".join([line + " HTTP/1.1", "Host: x", *headers]) + "\r\n\r\n"
        return api.raw(head.encode("latin-1") + body)[0]

    big, typed = "Content-Length: 99999999", "Content-Type: application/json"
    j.equal(raw("POST /v1/redemptions/p/open", big, "Transfer-Encoding: chunked"), 400,
            "framing 400 before 413")
    j.equal(raw("POST /v1/" + "x" * 17000, "Host: y"), 414, "414 for a request line too long")
    j.equal(raw("GET /v1", "X-A: " + "x" * 17000), 431, "431 for headers too large")
    j.equal(raw("POST /v1/redemptions/%2F/open", big), 413, "413 before the path's 400")
    j.equal(raw("POST /nowhere", big), 413, "413 before 404, from the header alone")
    j.equal(raw("POST /v1/nodomain/%2F/open", "Content-Length: 0"), 400, "path 400 before 404")
    j.equal(raw("PUT /v1/nodomain/s/open", "Content-Length: 0"), 404, "404 before 405")
    j.equal(raw("PUT /v1/redemptions/p/open", "Content-Length: 2", "Content-Type: text/x",
                body=b"{}"), 405, "405 before 415")
    j.equal(raw("POST /v1/redemptions/p/open", "Content-Length: 2", "Content-Type: text/x",
                "Idempotency-Key: a b", body=b"[]"), 415, "415 before headers and body")
    a = api.send("redemptions/p/open?x=1", {"stock": -1}, "a b",
                 {"If-Match": "9", "Prefer": "wait=q"})
    places = sorted((e.get("pointer") or e.get("header") or e.get("parameter"))
                    for e in a.json.get("errors", []))
    j.equal(places, ["/stock", "Idempotency-Key", "If-Match", "Prefer", "x"],
            "all faults of headers, query and body at once")
    api.send("redemptions/p/open", {"stock": 1}, "p1")
    j.status(api.send("redemptions/p/open", {"stock": 2}, "p1", {"If-Match": '"99"'}), 422,
             "422 before the decision")
    j.malformed(api.send("redemptions/p/open", {"stock": -2}, "p1"), "400 before 422", "/stock")
    for method, path, allow in (("PUT", "/v1/redemptions/p", "GET"), ("GET", "/v1/batch", "POST"),
                                ("DELETE", "/v1/redemptions/p/open", "POST"),
                                ("GET", "/v1/redemptions/p/open", "POST"),
                                ("PUT", "/v1/orders/customers/ann", "GET"),
                                ("POST", "/v1", "GET"), ("POST", "/health", "GET")):
        a = api.request(method, path, b"")
        j.check(a.status == 405 and allow in (a.header("Allow") or ""),
                f"405 and Allow for {method} {path}", a)
    a = api.request("POST", "/v1/redemptions/p/open", json.dumps({"stock": 1}))
    j.check(a.status == 415 and "curl" in a.json.get("detail", ""), "415 shows a curl line", a)
