"""How each program of deploy/examples/producers is started."""
import shutil
import subprocess
import sys

import java_runtime

FOLDER = java_runtime.ROOT / "deploy/examples/producers"


def is_here(name):
    return name != "go" or bool(shutil.which("go"))


def command(name):
    """Its command line, to be run in its folder; campaign, claimant and quantity follow."""
    if name == "python":
        return [sys.executable, "redeem.py"]
    if name == "kcat":
        return ["./redeem"]
    if name == "java":
        return ["java", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp", f"{java_runtime.jars()}/*", "Redeem.java"]
    program = java_runtime.ROOT / "build/kafka/redeem-go"
    subprocess.run(["go", "build", "-o", program, "."], cwd=FOLDER / "go", check=True)
    return [program]
