# Prefetch: what asks for cache lines ahead of their use still does so in the built objects: a
# compiler that takes such a function for pure leaves out its calls, and nothing else shows it.
import pathlib
import platform
import re
import subprocess
import sys

# Function → instructions at least: one for each table that it asks.
LIBRARY = "libengine_state.a"
WANTED = {
    "spate::RowTable::prefetch(": 3,  # active, frozen, filter
    "spate::IdTable::prefetch(": 3,   # recent, frozen, runs
}
INSTRUCTION = {"x86_64": r"\bprefetch(t|nt|w)", "aarch64": r"\bprfm\b"}


def prefetches_by_function(path, instruction):
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-C", path], capture_output=True,
                          text=True, check=True).stdout
    counts, name = {}, ""
    for line in text.splitlines():
        if match := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            name = match.group(1)
        elif re.search(instruction, line):
            counts[name] = counts.get(name, 0) + 1
    return counts


def main():
    build = pathlib.Path(sys.argv[1])
    instruction = INSTRUCTION.get(platform.machine())
    if instruction is None:
        print(f"no prefetch instruction is known here for {platform.machine()}")
        return 77
    library = build / LIBRARY
    if not library.exists():
        print(f"there is no {library}: build the engine first")
        return 1
    faults = 0
    counts = prefetches_by_function(library, instruction)
    for function, least in WANTED.items():
        seen = sum(n for name, n in counts.items() if name.startswith(function))
        if seen < least:
            print(f"{function}…) has {seen} prefetch instructions, {least} are due: "
                  "base/prefetch.hpp says how a compiler loses them")
            faults += 1
    return 1 if faults else 0


sys.exit(main())
