#!/usr/bin/python3
"""Times real programs bare, recorded and replayed, and prints a markdown table.

Usage: bench/programs.py [--rounds N] [--build FOLDER] [NAME...]

Rounds are interleaved (bare, recorded, replayed, bare, ...) and medians are shown, so that a machine that slows down
for a while does not blame one column. Ratios are to the bare run. Stops come from record_cost, a recorder without a
store, run once.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HELLO = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"
PYTHON = "import json; print(sum(len(json.dumps(list(range(n)))) for n in range(600)))"

PROGRAMS = {
    "ls": ("ls -lR /usr/include", ["ls", "-lR", "/usr/include"]),
    "gcc": ("gcc -O2 hello.c", ["gcc", "-O2", "-o", "hello", "hello.c"]),
    "bash": ("bash loop, 100 forks", ["bash", "-c", "for i in $(seq 50); do /bin/echo $i | tr 0-9 a-j; done"]),
    "python3": ("python3 -c, json", ["/usr/bin/python3", "-c", PYTHON]),
    "gzip": ("gzip of 20 MB", ["gzip", "-kf", "sample"]),
}


def timed(argv, folder, environment):
    begin = time.perf_counter()
    result = subprocess.run(argv, cwd=folder, env=environment, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(argv)} ended with {result.returncode}: {result.stderr}")
    return time.perf_counter() - begin, result.stderr


def measure(name, build, folder, rounds):
    title, argv = PROGRAMS[name]
    bygone = os.path.join(build, "bygone")
    store = os.path.join(folder, "store")
    environment = dict(os.environ, BYGONE_STORE=store, LC_ALL="C.UTF-8")
    bare, recorded, replayed = [], [], []
    for number in range(rounds):
        run = f"{name}-{number}"
        bare.append(timed(argv, folder, environment)[0])
        recorded.append(timed([bygone, "record", "--name", run, "--", *argv], folder, environment)[0])
        replayed.append(timed([bygone, "replay", "--quiet", run], folder, environment)[0])
    cost = json.loads(timed([os.path.join(build, "bench", "record_cost"), *argv], folder, environment)[1].splitlines()[-1])
    size = os.path.getsize(os.path.join(store, "recordings", run + ".db"))
    base = statistics.median(bare)
    return (f"| `{title}` | {base:.3f} | {statistics.median(recorded) / base:.1f} | "
            f"{statistics.median(replayed) / base:.1f} | {cost['seconds'] / base:.1f} | {cost['ptrace_stops']} | "
            f"{cost['events']} | {size / 1024:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", default=os.path.join(os.path.dirname(__file__), "..", "build"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PROGRAMS))
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(PROGRAMS)
    if unknown:
        parser.error(f"no such program: {', '.join(sorted(unknown))}; there are {', '.join(PROGRAMS)}")
    folder = tempfile.mkdtemp()
    try:
        with open(os.path.join(folder, "hello.c"), "w") as file:
            file.write(HELLO)
        with open(os.path.join(folder, "sample"), "w") as file:
            state = 1
            while file.tell() < 20_000_000:
                state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
                file.write(f"{state >> 40} {state >> 50}\n")
        print("| program | bare s | record x | replay x | record without store x | ptrace stops | events | KiB |")
        print("|---|---|---|---|---|---|---|---|")
        for name in arguments.names or PROGRAMS:
            print(measure(name, os.path.abspath(arguments.build), folder, arguments.rounds), flush=True)
    finally:
        shutil.rmtree(folder)


main()
