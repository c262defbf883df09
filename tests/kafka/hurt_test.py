"""Three nodes on three brokers: upgraded under load, then hurt at random for some rounds; or skipped."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import checks_in_ctest  # noqa: E402

checks_in_ctest.run(["tests/kafka/run", "upgrade"], ["tests/kafka/soak", "--rounds", "5"])
