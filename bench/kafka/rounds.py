"""One round of each part: a fresh broker, the same commands for all, figures and a judge."""
import contextlib
import json
import mmap
import os
import subprocess
import sys
import tempfile
import time

import broker_kit
from contenders import BUILD, PARTITIONS, NextOutcome, Spate, Streams, StreamsWithViews

RAW_OUTCOMES = "bench.raw.outcomes"
WARM_COMMANDS = 300_000
OUTCOME_BYTES = 248  # of the raw loop: what an outcome of Spate has here; neither has headers
CAMPAIGNS = 64
WARM_BYTES = 5 << 29  # more than either needs


BEGUN = time.monotonic()


def say(what):
    print(f"{time.monotonic() - BEGUN:6.1f} s  {what}", file=sys.stderr, flush=True)


def flow(verb, bootstrap, cores=None, **arguments):
    """A verb of kafka_flow; its line of JSON."""
    command = [str(BUILD / "kafka_flow"), verb, "--kafka", bootstrap]
    for name, value in arguments.items():
        command += [f"--{name}", str(value)]
    pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    say(verb)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, preexec_fn=pin)
    assert done.stdout, f"{command} said nothing and ended with {done.returncode}"
    return json.loads(done.stdout) | {"exit": done.returncode}


class Place:
    """A fresh broker with topics, and a folder that goes with it."""

    def __init__(self, cluster, folder, cores):
        self.bootstrap, self.folder, self.cores = cluster.bootstrap(), folder, cores
        self.spate = Spate(self.bootstrap, f"{folder}/spate", cores)
        self.spate.make_topics()
        broker_kit.create_topic(self.bootstrap, RAW_OUTCOMES, PARTITIONS)
        for kind in (Streams, StreamsWithViews):
            kind(self.bootstrap, f"{folder}/streams", cores).make_topics()

    def streams(self, settings=(), kind=Streams):
        return kind(self.bootstrap, f"{self.folder}/{kind.__name__.lower()}", self.cores, settings)


@contextlib.contextmanager
def place(cores):
    with tempfile.TemporaryDirectory(prefix="spate-bench-") as folder, broker_kit.brokers(1) as cluster:
        yield Place(cluster, folder, cores)


def expected_outcomes(count):
    """Commands but for pure duplicates, as workload.hpp has them."""
    return count - sum(1 for n in range(13, count, 100) if n >= 30 * CAMPAIGNS)


def warm_memory():
    """Touches free memory and gives it back: a host that lends it lets whoever is first wait for it.

    Where a virtual machine returns what it does not use, a page's first touch takes twenty times as
    long as it should; who grows while it is measured would pay for the host.
    """
    child = os.fork()
    if child == 0:
        memory = mmap.mmap(-1, WARM_BYTES)
        memory.madvise(mmap.MADV_HUGEPAGE)
        for at in range(0, WARM_BYTES, mmap.PAGESIZE):
            memory[at] = 1
        os._exit(0)
    os.waitpid(child, 0)


def measure_flow(contender, outcomes):
    """Rate from a fifth to 95 % of the outcomes; CPU from a fifth until it rests."""
    warm_memory()
    say(f"{contender.name} starts")
    contender.start()
    first = contender.await_count(outcomes * 0.2)
    begin, cpu, more = time.monotonic(), contender.cpu_s(), contender.cpu_s_of(*contender.does_more)
    last = contender.await_count(outcomes * 0.95)
    took_s = time.monotonic() - begin
    contender.await_count(outcomes)
    say(f"{contender.name} has decided all")
    all_s = time.monotonic() - contender.started_at
    contender.await_rest()
    figures = {"per_second": (last - first) / took_s,
               "cpu_us": 1e6 * (contender.cpu_s() - cpu) / (outcomes - first),
               "cpu_us_of_views": 1e6 * (contender.cpu_s_of(*contender.does_more) - more) / (outcomes - first),
               "whole_run_s": all_s, "whole_run_cpu_s": contender.cpu_s(),
               "memory_mib_max": contender.memory_mib_max()}
    contender.stop()
    return figures


