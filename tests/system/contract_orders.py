"""Judges orders and quizzes: every command, event, rejection and view."""
from contract_sales import soon

LARGEST = 2**53 - 1
ITEMS = [{"sku": "s", "quantity": 2, "unit_price_minor": 150}]


def judge_orders_and_quizzes(j, api):
    judge_orders(j, api)
    judge_order_bodies(j, api)
    judge_customers(j, api)
    judge_quizzes(j, api)
    judge_grading(j, api)
    judge_quiz_bodies(j, api)
    judge_students(j, api)


def order(api, command, stream, **body):
    return api.send(f"orders/{stream}/{command}", body)


def judge_orders(j, api):
    pay = {"payment": "p-1", "amount_minor": 300, "currency": "EUR"}
    ship = {"carrier": "c", "tracking": "t"}
    for command, body in (("pay", pay), ("ship", ship), ("cancel", {"reason": "x"})):
        j.rejected(order(api, command, "or-1", **body), "unknown_order", f"{command} before place")
    placed = order(api, "place", "or-1", customer="ann", items=ITEMS, currency="EUR")
    j.accepted(placed, "placed carries its command's fields", type="placed", customer="ann",
               items=ITEMS, currency="EUR", total_minor=300)
    j.rejected(order(api, "place", "or-1", customer="ann", items=ITEMS, currency="EUR"),
               "already_placed", "place twice")
    j.rejected(order(api, "ship", "or-1", **ship), "not_paid", "ship before pay")
    for other in ({"amount_minor": 299}, {"currency": "USD"}):
        j.rejected(order(api, "pay", "or-1", **{**pay, **other}), "wrong_amount", f"pay {other}",
                   {"expected_minor": 300})
    paid = order(api, "pay", "or-1", **pay)
    j.accepted(paid, "pay", type="paid", **pay)
    j.rejected(order(api, "pay", "or-1", **{**pay, "amount_minor": 1}), "already_paid",
               "already_paid before wrong_amount")
    shipped = order(api, "ship", "or-1", **ship)
    j.accepted(shipped, "ship", type="shipped", **ship)
    j.rejected(order(api, "ship", "or-1", **ship), "already_shipped", "ship twice")
    j.rejected(order(api, "cancel", "or-1", reason="x"), "already_shipped", "cancel after ship")
    j.rejected(order(api, "pay", "or-1", **pay), "already_paid", "pay after ship")
    view = api.read("/v1/orders/or-1", shipped).json
    j.equal(view, {"order": "or-1", "customer": "ann", "items": ITEMS, "currency": "EUR",
                   "total_minor": 300, "state": "shipped", "payment": "p-1", "carrier": "c",
                   "tracking": "t", "placed_at": placed.json["at"], "paid_at": paid.json["at"],
                   "shipped_at": shipped.json["at"], "cancelled_at": None, "version": 3},
            "view of an order")
    order(api, "place", "or-2", customer="ann", items=ITEMS, currency="EUR")
    a = order(api, "cancel", "or-2", reason="no")
    j.equal([e["type"] for e in a.json["events"]], ["cancelled"], "cancel before pay: no refund")
    for command, body in (("pay", pay), ("ship", ship), ("cancel", {"reason": "x"})):
        j.rejected(order(api, command, "or-2", **body), "cancelled", f"{command} after cancel")
    order(api, "place", "or-3", customer="ann", items=ITEMS, currency="EUR")
    order(api, "pay", "or-3", **pay)
    a = order(api, "cancel", "or-3", reason="no")
    j.equal(a.json["events"], [{"type": "cancelled", "reason": "no"},
                               {"type": "refund_due", "reason": "no", "amount_minor": 300,
                                "currency": "EUR"}], "cancel when paid: a refund is due")
    view = api.read("/v1/orders/or-3", a).json
    j.equal((view["state"], view["version"], view["cancelled_at"]), ("cancelled", 4, a.json["at"]),
            "version = events of the stream")


