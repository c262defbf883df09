"""What tests/run kafka does with checks: runs them, or says why they are skipped."""
import pathlib
import subprocess
import sys

import java_runtime

ROOT = java_runtime.ROOT
SKIPPED = 77


def why_not():
    if pathlib.Path(sys.argv[1]).resolve() != ROOT / "build/release":
        return "the checks serve with build/release/spate"
    try:
        java_runtime.jars()
        java_runtime.require_clients()
    except java_runtime.Unavailable as missing:
        return str(missing)
    if subprocess.run([ROOT / "tests/kafka/python", "-c", ""]).returncode != 0:
        return "the packages of tests/kafka/requirements.txt cannot be installed"
    return None


def run(*commands):
    """Ends the process; each command is a path from the root with its arguments."""
    if why := why_not():
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    sys.exit(max(subprocess.run([ROOT / command[0], *command[1:]]).returncode != 0 for command in commands))