def throughput(number, cores, count, settings):
    outcomes = expected_outcomes(count)
    stock = int(0.9 * count / CAMPAIGNS)
    work = {"count": count, "campaigns": CAMPAIGNS, "stock": stock}
    with place(cores) as here:
        flow("fill", here.bootstrap, **work)
        streams, viewed = here.streams(settings), here.streams(settings, StreamsWithViews)

        def raw(headers):
            warm_memory()
            found = flow("raw", here.bootstrap, cores, count=count, outcomes=RAW_OUTCOMES, bytes=OUTCOME_BYTES,
                         headers=headers)
            assert (found["header_bytes"] > 0) == (headers == 1), found
            return {"per_second": count / found["seconds"], "cpu_us": 1e6 * found["cpu_seconds"] / count}

        runs = [("spate", lambda: measure_flow(here.spate, outcomes)),
                (streams.name, lambda: measure_flow(streams, outcomes)),
                (viewed.name, lambda: measure_flow(viewed, outcomes)), ("raw", lambda: raw(0)),
                ("raw, reading headers", lambda: raw(1))]
        if number % 2:
            runs.reverse()
        figures = {name: run() for name, run in runs}
        judged = [flow("judge", here.bootstrap, **work, spate=here.spate.outcomes, streams=each.outcomes)
                  for each in (streams, viewed)]
        figures["judge"] = max(judged, key=lambda each: each["exit"])
    return figures


def latency(number, cores, rates, seconds, linger_ms, intervals_ms, settings):
    figures = {}
    with place(cores) as here:
        flow("fill", here.bootstrap, count=WARM_COMMANDS, campaigns=CAMPAIGNS, repeats=0)
        runs = [("spate", here.spate)] + [
            (f"streams, commit every {ms} ms", here.streams([f"commit.interval.ms={ms}", *settings]))
            for ms in intervals_ms]
        sent = seen = WARM_COMMANDS
        for name, contender in runs[::-1] if number % 2 else runs:
            say(f"{name} starts")
            contender.start().await_count(sent)
            contender.await_rest()
            for rate in rates:
                cpu, begin = contender.cpu_s(), time.monotonic()
                figures[f"{name}, {rate}/s"] = flow(
                    "pace", here.bootstrap, outcomes=contender.outcomes, of=contender.name,
                    rate=rate, seconds=seconds, campaigns=CAMPAIGNS,
                    **{"from": sent, "linger-ms": linger_ms})
                figures[f"{name}, {rate}/s"]["cores_used"] = (
                    (contender.cpu_s() - cpu) / (time.monotonic() - begin))
                sent += rate * seconds
            contender.stop()
    return figures


def restart(number, cores, count, settings):
    """kill -9 with a twentieth of the commands still to decide; until the next outcome is read."""
    figures = {}
    with place(cores) as here:
        flow("fill", here.bootstrap, count=count, campaigns=CAMPAIGNS, repeats=0)
        runs = [here.spate, here.streams(settings)]
        for contender in runs[::-1] if number % 2 else runs:
            say(f"{contender.name} starts")
            contender.start().await_count(count * 0.95, pause_s=0.02)
            say("kill -9")
            contender.kill()
            before = contender.progress.count()
            assert before < count, "it had decided everything before it was killed"
            following = NextOutcome(here.bootstrap, contender.progress)
            contender.start()
            figures[contender.name] = {"seconds": following.wait(contender.is_outcome) - contender.started_at,
                                       "commands_before": before}
            say(f"{contender.name} goes on")
            contender.await_count(count)
            contender.stop()
        figures["judge"] = flow("judge", here.bootstrap, count=count, campaigns=CAMPAIGNS, repeats=0,
                                spate=here.spate.outcomes, streams=Streams.outcomes)
    return figures
