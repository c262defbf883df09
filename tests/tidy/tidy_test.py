# Tidy: the house rules that a script can see, over every source of the project.
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPS = ("engine", "handlers", "projections", "schemas", "topics", "tests", "bench", "deploy", ".ci")
CODE = (".hpp", ".cpp", ".h")
TEXT = CODE + (".fbs", ".cmake", ".py", ".sh", ".yaml", ".yml", ".md", "")
LINES_MAX = 400
COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
BANNED_PARTS = ("Manager", "Helper", "Util", "Utils", "Impl", "Base", "Data", "Info")
BANNED_VERBS = ("do_", "handle_")
BANNED_FOLDERS = ("src", "include", "utils", "common", "impl")
MACROS = re.compile(r"^\s*#\s*define\s+(?!ENSURE\b|TRY\b|SPATE_TRY_)(\w+)")
DEFINED_NAME = re.compile(r"\b(?:class|struct|enum class|enum|using|concept)\s+([A-Z]\w*)")
CAMEL_PART = re.compile(r"[A-Z][a-z0-9]*")
FUNCTION_NAME = re.compile(r"^\s*(?:[\w:<>,&*\s\[\]]+\s)(\w+)\(")
# Words that belong to how a text came about, not to what it says. Split so that this file is clean.
FOREIGN_WORDS = re.compile("|".join([
    "chat" + "gpt", r"\bcla" + r"ude\b", r"\bco" + r"pilot\b", r"\bl" + r"lm-gen", r"\bas an a" + r"i\b",
    r"\bpro" + r"mpt engineer", r"\bco-auth" + r"ored-by", r"\bgenerated wi" + r"th\b",
    r"/wo" + r"rk/(lanes|shared|main)\b"]), re.IGNORECASE)
SCOPE = re.compile(r"^namespace ([\w:]*) ?\{$")
TYPE_AT_MARGIN = re.compile(r"^(?:(?:struct|class|enum class) (\w+)\b[^;]*\{|using (\w+) =)")
CONSTANTS_AT_MARGIN = re.compile(
    r"^(?:inline |static )*const(?:expr)? (?:[\w:]+(?:<[^=;]*?>)?[ *&]+)+(\w+)(?:\[\w*\])*(?= = |\{|;)(.*)")
INCLUDED = re.compile(r'^#include "(.+?)"', re.MULTILINE)
TODO = re.compile(r"\b(TODO|FIXME|HACK)\b(?!\s*\([^)]+\):\s*\S)")


def files():
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield path
    for name in ("CMakeLists.txt", "README.md"):
        if (ROOT / name).exists():
            yield ROOT / name


def is_comment_of_file(path, lines):
    first = next((line for line in lines if not line.startswith("#!")), "")
    if path.suffix in CODE or path.suffix == ".fbs":
        return first.startswith("// ") and len(first) > 10
    if path.suffix in (".py", ".sh", ".cmake", ".yaml", ".yml", "") or path.name == "CMakeLists.txt":
        return first.startswith(("# ", '"""')) and len(first) > 8
    return True


def without_strings(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line)


def name_faults(line):
    for name in DEFINED_NAME.findall(without_strings(line)):
        for part in CAMEL_PART.findall(name):
            if part in BANNED_PARTS:
                yield f"'{part}' in the name {name} says nothing: name what it is"
    function = FUNCTION_NAME.match(line)
    if function and function.group(1).startswith(BANNED_VERBS):
        yield f"{function.group(1)}: say what it does instead of {function.group(1).split('_')[0]}_"


def code_faults(path, lines):
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        yield 1, "a header has `#pragma once`"
    for number, line in enumerate(lines, 1):
        macro = MACROS.match(line)
        if macro:
            yield number, f"macro {macro.group(1)}: the only macros are ENSURE and TRY"
        code = line.split("//")[0]
        for fault in name_faults(code):
            yield number, fault