def judge_order_bodies(j, api):
    def place(stream="ob", **body):
        return order(api, "place", stream, **{"customer": "c", "items": ITEMS, "currency": "EUR",
                                              **body})

    def item(**more):
        return [{**ITEMS[0], **more}]

    a = place("ob-1", items=[{"sku": "a", "quantity": 1, "unit_price_minor": LARGEST}])
    j.accepted(a, "a total of 2^53-1", total_minor=LARGEST)
    for prices in ([LARGEST, 1], [2**63 - 1], [2**63 - 1] * 100):
        items = [{"sku": "a", "quantity": 1 if n == 0 else 10000, "unit_price_minor": p}
                 for n, p in enumerate(prices)]
        j.rejected(place("ob-2", items=items), "total_too_large", f"{len(prices)} large prices")
    j.accepted(place("ob-3", items=ITEMS * 100), "100 items", total_minor=30000)
    j.accepted(place("ob-4", items=item(unit_price_minor=0)), "a price of 0", total_minor=0)
    j.accepted(order(api, "pay", "ob-4", payment="p", amount_minor=0, currency="EUR"), "paying 0")
    for body, pointer in (({"items": []}, "/items"), ({"items": ITEMS * 101}, "/items"),
                          ({"items": item(quantity=0)}, "/items/0/quantity"),
                          ({"items": item(quantity=10001)}, "/items/0/quantity"),
                          ({"items": item(unit_price_minor=-1)}, "/items/0/unit_price_minor"),
                          ({"items": item(unit_price_minor=2**63)}, "/items/0/unit_price_minor"),
                          ({"items": item(sku="a b")}, "/items/0/sku"),
                          ({"items": item(extra=1)}, "/items/0/extra"),
                          ({"items": [5]}, "/items/0"),
                          ({"items": {}}, "/items"), ({"customer": "a/b"}, "/customer")):
        j.malformed(place(**body), f"place {body!r:.50}", pointer)
    for currency in ("eur", "EU", "EURO", "", "XYZ", "E\u00dcR", 5):
        j.malformed(place(currency=currency), f"currency {currency!r}", "/currency")
    for command, body, pointers in (
            ("place", {}, ("/customer", "/items", "/currency")),
            ("pay", {}, ("/payment", "/amount_minor", "/currency")),
            ("pay", {"payment": "p", "amount_minor": -1, "currency": "EUR"}, ("/amount_minor",)),
            ("pay", {"payment": "p", "amount_minor": 2**53, "currency": "EUR"}, ("/amount_minor",)),
            ("ship", {}, ("/carrier", "/tracking")), ("cancel", {}, ("/reason",))):
        j.malformed(order(api, command, "ob", **body), f"{command} {body}"[:50], *pointers)


def judge_customers(j, api):
    for n, (currency, price) in enumerate((("EUR", 10), ("USD", 20), ("EUR", 5), ("EUR", 100))):
        stream = f"cu-{n}"
        last = order(api, "place", stream, customer="cu-ann", currency=currency,
                     items=[{"sku": "s", "quantity": 1, "unit_price_minor": price}])
    for n, (currency, price) in enumerate((("EUR", 10), ("USD", 20), ("EUR", 5))):
        order(api, "pay", f"cu-{n}", payment="p", amount_minor=price, currency=currency)
    placed_at = last.json["at"]
    done = [last, *(order(api, "cancel", f"cu-{n}", reason="x") for n in (2,)),
            *(order(api, "ship", f"cu-{n}", carrier="c", tracking="t") for n in (0, 1))]
    positions = [("Spate-Position", a.position) for a in done]
    view = api.get("/v1/orders/customers/cu-ann", positions)
    j.equal(view.json, {"customer": "cu-ann", "orders": 4, "last_order_at": placed_at,
                        "spent": [{"currency": "EUR", "amount_minor": 10},
                                  {"currency": "USD", "amount_minor": 20}]},
            "a customer gathered over streams")
    listed = api.get("/v1/orders?customer=cu-ann", positions).json["items"]
    j.equal([x["order"] for x in listed], ["cu-3", "cu-2", "cu-1", "cu-0"], "orders: newest first")
    listed = api.get("/v1/orders?customer=cu-ann&state=shipped", positions).json["items"]
    j.equal([x["order"] for x in listed], ["cu-1", "cu-0"], "orders by customer and state")
    j.status(api.get("/v1/orders/customers/cu-none"), 404, "an unknown customer")
    j.malformed(api.get("/v1/orders?customer=cu-ann&state=open"), "no such state", "state",
                place="parameter")


