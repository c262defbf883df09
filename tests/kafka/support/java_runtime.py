"""Java and the jars of Kafka: found, or installed and fetched once."""
import fcntl
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
POM = ROOT / "tests/kafka/pom.xml"
JAVA_VERSION_MIN = 17
CLIENT_TOOLS = ("javac", "kcat", "jq", "curl", "flatc")


class Unavailable(Exception):
    """Something of this machine is missing; the text says what to do."""


def version_of(tool):
    """The major version of java or javac on PATH, or 0."""
    if not shutil.which(tool):
        return 0
    said = subprocess.run([tool, "-version"], capture_output=True, text=True)
    found = re.search(r"(\d+)[.\d]*", said.stderr + said.stdout)
    return int(found.group(1)) if said.returncode == 0 and found else 0


def install(list_name):
    """Installs one of the lists of deploy/kafka_packages.sh; its messages go to stderr."""
    script = (f". deploy/packages.sh; . deploy/kafka_packages.sh; "
              f'install_packages_of "${list_name}" >&2')
    if subprocess.run(["bash", "-c", script], cwd=ROOT).returncode != 0:
        raise Unavailable(f"The packages {list_name} of deploy/kafka_packages.sh are missing; see above.")


def require_java():
    if version_of("java") < JAVA_VERSION_MIN:
        install("KAFKA_PACKAGES")
    if version_of("java") < JAVA_VERSION_MIN:
        raise Unavailable(
            f"Kafka needs Java {JAVA_VERSION_MIN} or newer, and `java -version` says "
            f"{version_of('java') or 'nothing'}. Put a newer one first in PATH "
            "(Debian 12: apt-get install openjdk-17-jre-headless).")


def require_clients():
    """What the checks and the producer examples call, besides Java."""
    if not all(map(shutil.which, CLIENT_TOOLS)):
        install("KAFKA_CLIENT_PACKAGES")


def kafka_version():
    return re.search(r"<kafka.version>(.*)</kafka.version>", POM.read_text()).group(1)


def _fetch(folder):
    require_java()
    if not shutil.which("mvn"):
        install("KAFKA_PACKAGES")
    fresh = folder.with_name(folder.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-Dstyle.color=never", "-f", str(POM), "dependency:copy-dependencies",
               f"-DoutputDirectory={fresh}"]
    said = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if said.returncode != 0 or not any(fresh.glob("kafka_2.13-*.jar")):
        errors = re.findall(r"ERROR\] (\S.*)", said.stdout + said.stderr) or ["it said nothing"]
        raise Unavailable(
            f"Maven could not fetch Kafka's jars:\n  {errors[0]}\n"
            "Is Maven Central reachable from here (a proxy goes into ~/.m2/settings.xml)? With the "
            "53 jars from elsewhere, set SPATE_KAFKA_JARS to their folder.")
    fresh.rename(folder)


def jars():
    """The folder of the jars; fetched when it is not there yet, by one process at a time."""
    given = os.environ.get("SPATE_KAFKA_JARS")
    if given:
        if not any(pathlib.Path(given).glob("kafka_2.13-*.jar")):
            raise Unavailable(f"SPATE_KAFKA_JARS={given} holds no kafka_2.13-*.jar")
        return pathlib.Path(given)
    folder = ROOT / "build/kafka" / f"jars-{kafka_version()}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with open(folder.parent / "jars.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                _fetch(folder)
    return folder


def java_command(main_class, *arguments, heap_mib=256, log_level="warn", options=()):
    """The command line that runs a class of Kafka's class path; quick to start, small in memory."""
    require_java()
    return ["java", f"-Xmx{heap_mib}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-Dorg.slf4j.simpleLogger.defaultLogLevel={log_level}", *options,
            "-cp", f"{jars()}/*", main_class, *arguments]
