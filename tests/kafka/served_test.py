"""Servers on real brokers under attack, as far as it takes minutes; skipped where Kafka cannot be had."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import checks_in_ctest  # noqa: E402

checks_in_ctest.run(["tests/kafka/run", "serve", "secured", "producers_serve", "parked", "replay",
                      "old_events", "digests"])
