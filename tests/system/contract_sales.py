"""Judges redemptions and coupons: every command, event, rejection and view."""
import datetime

FAR, PAST = "2200-01-01T00:00:00Z", "2020-01-01T00:00:00Z"


def soon(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.isoformat().replace("+00:00", "Z")


def judge_sales(j, api):
    judge_redemptions(j, api)
    judge_windows(j, api)
    judge_campaign_view(j, api)
    judge_coupons(j, api)
    judge_coupon_bodies(j, api)


def judge_redemptions(j, api):
    def c(command, stream="rs-1", **body):
        return api.send(f"redemptions/{stream}/{command}", body)

    for command, body in (("redeem", {"claimant": "a"}), ("release", {"claimant": "a"}),
                          ("restock", {"quantity": 1}), ("close", {})):
        j.rejected(c(command, **body), "unknown_campaign", f"{command} before open")
    a = c("open", stock=5, per_claimant_max=3, title="T", opens_at=PAST, closes_at=FAR)
    j.accepted(a, "opened carries its command's fields", type="opened", stock=5, per_claimant_max=3,
               title="T", opens_at=PAST, closes_at=FAR)
    j.rejected(c("open", stock=5, opens_at=FAR, closes_at=PAST), "already_open",
               "already_open before window_empty")
    j.accepted(c("redeem", claimant="a", quantity=2), "redeem", type="redeemed", claimant="a",
               quantity=2, remaining=3, serial=1)
    j.rejected(c("redeem", claimant="a", quantity=2), "claimant_limit", "held + quantity > max",
               {"held": 2, "limit": 3})
    j.rejected(c("redeem", claimant="a", quantity=1000000), "claimant_limit",
               "claimant_limit before sold_out")
    j.accepted(c("redeem", claimant="b", quantity=2), "redeem", serial=2, remaining=1)
    j.rejected(c("redeem", claimant="c", quantity=2), "sold_out", "all or nothing",
               {"remaining": 1})
    j.rejected(c("release", claimant="c"), "no_such_claim", "release of nothing", {"held": 0})
    j.rejected(c("release", claimant="a", quantity=3), "no_such_claim", "more than held",
               {"held": 2})
    j.accepted(c("release", claimant="a"), "release", type="released", claimant="a", quantity=1,
               remaining=2)
    j.accepted(c("redeem", claimant="a", quantity=2), "released pieces return to the allowance",
               serial=3, remaining=0)
    j.accepted(c("restock", quantity=4), "restock", type="restocked", quantity=4, remaining=4)
    j.rejected(c("restock", quantity=1000000000), "stock_too_large", "stock + quantity > 1e9",
               {"limit": 1000000000})
    last = c("release", claimant="b", quantity=2)
    claims = api.read("/v1/redemptions/rs-1/claims", last)
    j.equal([(x["claimant"], x["quantity"], x["first_serial"]) for x in claims.json["items"]],
            [("a", 3, 1)], "a claim at 0 leaves the list")
    j.equal(sorted(claims.json["items"][0]), ["claimant", "first_at", "first_serial", "quantity"],
            "members of a claim")
    j.status(api.read("/v1/redemptions/rs-1/claims/b", last), 404, "a claim at 0 is gone")
    j.accepted(c("close", reason="done"), "close", type="closed", reason="done")
    j.rejected(c("close"), "closed", "close is final")
    j.rejected(c("redeem", claimant="a"), "closed", "redeem when closed")
    j.rejected(c("restock", quantity=1), "closed", "restock when closed")
    j.rejected(c("restock", quantity=1000000000), "closed", "closed before stock_too_large")
    last = c("release", claimant="a", quantity=3)
    j.accepted(last, "release works in any state", remaining=9)
    view = api.read("/v1/redemptions/rs-1", last).json
    j.equal((view["state"], view["stock"], view["redeemed"], view["remaining"], view["claimants"],
             view["version"]), ("closed", 9, 0, 9, 0, 9), "the campaign after all that")
    c("open", "rs-9", stock=2)
    c("redeem", "rs-9", claimant="a")
    c("release", "rs-9", claimant="a")
    again = c("redeem", "rs-9", claimant="a")
    j.accepted(again, "serials are never reused", serial=2)
    claim = api.read("/v1/redemptions/rs-9/claims/a", again).json
    j.equal((claim.get("quantity"), claim.get("first_serial"), claim.get("first_at")),
            (1, 2, again.json["at"]), "a claim that came back begins anew")
    for command, body, pointer in (
            ("open", {}, "/stock"),
            ("open", {"stock": 1, "per_claimant_max": 0}, "/per_claimant_max"),
            ("open", {"stock": 1, "per_claimant_max": 1000001}, "/per_claimant_max"),
            ("redeem", {}, "/claimant"), ("redeem", {"claimant": "a", "quantity": 0}, "/quantity"),
            ("redeem", {"claimant": "a", "quantity": 1000001}, "/quantity"),
            ("release", {"quantity": 1}, "/claimant"), ("restock", {}, "/quantity"),
            ("restock", {"quantity": 0}, "/quantity"), ("close", {"reason": ""}, "/reason"),
            ("restock", {"quantity": 1000000001}, "/quantity")):
        j.malformed(c(command, "rs-bad", **body), f"{command} {body}", pointer)


def judge_windows(j, api):
    def opened(stream, **body):
        return api.send(f"redemptions/{stream}/open", {"stock": 1, **body})

    def redeem(stream):
        return api.send(f"redemptions/{stream}/redeem", {"claimant": "a"})

    j.rejected(opened("wd-1", opens_at=FAR, closes_at=FAR), "window_empty", "closes_at = opens_at")
    j.rejected(opened("wd-1", opens_at=FAR, closes_at=PAST), "window_empty", "closes_at < opens_at")
    j.accepted(opened("wd-1", closes_at=PAST), "a past closes_at is accepted")
    j.rejected(redeem("wd-1"), "window_over", "now >= closes_at")
    a = opened("wd-2", opens_at=FAR)
    j.rejected(redeem("wd-2"), "not_open_yet", "now < opens_at")
    j.equal(api.read("/v1/redemptions/wd-2", a).json["state"], "scheduled", "state scheduled")
    j.equal(api.read("/v1/redemptions/wd-1", a).json["state"], "over", "state over")
    a = api.send("redemptions/wd-2/close", {})
    j.equal(api.read("/v1/redemptions/wd-2", a).json["state"], "closed", "closed before scheduled")
    j.rejected(redeem("wd-2"), "closed", "closed before not_open_yet")
    a = api.send("redemptions/wd-0/open", {"stock": 0, "opens_at": FAR})
    j.equal(api.read("/v1/redemptions/wd-0", a).json["state"], "scheduled",
            "scheduled before sold_out")
    a = api.send("redemptions/wd-4/open", {"stock": 0})
    j.equal(api.read("/v1/redemptions/wd-4", a).json["state"], "sold_out", "state sold_out")
    j.rejected(redeem("wd-4"), "sold_out", "stock 0 is sold out until restocked", {"remaining": 0})
    api.send("redemptions/wd-4/restock", {"quantity": 1})
    j.accepted(redeem("wd-4"), "restocked")
    a = opened("wd-3", opens_at=soon(1), closes_at=soon(2))
    first = api.read("/v1/redemptions/wd-3", a)
    j.equal(first.json["state"], "scheduled", "before its window")
    view = api.wait_until("/v1/redemptions/wd-3", lambda v: v["state"] != "scheduled")
    j.equal(view.json["state"], "open", "derived from now: open")
    j.check(view.header("ETag") != first.header("ETag"), "another state is another ETag")
    view = api.wait_until("/v1/redemptions/wd-3", lambda v: v["state"] != "open")
    j.equal(view.json["state"], "over", "derived from now: over")
    j.equal(view.json["version"], 1, "no event made it so")


def judge_campaign_view(j, api):
    a = api.send("redemptions/cv-1/open", {"stock": 2})
    view = api.read("/v1/redemptions/cv-1", a).json
    j.equal(sorted(view), sorted(
        ["campaign", "title", "state", "stock", "redeemed", "remaining", "claimants",
         "per_claimant_max", "opens_at", "closes_at", "first_redeemed_at", "last_redeemed_at",
         "version"]), "members of a campaign")
    j.equal({k: view[k] for k in ("title", "opens_at", "closes_at", "first_redeemed_at")},
            dict.fromkeys(("title", "opens_at", "closes_at", "first_redeemed_at")),
            "what is not there yet is null")
    one = api.send("redemptions/cv-1/redeem", {"claimant": "a"})
    two = api.send("redemptions/cv-1/redeem", {"claimant": "b"})
    view = api.read("/v1/redemptions/cv-1", two).json
    j.equal((view["first_redeemed_at"], view["last_redeemed_at"], view["claimants"], view["state"]),
            (one.json["at"], two.json["at"], 2, "sold_out"), "the campaign after two claims")


COUPON = {"merchant": "m", "code": "SAVE", "title": "t", "discount": {"percent": 10},
          "expires_at": FAR}


def judge_coupons(j, api):
    def c(command, stream="co-1", **body):
        return api.send(f"coupons/{stream}/{command}", body)

    verdict = {"reviewer": "r", "reasons": ["x"]}
    for command, body in (("approve", verdict), ("reject", verdict), ("publish", {}),
                          ("withdraw", {"reason": "x"})):
        j.rejected(c(command, **body), "unknown_coupon", f"{command} before submit")
    a = c("submit", **COUPON, terms="none")
    j.accepted(a, "submitted carries its command's fields", type="submitted", terms="none",
               **COUPON)
    j.rejected(c("submit", **{**COUPON, "expires_at": PAST}), "already_submitted",
               "already_submitted before expires_in_the_past")
    j.rejected(c("submit", "co-2", **{**COUPON, "expires_at": PAST}), "expires_in_the_past",
               "submit")
    j.rejected(c("publish"), "not_approved", "publish before a verdict")
    a = c("approve", reviewer="r", score=90, reasons=["good", "cheap"])
    j.accepted(a, "approve", type="approved", reviewer="r", score=90, reasons=["good", "cheap"])
    j.rejected(c("approve", **verdict), "already_judged", "approve twice")
    j.rejected(c("reject", **verdict), "already_judged", "reject after approve")
    p = c("publish")
    j.accepted(p, "publish", type="published")
    j.rejected(c("publish"), "already_published", "publish twice")
    view = api.read("/v1/coupons/co-1", p).json
    j.equal(view, {"coupon": "co-1", "merchant": "m", "code": "SAVE", "title": "t",
                   "discount": {"percent": 10}, "terms": "none", "state": "published",
                   "expired": False, "score": 90, "reasons": ["good", "cheap"], "reviewer": "r",
                   "submitted_at": view.get("submitted_at"), "judged_at": a.json["at"],
                   "published_at": p.json["at"], "expires_at": FAR, "version": 3},
                   "view of a coupon")
    j.accepted(c("withdraw", reason="why"), "withdraw works in any state", type="withdrawn",
               reason="why")
    for command, body in (("approve", verdict), ("reject", verdict), ("publish", {}),
                          ("withdraw", {"reason": "x"})):
        j.rejected(c(command, **body), "withdrawn", f"{command} after withdraw")
    c("submit", "co-3", **COUPON)
    j.accepted(c("reject", "co-3", reviewer="r", reasons=["bad"]), "reject", type="rejected",
               reasons=["bad"])
    j.rejected(c("publish", "co-3"), "not_approved", "publish after reject")
    j.rejected(c("approve", "co-3", reviewer="r"), "already_judged", "approve after reject")
    c("submit", "co-4", **{**COUPON, "expires_at": soon(1)})
    c("approve", "co-4", reviewer="r")
    view = api.wait_until("/v1/coupons/co-4", lambda v: v["expired"])
    j.check(view.json.get("expired") is True and view.json["state"] == "approved",
            "expired is derived from now, whatever the state", view)
    j.rejected(c("publish", "co-4"), "expired", "publish after expiry")
    j.rejected(c("approve", "co-4", reviewer="r"), "expired", "expired before already_judged")
    last = c("withdraw", "co-4", reason="old")
    j.accepted(last, "an expired coupon may be withdrawn")
    view = api.read("/v1/coupons/co-4", last).json
    j.check(view["terms"] is None and view["score"] is None and view["published_at"] is None,
            "what is not there is null", view)
    last = api.send("redemptions/co-1/open", {"stock": 1})
    j.status(api.read("/v1/redemptions/co-1", last), 200, "a campaign of the same key")


def judge_coupon_bodies(j, api):
    def submit(**body):
        return api.send("coupons/cb/submit", {**COUPON, **body})

    for discount in ({}, {"percent": 5, "amount_minor": 1, "currency": "EUR"}, {"percent": 0},
                     {"percent": 101}, {"amount_minor": 1}, {"currency": "EUR"}, 5, None,
                     {"percent": 5, "currency": "EUR"}, {"amount_minor": 0, "currency": "EUR"},
                     {"amount_minor": 2**53, "currency": "EUR"}, {"percent": 5, "x": 1},
                     {"amount_minor": 1, "currency": "eur"}, {"amount_minor": 1, "currency": "XYZ"},
                     {"percent": 1.5}):
        a = submit(discount=discount)
        j.check(a.status == 400 and a.json["errors"][0]["pointer"].startswith("/discount"),
                f"discount {discount}", a)
    a = api.send("coupons/cb-2/submit", {**COUPON, "discount": {"amount_minor": 2**53 - 1,
                                                                "currency": "JPY"}})
    j.accepted(a, "a discount of money", discount={"amount_minor": 2**53 - 1, "currency": "JPY"})
    j.malformed(api.send("coupons/cb/submit", {}), "what submit needs", "/merchant", "/code",
                "/title",
                "/discount", "/expires_at")
    for command, body, pointer in (
            ("approve", {}, "/reviewer"), ("approve", {"reviewer": "r", "score": 101}, "/score"),
            ("approve", {"reviewer": "r", "score": -1}, "/score"),
            ("approve", {"reviewer": "r", "reasons": ["x"] * 21}, "/reasons"),
            ("approve", {"reviewer": "r", "reasons": [""]}, "/reasons/0"),
            ("reject", {"reviewer": "r"}, "/reasons"),
            ("reject", {"reviewer": "r", "reasons": []}, "/reasons"), ("publish", {"x": 1}, "/x"),
            ("withdraw", {}, "/reason"), ("submit", {**COUPON, "code": "a b"}, "/code"),
            ("submit", {**COUPON, "merchant": ""}, "/merchant")):
        j.malformed(api.send("coupons/cb/" + command, body), f"{command} {body}"[:60], pointer)
    j.accepted(api.send("coupons/cb-2/approve", {"reviewer": "r", "score": 0, "reasons": []}),
               "score 0 and no reasons", score=0, reasons=[])
