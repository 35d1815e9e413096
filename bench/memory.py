#!/usr/bin/python3
"""How much memory recorder and service take while a recording goes on and on.

Usage: bench/memory.py [--seconds N] [--build FOLDER] [--ring-size SIZE]

Records a program that makes calls, reads files and starts processes until the time is up, and looks at both once a second.
Prints a Markdown table: what each held after each tenth of the time, without the ring, which is shared memory that both
map; and the most that was ever in the ring. A bound holds if the lines do not grow.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

PROGRAM = "while :; do ls -lR /usr/include; tar cf - /usr/include /usr/bin 2>/dev/null | cksum; done >/dev/null"


def resident_kib(pid):
    """Private and file-backed memory; shared memory is the ring."""
    sizes = {}
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            key, value = line.split(":", 1)
            if key.startswith("Rss"):
                sizes[key] = int(value.split()[0])
    return sizes.get("RssAnon", 0) + sizes.get("RssFile", 0), sizes.get("RssShmem", 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--build", default="build")
    parser.add_argument("--ring-size", default="64MiB")
    options = parser.parse_args()
    bygone = os.path.abspath(os.path.join(options.build, "bygone"))
    store = tempfile.mkdtemp(prefix="bygone-memory-")
    environment = dict(os.environ, BYGONE_STORE=store)
    recorder = subprocess.Popen([bygone, "record", "--quiet", "--name", "long", "--ring-size", options.ring_size, "--",
                                 "sh", "-c", PROGRAM], env=environment, start_new_session=True)
    samples = []
    try:
        begun = time.monotonic()
        while time.monotonic() - begun < options.seconds:
            time.sleep(1)
            answer = subprocess.run([bygone, "status", "--format", "json"], env=environment, stdout=subprocess.PIPE)
            rows = json.loads(answer.stdout)
            if not rows:
                continue
            row = rows[0]
            held, _ = resident_kib(row["service_pid"])
            own, ring = resident_kib(recorder.pid)
            samples.append((time.monotonic() - begun, row["events"], row["bytes"], own, held, ring,
                            row["ring_fill_percent"], row["ring_waits"]))
    finally:
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
        time.sleep(4)
        shutil.rmtree(store, ignore_errors=True)
    print("| seconds | events | MB read | recorder KiB | service KiB | ring KiB | waits |\n|---|---|---|---|---|---|---|")
    step = max(1, len(samples) // 10)
    for seconds, events, size, own, held, ring, _, waits in samples[step - 1::step]:
        print(f"| {seconds:.0f} | {events} | {size / 1e6:.0f} | {own} | {held} | {ring} | {waits} |")
    print(f"\nfullest ring: {max(s[6] for s in samples)} %; most in the service: {max(s[4] for s in samples)} KiB; "
          f"in the recorder: {max(s[3] for s in samples)} KiB")


main()
