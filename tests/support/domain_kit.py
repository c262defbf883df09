"""A domain as the README writes it, built into a server with this build's engine."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1]).resolve()

CODE = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HANDLER, PROJECTION = "handlers/counters.cpp", "projections/counters.cpp"
NAMED = ("schemas/counters.fbs", HANDLER, PROJECTION, "topics/topics.yaml")


def parts_of_the_readme():
    """Each file's text: what a newcomer copies from the README is what is tested."""
    readme = (ROOT / "README.md").read_text()
    lesson = readme[readme.index("## Add a domain"):readme.index("## What is promised")]
    parts = {}
    for name in NAMED:
        parts[name] = CODE.search(lesson, lesson.index(f"`{name}`")).group(1)
    parts["topics/topics.yaml"] = "domains:\n" + parts["topics/topics.yaml"]
    return parts


PARTS = parts_of_the_readme()


def write_parts(domain, parts=PARTS, leave_out=None):
    shutil.rmtree(domain, ignore_errors=True)
    for name, text in parts.items():
        path = domain / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "topics/topics.yaml" and leave_out == name:
            text = "domains:\n"
        elif name == leave_out:
            continue
        path.write_text(text)


def cached(name):
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.partition("=")[2]
    return ""


def configure(domain, build):
    options = {"SPATE_DOMAIN_ROOT": domain, "SPATE_ENGINE_BUILD": BUILD, "SPATE_TESTS": "OFF",
               "SPATE_BENCH": "OFF", "SPATE_SANITIZE": cached("SPATE_SANITIZE"),
               "CMAKE_BUILD_TYPE": cached("CMAKE_BUILD_TYPE")}
    command = ["cmake", "-G", "Ninja", "-S", ROOT, "-B", build]
    command += [f"-D{name}={value}" for name, value in options.items()]
    return subprocess.run(command, text=True, capture_output=True)


def build(folder):
    return subprocess.run(["cmake", "--build", folder, "--target", "spate"], text=True,
                          capture_output=True)


def build_domain(scratch, parts=PARTS):
    write_parts(scratch / "domain", parts)
    run = configure(scratch / "domain", scratch / "build")
    assert run.returncode == 0, run.stderr
    run = build(scratch / "build")
    assert run.returncode == 0, run.stdout + run.stderr
    compiled = [p for p in (scratch / "build").rglob("*.o") if "engine" in p.parts]
    assert len(compiled) <= 1, f"the engine was compiled again: {compiled}"  # main.cpp alone


def request(address, method, path, body=None, key=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    asked = urllib.request.Request(address + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers


def add(address, stream, amount, key):
    return request(address, "POST", f"/v1/counters/{stream}/add", {"amount": amount}, key)
