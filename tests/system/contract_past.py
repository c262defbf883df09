"""Judges how a stream's past is read, over HTTP and by the command line: its history."""
import json


def judge_past(j, api):
    judge_history(j, api)


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