QUESTIONS = [
    {"prompt": "one", "kind": "single", "options": ["a", "b"], "answer": "a", "points": 1},
    {"prompt": "all", "kind": "multiple", "options": ["a", "b", "c"], "answer": ["c", "a"],
     "points": 2},
    {"prompt": "number", "kind": "number", "answer": 0.3, "tolerance": 0.1, "points": 3},
    {"prompt": "text", "kind": "text", "answer": ["Stra\u00dfe", "Secret-Way"], "points": 4}]
SHOWN = [{**{k: v for k, v in q.items() if k != "answer"}} for q in QUESTIONS]


def quiz(api, command, stream, **body):
    return api.send(f"quizzes/{stream}/{command}", body)


def submit(api, stream, student, *answers):
    given = [{"question": n + 1, "answer": a} for n, a in enumerate(answers) if a is not None]
    return quiz(api, "submit", stream, student=student, answers=given)


def judge_quizzes(j, api):
    j.rejected(submit(api, "qz-1", "s"), "unknown_quiz", "submit before create")
    j.rejected(quiz(api, "close", "qz-1"), "unknown_quiz", "close before create")
    a = quiz(api, "create", "qz-1", title="T", teacher="m", questions=QUESTIONS, attempts_max=2)
    j.accepted(a, "create", type="created", title="T", teacher="m", attempts_max=2)
    told = a.json["events"][0].get("questions", [])
    j.check(len(told) == 4 and all("answer" not in q for q in told)
            and [q["prompt"] for q in told] == [q["prompt"] for q in SHOWN],
            "secrets are left out of events as shown", a)
    view = api.read("/v1/quizzes/qz-1", a)
    j.check({"quiz", "title", "teacher", "state", "questions", "attempts_max", "submissions",
             "mean",
             "min", "max", "histogram", "hardest_question", "version"} <= set(view.json),
            "members of a quiz", view)
    j.equal((view.json["state"], view.json["submissions"], view.json["mean"],
             view.json["histogram"]),
            ("open", 0, None, [0] * 10), "a quiz without attempts")
    status = api.get(a.header("Location"))
    feed = api.get("/v1/quizzes/outcomes?stream=qz-1")
    for what, answer in (("views", view), ("status", status), ("feeds", feed), ("lists",
                         api.get("/v1/quizzes"))):
        j.check(b"Secret-Way" not in answer.body and b'"answer"' not in answer.body,
                f"secrets never leave: {what}", answer)
    again = quiz(api, "create", "qz-1", title="T", teacher="m", questions=[
        {**QUESTIONS[0], "answer": "zzz"}])
    j.rejected(again, "already_created", "already_created before answer_not_among_options")
    for question in ({**QUESTIONS[0], "answer": "zzz"}, {**QUESTIONS[1], "answer": ["a", "zzz"]}):
        j.rejected(quiz(api, "create", "qz-2", title="T", teacher="m", questions=[question]),
                   "answer_not_among_options", f"{question['kind']}")
    a = submit(api, "qz-1", "sue", "a", ["a", "c"], 0.4, " STRASSE\t")
    j.equal([e["type"] for e in a.json.get("events", [])], ["submitted", "graded"],
            "one outcome, two events")
    graded = a.json["events"][1]
    j.equal((graded["score"], graded["score_max"], graded["points"], graded["student"]),
            (10, 10, [1, 2, 3, 4], "sue"), "graded")
    j.equal(a.json["events"][0]["answers"][1], {"question": 2, "answer": ["a", "c"]},
            "submitted carries the answers given")
    j.rejected(quiz(api, "submit", "qz-1", student="sue", answers=[{"question": 5, "answer": "x"}]),
               "unknown_question", "a question that is not there")
    j.accepted(submit(api, "qz-1", "sue"), "[] is valid")
    j.rejected(quiz(api, "submit", "qz-1", student="sue", answers=[{"question": 5, "answer": "x"}]),
               "no_attempts_left", "no_attempts_left before unknown_question")
    last = submit(api, "qz-1", "tim", "a")
    view = api.read("/v1/quizzes/qz-1", last).json
    j.equal((view["submissions"], view["min"], view["max"], view["histogram"], view["version"]),
            (3, 0, 10, [1, 1, 0, 0, 0, 0, 0, 0, 0, 1], 7), "statistics: every attempt counts")
    j.check(abs(view["mean"] - 11 / 3) < 1e-9 and view["hardest_question"] == 2,
            "mean in points; hardest: ties to the lower number", view)
    attempts = api.read("/v1/quizzes/qz-1/attempts/sue", last)
    j.check(attempts.json.get("student") == "sue" and len(attempts.json.get("attempts", [])) == 2,
            "the attempts of a student", attempts)
    j.accepted(quiz(api, "close", "qz-1"), "close", type="closed")
    j.rejected(quiz(api, "close", "qz-1"), "closed", "close is final")
    j.rejected(submit(api, "qz-1", "sue"), "closed", "closed before no_attempts_left")
    quiz(api, "create", "qz-3", title="T", teacher="m", questions=QUESTIONS, closes_at=soon(1))
    view = api.wait_until("/v1/quizzes/qz-3", lambda v: v["state"] == "over")
    j.equal(view.json["state"], "over", "over is derived from now")
    j.rejected(submit(api, "qz-3", "sue"), "window_over", "submit after closes_at")


