# An event that changed by half: what is missing stops the build, which says what to write (I4).
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from domain_kit import HANDLER, PARTS, PROJECTION, cached, configure, write_parts  # noqa: E402
from event_versions_kit import SCHEMA, replaced, second, third  # noqa: E402
from server_kit import SKIPPED  # noqa: E402

SECOND, THIRD = second(), third()
MORE = {**PARTS, SCHEMA: replaced(PARTS[SCHEMA], ("union Event { Added = 1 }",
                                                  "table Reset {}\nunion Event { Added = 1, Reset = 2 }"))}


def edited(parts, name, *pairs):
    return {**parts, name: replaced(parts[name], *pairs)}


# What: the parts, which of them is compiled, which event is named, and what is said.
CASES = {
    "no upcaster": (
        edited(SECOND, HANDLER, ("AddedV2T upcast(", "AddedV2T upcasting(")), HANDLER, "Added",
        "an event in OldEvents needs `static NEXTT upcast(const OLD& e)`"),
    "no first version": (
        edited(SECOND, HANDLER, ("  using OldEvents = Members<EventTraits, Added>;\n", "")), HANDLER,
        "Event::Added", "has a newer version, but is not in OldEvents"),
    "no second version": (
        edited(THIRD, HANDLER, ("<EventTraits, Added, AddedV2>", "<EventTraits, Added>")), HANDLER,
        "Event::AddedV2", "has a newer version, but is not in OldEvents"),
    "no newest version in the handler": (
        {**SECOND, SCHEMA: THIRD[SCHEMA]}, HANDLER, "Event::AddedV2",
        "has a newer version: list that one in Members"),
    "no newest version in the projection": (
        {**SECOND, SCHEMA: THIRD[SCHEMA]}, PROJECTION, "Event::AddedV2",
        "has a newer version, and projections see that one only"),
    "no newest version in the schema": (
        edited(SECOND, HANDLER, ("OldEvents = Members<EventTraits, Added>",
                                 "OldEvents = Members<EventTraits, Added, AddedV2>")), HANDLER,
        "Event::AddedV2", "no newer version of it: add the table"),
    "an upcaster past a version": (
        edited(THIRD, HANDLER, ("AddedV2T upcast(const Added& e) {",
                                "AddedV3T upcast(const Added&) { return {}; }\n"
                                "  static AddedV2T never(const Added& e) {")), HANDLER, "Added",
        "an upcaster goes from one version of an event to the next"),
    "a circle": (
        edited(THIRD, HANDLER, ("AddedV3T upcast(const AddedV2& e) {",
                                "AddedT upcast(const AddedV2&) { return {}; }\n"
                                "  static AddedV3T never(const AddedV2& e) {")), HANDLER, "AddedV2",
        "never back, and past none"),
    "an upcaster from the newest": (
        edited(SECOND, HANDLER, ("  using OldEvents",
                                 "  static AddedV2T upcast(const AddedV2&) { return {}; }\n"
                                 "  using OldEvents")), HANDLER, "AddedV2",
        "there is an upcaster from this event, but it is listed as the newest version"),
    "an old one is emitted": (
        edited(SECOND, HANDLER, ("    return accepted;", "    emit(AddedT{});\n    return accepted;")),
        HANDLER, "Added", "of events with versions only the newest is emitted"),
    "an event that the handler forgot": (
        MORE, HANDLER, "Event::Reset", "is not listed by the handler: add it"),
    "an event that the projection forgot": (
        MORE, PROJECTION, "Event::Reset", "is not listed by the projection: add it"),
}


def compiled(folder, part, code):
    """The compiler's say of a file in place of `part`, without writing an object."""
    commands = json.loads((folder / "build/compile_commands.json").read_text())
    entry, = (c for c in commands if c["file"] == str(folder / "domain" / part))
    words = shlex.split(entry["command"])
    words = words[:words.index("-o")] + ["-fsyntax-only", "-O0", str(code)]
    return subprocess.run(words, text=True, capture_output=True, cwd=entry["directory"])


def generate(build, target):
    return subprocess.run(["cmake", "--build", build, "--target", target], text=True,
                          capture_output=True)


def prepared(folder, parts):
    write_parts(folder / "domain", parts)
    run = configure(folder / "domain", folder / "build")
    assert run.returncode == 0, run.stderr
    run = generate(folder / "build", "generated_schemas")
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def half_a_change_does_not_compile(scratch):
    """Every case is refused for its reason; what it was made from compiles."""
    schemas = {}  # one folder a schema: the code is exchanged within
    for parts, *_ in CASES.values():
        if parts[SCHEMA] not in schemas:
            schemas[parts[SCHEMA]] = prepared(scratch / f"schema-{len(schemas)}", parts)

    def judge(what, parts, part, event, said):
        folder = schemas[parts[SCHEMA]]
        code = folder / (what.replace(" ", "_") + ".cpp")  # one a case: several at once
        code.write_text(parts[part])
        run = compiled(folder, part, code)
        if said is None:
            return "" if run.returncode == 0 else f"{what}: must compile:\n{run.stderr[:3000]}"
        if run.returncode == 0:
            return f"{what}: compiled"
        if said not in run.stderr:
            return f"{what}: not said '{said}':\n{run.stderr[:3000]}"
        return "" if event in run.stderr else f"{what}: {event} is not named:\n{run.stderr[:3000]}"

    whole = {f"{number} {part[:7]}": (parts, part, "", None)
             for number, parts in (("second", SECOND), ("third", THIRD))
             for part in (HANDLER, PROJECTION)}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = pool.map(lambda case: judge(case[0], *case[1]), {**CASES, **whole}.items())
    faults = [fault for fault in wrong if fault]
    assert not faults, "\n".join(faults)


def gap_in_the_schema_does_not_build(scratch):
    schema = replaced(THIRD[SCHEMA], ("Added = 1, AddedV2 = 2, AddedV3 = 3", "Added = 1, AddedV3 = 3"))
    folder = prepared(scratch / "gap", {**THIRD, SCHEMA: schema})
    run = generate(folder / "build", "domains")
    said = run.stdout + run.stderr
    assert run.returncode != 0, "built although a version is missing"
    assert "AddedV3: it is version 3 of Added, but union Event has no AddedV2" in said, said


def main():
    if cached("SPATE_SANITIZE"):
        return SKIPPED  # nothing runs: what compiles is the same
    with tempfile.TemporaryDirectory(prefix="spate-refused-") as name:
        half_a_change_does_not_compile(pathlib.Path(name))
        gap_in_the_schema_does_not_build(pathlib.Path(name))
    return 0


sys.exit(main())
