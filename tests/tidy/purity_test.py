# Purity: the objects of handlers and projections name no clock, random, I/O, thread or environment.
import pathlib
import re
import subprocess
import sys

# Undefined symbols, demangled, that a pure function has no use for.
IMPURE = {
    "a clock": r"clock_gettime|gettimeofday|\btime$|\bclock$|std::chrono::.*::now|localtime|gmtime|"
               r"\bmktime|timespec_get|strftime|spate::SystemClock",
    "random numbers": r"\brand$|\brandom$|\bs?rand48|getrandom|getentropy|arc4random|"
                      r"std::random_device|randombytes",
    "the environment": r"\bgetenv$|secure_getenv|\bsetenv$|\bputenv$|\benviron$",
    "files": r"\bf?open(64)?$|\bopenat|\bread$|\bwrite$|\bfread$|\bfwrite$|\bfputs$|\bputs$|\bprintf$|"
             r"fprintf|std::basic_[io]?fstream|std::basic_filebuf|std::filesystem|std::c(out|err|in|log)$|"
             r"\bunlink$|\brename$|\bstat(64)?$",
    "sockets": r"\bsocket$|\bconnect$|\bsend(to|msg)?$|\brecv(from|msg)?$|\bbind$|\blisten$|"
               r"\baccept4?$|getaddrinfo|boost::asio",
    "threads": r"pthread_(create|join|mutex|cond|rwlock)|std::thread|std::condition_variable|"
               r"std::mutex|\bsem_|nanosleep|\bsleep$|std::this_thread",
    "processes": r"\bfork$|\bexec[vl]|\bsystem$|\bpopen$|\bgetpid$",
    "the locale": r"\bsetlocale$|std::locale::global",
}


def undefined_symbols(path):
    out = subprocess.run(["nm", "--undefined-only", "--demangle", path], capture_output=True,
                         text=True, check=True).stdout
    for line in out.splitlines():
        symbol = line.split(" U ", 1)[-1].split(" w ", 1)[-1].strip()
        yield re.sub(r"@.*$", "", symbol)


def main():
    build = pathlib.Path(sys.argv[1])
    schemas = pathlib.Path(__file__).resolve().parents[2] / "schemas"
    domains = sorted({path.stem for path in schemas.glob("*.fbs")} - {"attributes", "envelope"})
    objects = [path for half in ("handlers", "projections") for domain in domains
               for path in build.glob(f"CMakeFiles/{half}_{domain}.dir/**/*.o")]
    if len(objects) < 2 * len(domains):
        print(f"{len(objects)} objects of handlers and projections under {build} for {len(domains)} "
              "domains: build the target `domains` first")
        return 1
    faults = 0
    for path in objects:
        for symbol in undefined_symbols(path):
            name = re.sub(r"\(.*$", "", symbol)
            for what, pattern in IMPURE.items():
                if re.search(pattern, name):
                    print(f"{path.name} uses {what}: {symbol}")
                    faults += 1
    print(f"{len(objects)} objects looked at")
    if faults:
        print("Handlers and projections are pure: time is rows.now() or views.at(), and what the outside "
              "knows comes as a command.")
    return 1 if faults else 0


sys.exit(main())