def judge_grading(j, api):
    quiz(api, "create", "gr-1", title="T", teacher="m", questions=QUESTIONS, attempts_max=1000)

    def points(number, answer):
        a = quiz(api, "submit", "gr-1", student="s",
                 answers=[{"question": number, "answer": answer}])
        return a.json["events"][1]["score"] if a.status == 200 else a

    cases = ((1, "a", 1), (1, "A", 0), (1, " a", 0), (1, ["a"], 0), (1, 1, 0), (1, "zzz", 0),
             (2, ["a", "c"], 2), (2, ["c", "a"], 2), (2, ["a"], 0), (2, ["a", "b", "c"], 0),
             (2, [], 0),
             (2, "a", 0), (2, ["a", "c", "zzz"], 0),
             (3, 0.2, 3), (3, 0.4, 3), (3, 0.3, 3), (3, 0.41, 0), (3, 0.19, 0), (3, -0.3, 0),
             (3, "0.3", 0), (3, 1, 0), (3, 3e-1, 3),
             (4, "strasse", 4), (4, "STRASSE", 4), (4, "  Stra\u00dfe\n", 4), (4, "secret-way", 4),
             (4, "\uff33ecret-Way", 4), (4, "Secret", 0), (4, ["Secret-Way"], 0), (4, 5, 0),
             (4, "\u3000secret-way\u00a0", 4))
    for number, answer, wanted in cases:
        j.equal(points(number, answer), wanted, f"question {number} answered {answer!r}")
    quiz(api, "create", "gr-2", title="T", teacher="m", attempts_max=99, questions=[
        {"prompt": "p", "kind": "number", "answer": 5, "points": 1},
        {"prompt": "p", "kind": "multiple", "options": ["a"], "answer": [], "points": 7}])
    for answer, wanted in ((5, 1), (5.0, 1), (5.0000001, 0)):
        a = submit(api, "gr-2", "s", answer)
        j.equal(a.json["events"][1]["points"][0] if a.status == 200 else a, wanted,
                f"tolerance 0: {answer}")
    a = submit(api, "gr-2", "s", None, [])
    j.equal(a.json["events"][1]["points"] if a.status == 200 else a, [0, 7], "none of the options")
    a = submit(api, "gr-2", "s")
    j.equal(a.json["events"][1]["points"] if a.status == 200 else a, [0, 0], "unanswered: 0 points")


