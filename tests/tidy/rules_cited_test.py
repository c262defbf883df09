# Rules cited: every rule that a comment names, (A4) or `rule A4`, stands in engine/RULES.md.
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPS = ("engine", "handlers", "projections", "schemas", "tests", "bench", "deploy")
TEXT = (".hpp", ".cpp", ".py", ".fbs", ".cmake", ".md", ".sh", "")
RULE = r"[A-L][1-9]"
CITED = re.compile(rf"\((?:rules? )?((?:{RULE}(?:, | and )?)+)[,:)]|\brules? ({RULE})\b"
                   rf"|(?://|#)+ ({RULE}):")


def cited(line):
    return [rule for groups in CITED.findall(line) for group in groups
            for rule in re.findall(RULE, group)]


def main():
    written = re.findall(rf"^\| ({RULE}) \|", (ROOT / "engine/RULES.md").read_text(), re.MULTILINE)
    faults = [f"engine/RULES.md has {rule} twice" for rule in set(written)
              if written.count(rule) > 1]
    seen = 0
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*")):
            if not path.is_file() or path.suffix not in TEXT or "__pycache__" in path.parts:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                for rule in cited(line):
                    seen += 1
                    if rule not in written:
                        faults.append(f"{path.relative_to(ROOT)}:{number}: {rule} is not in "
                                      "engine/RULES.md: write it there, or say it in words")
    print("\n".join(faults))
    print(f"{len(written)} rules, cited {seen} times")
    return 1 if faults or seen < 50 else 0


sys.exit(main())
