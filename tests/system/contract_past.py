"""Judges how a stream's past is read, over HTTP and by the command line."""
import json

from contract_reads import later


def judge_past(j, api):
    judge_history(j, api)
    judge_as_of(j, api)


def judge_history(j, api):
    opened = api.send("redemptions/hs-1/open", {"stock": 1}, "hs-o")
    api.send("redemptions/hs-2/open", {"stock": 1})
    sold = api.send("redemptions/hs-1/redeem", {"claimant": "x"})
    refused = api.send("redemptions/hs-1/redeem", {"claimant": "y"}, "hs-y")
    page = api.get("/v1/redemptions/hs-1/history")
    j.status(page, 200, "the history of a stream")
    items = page.json.get("items", [])
    j.equal([x.get("command_id") for x in items],
            [x.json["command_id"] for x in (opened, sold, refused)], "the commands of a stream")
    j.equal([(x.get("outcome"), x.get("code")) for x in items],
            [("accepted", None), ("accepted", None), ("rejected", "sold_out")], "what became of them")
    last = items[-1] if items else {}
    j.equal((last.get("key"), last.get("body")), ("hs-y", {"claimant": "y", "quantity": 1}),
            "who wished what")
    j.equal(page.json.get("next", 1), None, "the end of a history")
    j.check(page.json.get("looked_at", 0) >= 3, "it says how far it looked", page)
    one = api.get("/v1/redemptions/hs-1/history?limit=1").json
    two = api.get(one.get("next") or "/").json
    j.equal([x["command_id"] for x in one.get("items", []) + two.get("items", [])],
            [x.json["command_id"] for x in (opened, sold)], "`next` of a history goes on")
    late = api.get("/v1/redemptions/hs-1/history?from=" + sold.json["at"]).json
    j.equal([x.get("command_id") for x in late.get("items", [])],
            [x.json["command_id"] for x in (sold, refused)], "a history from a time on")
    j.status(api.get("/v1/redemptions/hs-none/history"), 404, "the history of nobody",
             "unknown_stream")
    for bad in ("from=x", "from=", "limit=0", "limit=1001", "bogus=1"):
        a = api.get("/v1/redemptions/hs-1/history?" + bad)
        j.malformed(a, f"a history refuses {bad}", bad.split("=")[0], place="parameter")


def judge_as_of(j, api):
    a = api.send("redemptions/as-1/open", {"stock": 5})
    seen = []
    for who in ("x", "y", "z"):
        a = api.send("redemptions/as-1/redeem", {"claimant": who})
        read = [api.read(p, a) for p in ("/v1/redemptions/as-1", "/v1/redemptions/as-1/claims")]
        seen.append((a, read))
    for a, (view, claims) in seen:
        for point in (a.position, a.json["at"]):
            then = api.get("/v1/redemptions/as-1?as_of=" + point)
            j.equal((then.status, then.body), (200, view.body), f"a view as of {point}")
            then = api.get("/v1/redemptions/as-1/claims?as_of=" + point)
            j.equal((then.status, then.body), (200, claims.body), f"a list as of {point}")
    first = seen[0][0].position
    j.status(api.get("/v1/redemptions/as-1/claims/z?as_of=" + first), 404,
             "an item before it was", "unknown_item")
    j.status(api.get("/v1/redemptions/as-1?as_of=1980-01-01T00:00:00Z"), 404, "before the log",
             "unknown_stream")
    for bad in ("x", "", "2199-01-01T00:00:00Z", "2026-02-30T00:00:00Z"):
        j.malformed(api.get("/v1/redemptions/as-1?as_of=" + bad), f"as_of refuses '{bad}'",
                    "as_of", place="parameter")
    for path in ("/v1/redemptions", "/v1/orders/customers/c"):
        j.malformed(api.get(path + "?as_of=" + first), f"no as_of of {path}", "as_of",
                    place="parameter")
    beyond = api.get("/v1/redemptions/as-1?as_of=" + later(first, 10**9))
    j.status(beyond, 409, "as_of beyond the end", "position_unknown")


def judge_past_commands(j, spate, exits, stream, *where):
    """`where`: nothing, for the server that `spate` knows, or `--data DIR` of a stopped one."""
    said = f" ({where[0]})" if where else ""
    history = ("history", "redemptions", stream, *where)
    run = spate(*history, "-o", "json")
    exits(j, run, 0, "history -o json" + said, "to the end of the log")
    lines = [json.loads(x) for x in run.stdout.splitlines()]
    j.check(len(lines) > 2 and all(x["stream"] == stream for x in lines),
            "history: a line a command" + said, run.stdout[:300])
    run = spate(*history, "-o", "json", "--limit", 2)
    exits(j, run, 0, "history --limit" + said, "there may be more", "--from")
    rest = spate(*history, "-o", "json", "--from", run.stderr.split("--from ")[-1].strip())
    j.equal([json.loads(x)["command_id"] for x in (run.stdout + rest.stdout).splitlines()],
            [x["command_id"] for x in lines], "history --from goes on" + said)
    exits(j, spate(*history), 0, "history as a table" + said, "accepted", "opened")
    exits(j, spate(*history, "--from", lines[1]["at"], "-o", "json"), 0, "history of a time" + said,
          lines[1]["command_id"])
    exits(j, spate("history", "redemptions", "hs-none", *where), 1, "history of nobody" + said,
          "unknown_stream")
    exits(j, spate("history", "redemption", stream, *where), 2, "history: no such domain" + said,
          "did you mean 'redemptions'")
    exits(j, spate(*history, "--from", "x"), 2, "history from nowhere" + said, "position", "time")
    exits(j, spate(*history, "--limit", 0), 2, "history --limit 0" + said, "--limit")
    view = ("get", "redemptions", stream, *where)
    for point, sold in ((lines[0]["position"], 0), (lines[-1]["at"], 1)):
        run = spate(*view, "--as-of", point)
        if exits(j, run, 0, f"get --as-of {point}" + said):
            j.equal(json.loads(run.stdout)["redeemed"], sold, f"what was, as of {point}" + said)
    exits(j, spate("get", "redemptions", stream + "/claims", *where, "--as-of", lines[-1]["at"]), 0,
          "get a list --as-of" + said, '"ann"', '"next":null')
    exits(j, spate("get", "redemptions", stream + "/claims/ann", *where, "--as-of",
                   lines[0]["position"]), 1, "get an item before it was" + said, "unknown_item")
    exits(j, spate(*view, "--as-of", "1980-01-01T00:00:00Z"), 1, "get before the log" + said,
          "unknown_stream")
    exits(j, spate(*view, "--as-of", later(lines[0]["position"], 10**9)), 1,
          "get beyond the end" + said, "position_unknown", "beyond the end")
    exits(j, spate(*view, "--as-of", "x"), 2, "get as of nothing" + said, "position", "time")
    exits(j, spate(*view, "--as-of", "2199-01-01T00:00:00Z"), 2, "get in the future" + said, "lies in the future")