def judge_quiz_bodies(j, api):
    def create(*questions, **more):
        return quiz(api, "create", "qb", title="T", teacher="m", questions=list(questions), **more)

    single, multiple, number, text = QUESTIONS
    for question, pointer in (
            ({**single, "answer": 1}, "answer"), ({**single, "answer": ["a"]}, "answer"),
            ({**multiple, "answer": "a"}, "answer"), ({**number, "answer": "1"}, "answer"),
            ({**text, "answer": "x"}, "answer"), ({**text, "answer": []}, "answer"),
            ({**text, "answer": ["x"] * 21}, "answer"), ({**text, "options": ["x"]}, "options"),
            ({**number, "options": ["x"]}, "options"), ({**single, "options": []}, "options"),
            ({**text, "options": []}, "options"), ({**multiple, "options": ["a", "a"]}, "options"),
            ({**single, "options": [str(i) for i in range(51)]}, "options"),
            ({k: v for k, v in single.items() if k != "options"}, "options"),
            ({**single, "points": 0}, "points"), ({**single, "points": 1001}, "points"),
            ({**single, "kind": "Single"}, "kind"), ({**single, "kind": "essay"}, "kind"),
            ({**single, "prompt": ""}, "prompt"), ({**number, "tolerance": -1}, "tolerance"),
            ({**single, "answer": None}, "answer"), ({**single, "answer": {}}, "answer"),
            ({**single, "answer": True}, "answer"), ({**text, "tolerance": 1}, "tolerance")):
        a = create(single, question)
        ok = a.status == 400 and any(e["pointer"].startswith("/questions/1/" + pointer)
                                     for e in a.json["errors"])
        j.check(ok, f"question {pointer}: {question!r:.80}", a)
    j.malformed(create(), "at least one question", "/questions")
    j.malformed(create(*[single] * 201), "at most 200 questions", "/questions")
    j.malformed(create(single, attempts_max=0), "attempts_max", "/attempts_max")
    j.malformed(create(single, attempts_max=1001), "attempts_max", "/attempts_max")
    j.malformed(quiz(api, "create", "qb"), "needed", "/title", "/teacher", "/questions")
    big = quiz(api, "create", "qb-2", title="T", teacher="m", questions=[single] * 200)
    j.accepted(big, "200 questions", attempts_max=1)
    for answers, pointer in (
            ([{"question": 0, "answer": "x"}], "/answers/0/question"),
            ([{"question": 1, "answer": True}], "/answers/0/answer"),
            ([{"question": 1, "answer": {}}], "/answers/0/answer"),
            ([{"question": 1, "answer": [1]}], "/answers/0/answer"),
            ([{"question": 1, "answer": None}], "/answers/0/answer"),
            ([{"question": 1}], "/answers/0/answer"), ([{"answer": "x"}], "/answers/0/question"),
            ([{"question": 1, "answer": "x"}, {"question": 1, "answer": "y"}], "/answers")):
        a = quiz(api, "submit", "qb-2", student="s", answers=answers)
        j.check(a.status == 400 and a.json["errors"][0]["pointer"].startswith(pointer),
                f"submit {answers}", a)
    j.malformed(quiz(api, "submit", "qb-2"), "needed", "/student", "/answers")
    j.malformed(quiz(api, "submit", "qb-2", student="a b", answers=[]), "a student", "/student")


def judge_students(j, api):
    question = {"prompt": "p", "kind": "number", "answer": 1, "points": 4}
    other = {"prompt": "p", "kind": "number", "answer": 1, "points": 6}
    positions = []
    for n in range(3):
        quiz(api, "create", f"sd-{n}", title="T", teacher="m", questions=[question, other],
             attempts_max=5)
        for answers in ((1, 1), (1, 0), (0, 0))[: n + 1]:
            positions.append(("Spate-Position",
                              submit(api, f"sd-{n}", "sd-sue", *answers).position))
    view = api.get("/v1/quizzes/students/sd-sue", positions)
    j.equal(view.json, {"student": "sd-sue", "quizzes": 3, "attempts": 6, "points": 38,
                        "points_max": 60, "best": 100, "worst": 0},
                        "a student gathered over quizzes")
    j.status(api.get("/v1/quizzes/students/sd-none"), 404, "an unknown student")
