#!/usr/bin/python3
"""Kills the recorder, and the service, at random moments and looks at what is left.

Usage: tests/kill_rounds.py [--recorder N] [--service N] [--build FOLDER] [--seed N]

A round is one recording of a real program with at least one SIGKILL in it. Then
  - every recording verifies;
  - where the recorder was killed it is `interrupted`, replays to its last event, its output is a beginning of the
    program's, and holds all that came out but what was on its way when the recorder died; no tracee lives on;
  - where the service was killed (any number of times) the program ended as ever, and the recording is complete: as
    many writes as the program does, and a replay that shows all of them.
At the end no service, socket or lock is left. The last line has the counts; the exit status is 0 if all of it held.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'
SETTLE_S = 60


class Program:
    """What is recorded, what it prints, and the most bytes it writes at once."""

    def __init__(self, name, command, largest_write):
        self.name, self.command, self.largest_write = name, command, largest_write


def programs(scratch):
    source = os.path.join(scratch, "hello.c")
    with open(source, "w") as file:
        file.write(HELLO)
    files = os.path.join(scratch, "files")
    for folder in range(20):
        os.makedirs(f"{files}/{folder}")
        for file in range(20):
            open(f"{files}/{folder}/{file}", "w").close()
    blob = os.path.join(scratch, "blob")
    with open(blob, "wb") as file:
        file.write(random.Random(1).randbytes(100000) * 30)
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    return [
        Program("lines", ["bash", "-c", "for ((i = 0; i < 3000; i++)); do echo line $i; done"], 64),
        Program("forks", ["bash", "-c", "for ((i = 0; i < 15; i++)); do /bin/echo line $i; done; exit 3"], 64),
        Program("python", [python, "-c", "for i in range(1500): print(i * i, flush=True)"], 64),
        Program("pipe", ["sh", "-c", f"cat {blob} {blob} | head -c 4000000"], 1 << 17),
        Program("compiler", ["gcc", "-E", source], 1 << 16),
        Program("files", ["ls", "-lR", files], 1 << 16),
    ]


class Rounds:
    def __init__(self, bygone, scratch, seed):
        self.bygone = bygone
        self.store = os.path.join(scratch, "store")
        self.mark = uuid.uuid4().hex
        self.environment = {**os.environ, "BYGONE_STORE": self.store, "KILL_ROUNDS": self.mark}
        self.random = random.Random(seed)
        self.counts = dict.fromkeys(["recorder_rounds", "recorder_kills", "service_rounds", "service_kills",
                                     "events", "lost", "doubled", "failed"], 0)
        self.expected = {}  # of each program: status, output, number of writes, seconds

    def run(self, *arguments):
        return subprocess.run([self.bygone, *arguments], env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=300)

    def learn(self, program):
        bare = subprocess.run(program.command, env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        began = time.monotonic()
        recorded = self.run("record", "--quiet", "--name", program.name, "--", *program.command)
        seconds = time.monotonic() - began
        if recorded.stdout != bare.stdout or recorded.returncode != bare.returncode:
            sys.exit(f"kill_rounds: {program.name} does not do the same when it is recorded")
        writes = self.writes(program.name)
        self.expected[program.name] = (bare.returncode, bare.stdout, writes, seconds)
        self.run("rm", program.name)

    def writes(self, name):
        answer = self.run("sql", name, "--format", "json", "SELECT count(*) AS n FROM output WHERE stream = 1")
        return json.loads(answer.stdout)[0]["n"]

    def info(self, name):
        answer = self.run("info", name, "--format", "json")
        return json.loads(answer.stdout) if answer.returncode == 0 else None

    def service_pid(self):
        """Asks the socket who listens on it, which disturbs the service least."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            try:
                connection.connect(os.path.join(self.store, "service.sock"))
                return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            except OSError:
                return None

    def tracees(self):
        """Processes of a recorded program: they carry our mark and are not bygone itself."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if self.mark.encode() not in file.read():
                        continue
                if os.path.realpath(f"/proc/{pid}/exe") != os.path.realpath(self.bygone):
                    found.append(int(pid))
            except OSError:
                pass
        return found

    def wait_until(self, condition):
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.02)
        return False

    def complain(self, name, text):
        self.counts["failed"] += 1
        print(f"{name}: {text}", flush=True)
        kept = os.path.join(self.store, "recordings", name + ".db")
        if os.path.exists(kept):
            print(f"{name}: see {kept}")
        return False

    def start(self, name, program):
        return subprocess.Popen([self.bygone, "record", "--quiet", "--name", name, "--", *program.command],
                                env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL)

    def verify(self, name):
        verified = self.run("verify", name)
        if verified.returncode != 0:
            return self.complain(name, f"does not verify: {verified.stderr.decode(errors='replace').strip()}")
        return True

    def recorder_round(self, number, program):
        """False if nothing was there to look at: killed before or after the recording."""
        name = f"recorder-{number}"
        status, output, _, seconds = self.expected[program.name]
        recorder = self.start(name, program)
        out = [b""]
        reader = threading.Thread(target=lambda: out.__setitem__(0, recorder.stdout.read()))
        reader.start()
        time.sleep(self.random.uniform(0, seconds))
        recorder.kill()
        recorder.wait()
        if not self.wait_until(lambda: not self.tracees()):
            self.complain(name, f"tracees linger: {self.tracees()}")
        reader.join()
        recorder.stderr.close()
        recorder.stdout.close()
        if recorder.returncode != -signal.SIGKILL or not os.path.exists(f"{self.store}/recordings/{name}.db"):
            self.run("rm", name)
            return False
        self.counts["recorder_kills"] += 1
        self.wait_until(lambda: (self.info(name) or {}).get("state") not in (None, "recording"))
        info = self.info(name)
        if info is None:
            return self.complain(name, "cannot be read")
        if info["state"] == "finished":  # it was killed just when it was through
            self.run("rm", name)
            return False
        if info["outcome"] != "interrupted":
            return self.complain(name, f"is {info['outcome']}, not interrupted")
        sound = self.verify(name)
        replayed = self.run("replay", name)
        shown = f"the recording ends at event {info['events']} ".encode()
        if replayed.returncode != 0 or (info["events"] > 0 and shown not in replayed.stderr):
            sound = self.complain(name, f"replays with {replayed.returncode}: {replayed.stderr.decode()[-300:]}")
        # The kernel may have done one more write than the recorder came to hear of.
        lost = len(out[0]) - len(replayed.stdout) - program.largest_write
        if not output.startswith(replayed.stdout) or lost > 0:
            self.counts["lost"] += 1
            sound = self.complain(name, f"shows {len(replayed.stdout)} bytes where {len(out[0])} had come out")
        self.counts["recorder_rounds"] += 1
        self.counts["events"] += info["events"]
        if sound:
            self.run("rm", name)
        return True

    def service_round(self, number, program):
        """False if the service was not hit while it was at work."""
        name = f"service-{number}"
        status, output, writes, seconds = self.expected[program.name]
        recorder = self.start(name, program)
        out = [b"", b""]
        readers = [threading.Thread(target=lambda i=i, pipe=pipe: out.__setitem__(i, pipe.read()))
                   for i, pipe in enumerate((recorder.stdout, recorder.stderr))]
        for reader in readers:
            reader.start()
        kills = 0
        while recorder.poll() is None:
            time.sleep(self.random.uniform(0, seconds))
            pid = self.service_pid()
            if pid and recorder.poll() is None:
                try:
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
                except ProcessLookupError:
                    pass
        for reader in readers:
            reader.join()
        recorder.stdout.close()
        recorder.stderr.close()
        if kills == 0:
            self.run("rm", name)
            return False
        self.counts["service_kills"] += kills
        self.counts["service_rounds"] += 1
        if recorder.returncode != status or out[0] != output:
            return self.complain(name, f"ended with {recorder.returncode} and {len(out[0])} bytes of output: "
                                       f"{out[1].decode(errors='replace')[-300:]}") or True
        self.wait_until(lambda: (self.info(name) or {}).get("state") not in (None, "recording"))
        info = self.info(name)
        if info is None or info["state"] != "finished":
            return self.complain(name, f"is not finished: {info}") or True
        sound = self.verify(name)
        recorded = self.writes(name)
        self.counts["lost"] += max(0, writes - recorded)
        self.counts["doubled"] += max(0, recorded - writes)
        if recorded != writes:
            sound = self.complain(name, f"has {recorded} writes where the program does {writes}")
        replayed = self.run("replay", name)
        if replayed.returncode != status or replayed.stdout != output:
            sound = self.complain(name, f"replays with {replayed.returncode} and {len(replayed.stdout)} bytes "
                                        f"of {len(output)}: {replayed.stderr.decode()[-300:]}")
        self.counts["events"] += info["events"]
        if sound:
            self.run("rm", name)
        return True

    def play(self, all_programs, rounds, one_round):
        done = attempts = 0
        while done < rounds:
            attempts += 1
            if attempts > 20 * rounds + 20:
                self.complain("kill_rounds", "no kill hits")
                return
            if one_round(attempts, all_programs[attempts % len(all_programs)]):
                done += 1
                if done % 20 == 0:
                    print(f"{one_round.__name__} {done}: {self.counts}", flush=True)
            elif self.counts["failed"] > 20:
                return

    def look_for_leftovers(self):
        # A service that was killed when all was done leaves its socket to the next one.
        self.run("record", "--name", "last", "--", "true")
        self.run("rm", "last")
        # Asking it more often would keep it awake.
        for _ in range(6):
            time.sleep(5)
            if self.service_pid() is None:
                break
        else:
            self.complain("service", "does not go")
        if self.tracees():
            self.complain("tracees", f"linger: {self.tracees()}")
        left = [f for f in os.listdir(self.store) if f.endswith(".sock")]
        left += [f for f in os.listdir(self.store + "/recordings") if f.endswith(".lock")]
        if left:
            self.complain("store", f"still has {left}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recorder", type=int, default=200)
    parser.add_argument("--service", type=int, default=200)
    parser.add_argument("--build", default=os.path.join(os.path.dirname(__file__), "../build"))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    bygone = os.path.realpath(os.path.join(arguments.build, "bygone"))
    if not os.access(bygone, os.X_OK):
        sys.exit(f"kill_rounds: no {bygone}; build first")
    scratch = tempfile.mkdtemp(prefix="bygone-kill-")
    rounds = Rounds(bygone, scratch, arguments.seed)
    every = programs(scratch)
    for program in every:
        rounds.learn(program)
    rounds.play(every, arguments.recorder, rounds.recorder_round)
    rounds.play(every, arguments.service, rounds.service_round)
    rounds.look_for_leftovers()
    print(f"seed {arguments.seed}: " + ", ".join(f"{key} {value}" for key, value in rounds.counts.items()))
    if rounds.counts["failed"]:
        sys.exit(f"kill_rounds: what failed is kept in {scratch}")
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