def faults_of(path):
    text = path.read_text()
    lines = text.splitlines()
    if path.suffix != ".md" and len(lines) > LINES_MAX:
        yield 1, f"{len(lines)} lines, at most {LINES_MAX}: split it along what it does"
    if not is_comment_of_file(path, lines):
        yield 1, "the first line is one sentence that says what the file is for"
    if any(part in BANNED_FOLDERS for part in path.relative_to(ROOT).parts[:-1]):
        yield 1, f"no folder is called one of {', '.join(BANNED_FOLDERS)}"
    if text and not text.endswith("\n"):
        yield len(lines), "the file ends without a newline"
    for number, line in enumerate(lines, 1):
        if path.suffix in CODE and len(line) > COLUMNS_MAX and '"' not in line:
            yield number, f"{len(line)} columns, at most {COLUMNS_MAX}"
        if path.suffix in CODE and re.search(r"[ \t]$", line):
            yield number, "white space at the end of the line"
        if TODO.search(line) and path.name != "tidy_test.py":
            yield number, "an open task needs its reason: write `TODO(why): what`, or do it"
        if FOREIGN_WORDS.search(line):
            yield number, "the project speaks of itself alone"
    if path.suffix in CODE:
        yield from code_faults(path, lines)


def long_functions(path):
    """Functions by their braces at the left margin or within a namespace or class: a rough look."""
    start = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.match(r"^(\s{0,2})\S.*\)[^;]*\{$", line) and not re.match(r"^\s*(namespace|class|struct)\b", line):
            start = (number, line, len(line) - len(line.lstrip()))
        elif start and re.match(r"^\s{%d}\}" % start[2], line) and not line.strip().startswith("} "):
            if number - start[0] > FUNCTION_LINES_MAX:
                yield start[0], number - start[0], start[1].strip()
            start = None


def scoped_names(text):
    """Types and constants at the left margin: line, namespace, name, whether that is without a name."""
    scopes = []
    for number, line in enumerate(text.splitlines(), 1):
        opened = SCOPE.match(line)
        if opened:
            scopes.append(opened[1])
        elif line.startswith("}  // namespace"):
            scopes = scopes[:-1]
        found_type, found = TYPE_AT_MARGIN.match(line), CONSTANTS_AT_MARGIN.match(line)
        names = [found_type[1] or found_type[2]] if found_type else []
        names += [found[1], *re.findall(r", (\w+) = ", found[2])] if found else []
        for name in names:
            yield number, "::".join(filter(None, scopes)), name, "" in scopes


def hidden_names():
    """What a file calls its own, where a header that it or a neighbour includes calls something else so:
    compiled together, the neighbour means the wrong one, or neither."""
    texts = {str(p.relative_to(ROOT)): p.read_text() for p in files() if p.suffix in CODE}
    of_header = {path: {(scope, name) for _, scope, name, own in scoped_names(text) if not own}
                 for path, text in texts.items() if path.endswith(".hpp")}
    folders = {}
    for path in texts:
        if path.endswith(".cpp"):
            folders.setdefault(path.rpartition("/")[0], []).append(path)
    for neighbours in folders.values():
        included, open_ends = set(), list(neighbours)
        while open_ends:
            for path in INCLUDED.findall(texts[open_ends.pop()]):
                if path in texts and path not in included:
                    included.add(path)
                    open_ends.append(path)
        known = {found: header for header in sorted(included) for found in of_header.get(header, ())}
        for path in neighbours:
            for number, scope, name, own in scoped_names(texts[path]):
                parts = scope.split("::")
                around = ["::".join(parts[:n]) for n in range(1, len(parts) + 1)]
                header = next((known[s, name] for s in around if (s, name) in known), None)
                if own and header:
                    yield f"{path}:{number}: {name} is a name of {header}: choose another"


def main():
    faults = []
    seen = 0
    for path in files():
        seen += 1
        faults += [f"{path.relative_to(ROOT)}:{number}: {what}" for number, what in faults_of(path)]
        if path.suffix in CODE:
            for number, length, name in long_functions(path):
                print(f"long ({length} lines): {path.relative_to(ROOT)}:{number} {name}")
    faults += hidden_names()
    print("\n".join(faults))
    print(f"{seen} files, {len(faults)} faults")
    return 1 if faults or seen < 50 else 0


sys.exit(main())
