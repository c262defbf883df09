# Layering: who may include what. The table is the architecture; this test keeps it true.
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENVELOPE = "schemas/envelope_generated.h"
LOG_PORT = [f"engine/log/{name}.hpp" for name in
            ("log", "log_periods", "record_batch", "chain", "outcome_walk")]
STATE_PORT = [f"engine/state/{name}.hpp" for name in
              ("state_store", "checkpoint", "row_key", "row_table", "id_table")]
MAILBOXES = [f"engine/processor/{name}.hpp" for name in ("mailbox", "mailbox_routes")]
PROCESSOR_PUBLIC = ["engine/processor/mailbox.hpp", "engine/processor/fold.hpp"]

# A folder may include itself and, of the project, what begins with one of these.
ALLOWED = {
    "engine/base": [],
    "engine/api": ["engine/base/", ENVELOPE],
    "engine/codec": ["engine/base/", "engine/api/", ENVELOPE],
    "engine/log": ["engine/base/", ENVELOPE],
    "engine/state": ["engine/base/", ENVELOPE],
    "engine/shipping": ["engine/base/", "engine/state/file.hpp"],
    "engine/snapshots": ["engine/base/", ENVELOPE, "engine/log/", "engine/state/file.hpp",
                         "engine/codec/rfc3339.hpp"],
    "engine/telemetry": ["engine/base/"],
    "engine/processor": ["engine/base/", "engine/api/", ENVELOPE, *LOG_PORT, *STATE_PORT],
    "engine/projector": ["engine/base/", "engine/api/", ENVELOPE, *LOG_PORT, *PROCESSOR_PUBLIC,
                         "engine/state/checkpoint.hpp", "engine/state/checkpoint_record.hpp",
                         "engine/state/digest_journal.hpp", "engine/state/rocks_options.hpp",
                         "engine/state/rocks_run.hpp", "engine/state/rocks_slice.hpp",
                         "engine/state/rocks_snapshot.hpp", "engine/state/rocks_reading.hpp",
                         "engine/state/stored_sum.hpp"],
    "engine/replay": ["engine/base/", "engine/api/", ENVELOPE, *LOG_PORT, *STATE_PORT,
                      *PROCESSOR_PUBLIC, "engine/projector/"],
    "engine/edge": ["engine/base/", "engine/api/", "engine/codec/", "engine/telemetry/", ENVELOPE,
                    *LOG_PORT, *MAILBOXES, "engine/projector/view_reader.hpp",
                    "engine/projector/past_views.hpp"],
    "engine/cluster": ["engine/base/", "engine/api/", ENVELOPE, *LOG_PORT, *MAILBOXES,
                       "engine/processor/handoff.hpp", "engine/state/digest_journal.hpp"],
    "engine/feeds": ["engine/base/", "engine/api/", "engine/codec/", ENVELOPE, *LOG_PORT,
                     *(f"engine/log/{name}.hpp" for name in
                       ("feed_client", "kafka_client", "kafka_topics", "command_door"))],
    "engine/app": ["engine/", "schemas/"],
    "engine/cli": ["engine/", "schemas/"],
    "engine": ["engine/", "schemas/"],  # main.cpp
}
MAY_INCLUDE_APP = ("engine/app", "engine/cli", "engine")
# Handlers and projections see their own schema and the api, besides the standard library.
DOMAIN_FOLDERS = ("handlers", "projections")

# Vendors: header prefix → paths (regular expressions) that may include it.
VENDORS = {
    r"rocksdb/": r"engine/[a-z]+/rocks_",
    r"librdkafka/": r"engine/log/kafka_",
    r"boost/(beast|asio)": r"engine/(edge|cluster|app)/",
    r"boost/": r"engine/(edge|cluster|app)/",
    r"prometheus/": r"engine/telemetry/",
    r"sodium|xxhash": r"engine/base/hash",
    r"utf8proc": r"engine/base/text",
    r"simdjson": r"engine/codec/",
    r"flatbuffers/(reflection|idl|util|minireflect)": r"engine/codec/",
    r"flatbuffers/": r"engine/(api|log|state|codec|processor|projector|replay|edge)/",
    r"yaml-cpp/": r"engine/app/config",
    r"CLI/": r"engine/(cli/|main\.cpp)",
    r"lz4": r"engine/log/",
    r"curl/": r"engine/effects/",
    r"openssl/": r"engine/edge/",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def sources():
    for top in ("engine", "handlers", "projections"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".hpp", ".cpp", ".h"):
                yield path.relative_to(ROOT)


def fault_of(path, project, vendor):
    """Why this include is not allowed, or None."""
    folder = str(path.parent)
    if vendor:
        for prefix, allowed in VENDORS.items():
            if re.match(prefix, vendor):
                return None if re.match(allowed, str(path)) else f"<{vendor}> belongs in {allowed} only"
        return None
    if folder in DOMAIN_FOLDERS:
        own = f"schemas/{path.stem}_generated.h"
        if project == own or project.startswith("engine/api/"):
            return None
        return f'a domain includes its own schema and engine/api, not "{project}"'
    if folder not in ALLOWED:
        return f"the folder {folder} is not in the table: add it to tests/tidy/layering_test.py"
    if project.startswith("engine/app/") and folder not in MAY_INCLUDE_APP:
        return "nobody includes engine/app: what it has to give, it hands over"
    if project.startswith(folder + "/") or any(project.startswith(a) for a in ALLOWED[folder]):
        return None
    return f'{folder} may not include "{project}"; allowed: {", ".join(ALLOWED[folder]) or "itself"}'


def main():
    faults = []
    seen = 0
    for path in sources():
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            include = INCLUDE.match(line)
            if not include:
                continue
            seen += 1
            fault = fault_of(path, include.group(1), include.group(2))
            if fault:
                faults.append(f"{path}:{number}: {fault}")
    print("\n".join(faults))
    if seen == 0:
        print("no include was found: this test looks in the wrong place")
    if faults:
        print(f"{len(faults)} includes break the layers. Move the code to the folder that may, or pass "
              "what it needs through a port.")
    return 1 if faults or seen == 0 else 0


sys.exit(main())
