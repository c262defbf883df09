"""Judges the running product from outside: each sentence of its contract, one after another.

usage: contract_test.py BUILD_DIR   (starts its own servers, on free ports, in a new directory)

Prints each sentence that does not hold and what was seen instead; ends with a count.
"""
import os
import pathlib
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))

from contract_answers import judge_answers  # noqa: E402
from contract_bodies import judge_bodies  # noqa: E402
from contract_cli import judge_cli  # noqa: E402
from contract_framing import judge_framing_attacks  # noqa: E402
from contract_kit import Api, Judge  # noqa: E402
from contract_orders import judge_orders_and_quizzes  # noqa: E402
from contract_past import judge_past  # noqa: E402
from contract_reads import judge_reads  # noqa: E402
from contract_sales import judge_sales  # noqa: E402
from server_kit import Server  # noqa: E402


def foreign_position(j, folder):
    """A position of another log than the judged one's."""
    server = Server(folder / "elsewhere").start()
    a = Api(j, server.port).send("redemptions/x/open", {"stock": 1})
    j.equal(server.stop(), 0, "SIGTERM ends it with exit 0")
    return a.position


def judged(j, what, judge, *arguments):
    """A judge that stumbles over an answer of another shape is a violation, not the end."""
    started = time.monotonic()
    try:
        judge(*arguments)
    except Exception as fault:  # noqa: BLE001
        place = fault.__traceback__
        while place.tb_next:
            place = place.tb_next
        where = f"{pathlib.Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"
        j.check(False, f"{what}: answers have the promised shape", f"{where} {fault!r}")
    print(f"judged    {what} in {time.monotonic() - started:.1f} s", flush=True)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    j = Judge()
    with tempfile.TemporaryDirectory(prefix="spate-contract-") as name:
        folder = pathlib.Path(name)
        server = Server(folder / "data").start()

        def api():
            return Api(j, server.port)

        lines = threading.Thread(target=judged,
                                 args=(j, "command line", judge_cli, j, build, folder))
        lines.start()
        judged(j, "answers", judge_answers, j, api())
        judged(j, "bodies", judge_bodies, j, api())
        judged(j, "framing", judge_framing_attacks, j, api())
        judged(j, "sales", judge_sales, j, api())
        judged(j, "orders and quizzes", judge_orders_and_quizzes, j, api())
        foreign = foreign_position(j, folder)
        judged(j, "reads", judge_reads, j, api(), foreign)
        judged(j, "the past", judge_past, j, api())
        lines.join()
        j.equal(server.stop(), 0, "SIGTERM ends it with exit 0")
    print(f"{j.checked} sentences checked, {len(j.violations)} violated")
    return 1 if j.violations else 0


if __name__ == "__main__":
    sys.exit(main())
