#!/usr/bin/env python3
"""Records and replays real programs, both with --check, and prints the table of docs/compatibility.md.

Usage: tests/compatibility.py [--build FOLDER] [--only WORD]... [--timeout SECONDS]

One row per program: frames, how many times as long recording and replaying took as the program alone, and whether
the replay was the recording; a failure says its reason. A program that is not installed is said to be missing.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

# name, programs it needs, shell script. Scripts run in an empty folder, $HERE is this repository.
PROGRAMS = [
    ("make -j4 of a C project", "make gcc", """
mkdir p; cd p; for i in 1 2 3 4 5 6; do echo "int f$i(int x) { return x + $i; }" > f$i.c; done
echo 'int f1(int); int f6(int); int main(void) { return f1(1) + f6(2) - 10; }' > main.c
printf 'o = main.o f1.o f2.o f3.o f4.o f5.o f6.o\\nall: $(o)\\n\\tgcc -o prog $(o)\\n%%.o: %%.c\\n\\tgcc -O2 -c $<\\n' > Makefile
make -j4 >/dev/null && ./prog"""),
    ("cmake, configure and build", "cmake make gcc", """
echo 'int main(void) { return 0; }' > main.c
printf 'cmake_minimum_required(VERSION 3.16)\\nproject(p C)\\nadd_executable(p main.c)\\n' > CMakeLists.txt
cmake -S . -B b >/dev/null && cmake --build b >/dev/null && b/p"""),
    ("git clone of a local repository", "git", """
git init -q a; cd a; git config user.email a@b; git config user.name n; echo 1 > f; git add f; git commit -qm one
for i in 2 3 4; do echo $i > f; git commit -qam $i; done; cd ..; git clone -q a b; git -C b log --oneline"""),
    ("python3 asyncio", "python3", """
python3 -c '
import asyncio
async def w(i):
    await asyncio.sleep(0.002 * i)
    p = await asyncio.create_subprocess_exec("echo", str(i), stdout=asyncio.subprocess.PIPE)
    return (await p.communicate())[0]
async def main():
    print(await asyncio.gather(*(w(i) for i in range(5))))
asyncio.run(main())'"""),
    ("python3 multiprocessing", "python3", """
cat > m.py <<'X'
import multiprocessing as m
def f(x): return x * x
if __name__ == "__main__":
    with m.Pool(3) as p: print(p.map(f, range(20)))
    q = m.Queue(); t = m.Process(target=q.put, args=("hello",)); t.start(); print(q.get()); t.join()
X
python3 m.py"""),
    ("python3 threading", "python3", """
python3 -c '
import threading, queue, time
q = queue.Queue(); out = []
def w():
    while (x := q.get()) is not None: out.append(x * 2)
t = [threading.Thread(target=w) for _ in range(4)]
[x.start() for x in t]; [q.put(i) for i in range(100)]; [q.put(None) for _ in t]; [x.join() for x in t]
print(sum(out), time.time())'"""),
    ("perl, forks and pipes", "perl", """
perl -e 'for my $i (1..5) { my $p = open(my $h, "-|"); if (!$p) { print "child $i $$\\n"; exit 0 } print <$h>; close $h }'"""),
    ("node -e", "node", """node -e 'let s = 0; for (let i = 0; i < 3e5; i++) s += i % 7; console.log(s, Date.now());
setTimeout(() => require("fs").readFile("/etc/passwd", (e, d) => console.log(d.length)), 5)'"""),
    ("java -version", "java", "java -version"),
    ("java, four threads", "java javac", """
cat > T.java <<'X'
public class T { static int n; public static void main(String[] a) throws Exception { Thread[] t = new Thread[4];
for (int i = 0; i < 4; i++) { t[i] = new Thread(() -> { for (int k = 0; k < 1000; k++) synchronized (T.class) { n++; } });
t[i].start(); } for (Thread x : t) x.join(); System.out.println(n + " " + System.nanoTime()); } }
X
java T.java"""),
    ("go, goroutines", "go", """
cat > g.go <<'X'
package main
import ("fmt"; "sync"; "time")
func main() { var w sync.WaitGroup; c := make(chan int, 8); for i := 0; i < 8; i++ { w.Add(1); go func() { defer w.Done()
time.Sleep(time.Millisecond); c <- i }() }; w.Wait(); fmt.Println(len(c), time.Now()) }
X
GOCACHE=$PWD/c go run g.go"""),
    ("redis-server, redis-cli, redis-benchmark", "redis-server redis-cli redis-benchmark", """
redis-server --port 7391 --save '' --daemonize no --logfile /dev/null & p=$!
until redis-cli -p 7391 ping >/dev/null 2>&1; do sleep 0.05; done
redis-cli -p 7391 set a 1; redis-cli -p 7391 incr a; redis-benchmark -p 7391 -n 300 -c 5 -q -t set,get >/dev/null
redis-cli -p 7391 shutdown nosave; wait $p"""),
    ("nginx and ab", "nginx ab curl", """
mkdir -p l h; echo hello > h/index.html
cat > n.conf <<X
daemon off; worker_processes 2; pid $PWD/pid; error_log $PWD/l/e; user root;
events { worker_connections 64; }
http { access_log $PWD/l/a; server { listen 127.0.0.1:7392; root $PWD/h; } }
X
nginx -p $PWD -e $PWD/l/e -c $PWD/n.conf & p=$!
until curl -s http://127.0.0.1:7392/; do sleep 0.05; done
ab -n 100 -c 4 -q http://127.0.0.1:7392/ | grep -c Complete; kill -QUIT $p; wait $p"""),
    ("sqlite3, two writers", "sqlite3", """
sqlite3 d 'create table t(x)'
for w in 1 2; do (for i in 1 2 3 4 5; do sqlite3 -cmd '.timeout 5000' d "insert into t values($w$i)"; done) & done; wait
sqlite3 d 'select count(*), sum(x) from t'"""),
    ("PostgreSQL, initdb and queries", "initdb postgres psql setpriv", """
# It refuses to run as root, and its socket has to be somewhere both can reach.
mkdir d; as=; [ $(id -u) -ne 0 ] || { chown nobody d; as="setpriv --reuid=nobody --regid=nogroup --clear-groups"; }
$as initdb -D d/data -U tester -A trust --no-sync >/dev/null || exit 3
$as postgres -D d/data -k $PWD/d -c listen_addresses= -c fsync=off >d/log 2>&1 & p=$!
until psql -h $PWD/d -U tester -d postgres -Atc 'select 1' >/dev/null 2>&1; do sleep 0.1; done
psql -h $PWD/d -U tester -d postgres -At <<X
create table t(x int primary key, y text); insert into t select i, md5(i::text) from generate_series(1, 500) i;
select count(*), max(y) from t; select now(); begin; delete from t where x > 400; commit; select sum(x) from t;
X
kill -INT $p; wait $p"""),
    ("openssl speed", "openssl", "openssl speed -seconds 1 -bytes 1024 sha256 >/dev/null 2>&1; echo $?"),
    ("ssh-keygen", "ssh-keygen", "ssh-keygen -q -t ed25519 -N '' -f k; ssh-keygen -lf k"),
    ("curl to loopback", "curl python3", """
echo data > f; python3 -m http.server -b 127.0.0.1 7393 >/dev/null 2>&1 & p=$!
for i in 1 2 3 4 5 6 7 8 9; do curl -s http://127.0.0.1:7393/f && break; sleep 0.2; done; kill $p; wait $p; true"""),
    ("script on a pty", "script", "script -qc 'tty; stty size; echo hello' /dev/null </dev/null"),
    ("tmux", "tmux", """
export TMUX_TMPDIR=$PWD; tmux -f /dev/null new-session -d -x 80 -y 24 'echo in tmux; sleep 0.3'; sleep 0.1
tmux list-sessions >/dev/null; tmux kill-server; true"""),
    ("unshare, all namespaces", "unshare", "unshare -Urmpfin --mount-proc sh -c 'id -u; echo $$; ls /proc | head -2; hostname'"),
    ("valgrind", "valgrind gcc", """
echo 'int main(void) { char* p = __builtin_malloc(8); p[0] = 1; __builtin_free(p); return 0; }' > v.c; gcc -g v.c -o v
valgrind -q ./v; echo $?"""),
    ("gdb, breakpoint and steps", "gdb gcc", """
echo 'int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); } int main(void) { return f(9) != 34; }' > g.c; gcc -g g.c -o g
gdb -batch -nx -ex 'break f if n == 4' -ex run -ex bt -ex 'p n' -ex stepi -ex step -ex delete -ex c ./g 2>&1 | tail -2"""),
    ("strace -f", "strace", "strace -f -o t sh -c 'ls / | cat > /dev/null; true'; grep -c exited t"),
    ("tar, gzip, xz", "tar gzip xz", "mkdir d; seq 5000 > d/a; tar czf a.tgz d; tar cJf a.txz d; tar tf a.txz; ls -l a.tgz | wc -l"),
    ("bash, arithmetic and pipes", "bash", "for i in $(seq 40); do x=$((i * i)); echo $x | cat > /dev/null; done; echo $x; echo $RANDOM"),
    ("find and sort", "find sort", "find /usr/share/doc -maxdepth 1 | sort | tail -3; find /etc -name 'p*' 2>/dev/null | wc -l"),
]

STRESSORS = """access af-alg affinity aio alarm atomic bad-altstack branch brk bsearch cap chdir chmod chown chroot clock clone
close context cpu cyclic daemon dentry dev-shm dir dirdeep dup dup-ff enosys env epoll eventfd exec fallocate fault fcntl
fd-race fiemap fifo file-ioctl flock fork forkheavy fp-error fstat funccall futex get getdent getrandom goto hash hdd icache
icmp-flood inode-flags inotify itimer judy kcmp key kill klog landlock lease link locka lockf lockofd longjmp lsearch madvise
malloc mcontend membarrier memcpy memfd mincore mlock mmap mmapaddr mmapfork mmapmany mprotect mq mremap msg msync
munmap mutex nanosleep netdev netlink-proc nop null open pageswap personality pidfd ping-sock pipe pipeherd poll prctl
prefetch procfs pthread ptrace pty qsort quota rawdev rawsock readahead reboot regs remap rename resched resources revio
rlimit rmap rtc schedpolicy sctp seal seccomp secretmem seek sem sem-sysv sendfile session set shellsort shm shm-sysv sigabrt
sigchld sigfd sigfpe sigio signal signest sigpending sigpipe sigq sigrt sigsegv sigsuspend sigtrap skiplist sleep sock
sockabuse sockdiag sockfd sockpair spawn splice stack stackmmap str stream switch symlink sync-file syncload sysbadaddr
sysinfo sysfs tee timer timerfd tlb-shootdown tmpfs touch tree tun udp unshare urandom userfaultfd utime vdso vfork
vforkmany vm vm-rw vm-splice wait wcs x86syscall xattr yield zero zlib zombie""".split()
UNBOUNDED = {"reboot", "pageswap", "resources", "sysbadaddr", "enosys", "forkheavy", "vforkmany", "rawdev", "quota", "icache",
             "x86syscall", "procfs", "sysfs", "pipeherd", "rtc", "unshare", "klog", "switch", "fd-race"}
TIMED_OUT = 124


def run(arguments, folder, timeout, environment):
    """Status, output and seconds; its process group is ended when time is up."""
    start = time.monotonic()
    process = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment, start_new_session=True)
    try:
        out, err = process.communicate(timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        status = TIMED_OUT
    return status, out, err, time.monotonic() - start


def last_words(err):
    lines = [line for line in err.decode(errors="replace").splitlines() if line.startswith("bygone: ")]
    return lines[-1].removeprefix("bygone: ") if lines else "no message"


class Bygone:
    def __init__(self, build, timeout):
        self.timeout = timeout
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="bygone-compatibility-"))
        self.scratch.chmod(0o711)  # programs that give root up must still reach their folder
        self.program = shutil.copy(build / "bygone", self.scratch)  # it may be built anew meanwhile
        self.environment = dict(os.environ, BYGONE_STORE=str(self.scratch / "store"))
        self.failed = 0
        self.tried = 0

    def row(self, name, needs, script):
        missing = [program for program in needs.split() if shutil.which(program) is None]
        if missing:
            return f"| {name} | | | | not installed: {', '.join(missing)} |"
        self.tried += 1
        recording_name = f"row-{self.tried}"  # one whose recorder was killed may be in use for a while
        script_file = self.scratch / "script"
        script_file.write_text(script)
        shell = ["sh", str(script_file)]
        times = []
        for what in ("alone", "recorded"):
            folder = self.scratch / what
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            recording = [] if what == "alone" else [self.program, "record", "--check", "--name", recording_name, "--"]
            status, out, err, seconds = run(recording + shell, folder, self.timeout, self.environment)
            times.append(seconds)
            if what == "alone" and status == TIMED_OUT:
                return f"| {name} | | | | does not end by itself either |"
            if what == "alone":
                alone = status
        frames, verdict, replayed = "", "pass", ""
        if b"recorded as" not in err:
            verdict = "recording: " + ("no end in time" if status == TIMED_OUT else last_words(err))
        else:
            frames = err.split(b"recorded as ")[-1].split(b", ")[1].split()[0].decode()
            again, out2, err2, seconds = run([self.program, "replay", "--check", recording_name], self.scratch, self.timeout,
                                             self.environment)
            replayed = f"{seconds / times[0]:.1f}"
            if again != status or out != out2:
                verdict = "replay: " + ("no end in time" if again == TIMED_OUT else last_words(err2))
            elif status != alone:
                verdict = f"recorded it ends with {status}, alone with {alone}"
        subprocess.run([self.program, "rm", recording_name], env=self.environment, capture_output=True)
        self.failed += verdict != "pass"
        return f"| {name} | {frames} | {times[1] / times[0]:.1f} | {replayed} | {verdict} |"


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=here.parent / "build")
    parser.add_argument("--only", action="append", help="only programs with this word in their name")
    parser.add_argument("--timeout", type=int, default=120, help="seconds for each run")
    parser.add_argument("--stressors", type=int, default=60, help="how many stressors of stress-ng")
    options = parser.parse_args()
    bygone = Bygone(options.build.resolve(), options.timeout)
    programs = list(PROGRAMS)
    stressors = [s for s in STRESSORS if s not in UNBOUNDED][:options.stressors]
    programs += [(f"stress-ng {s}", "stress-ng", f"stress-ng --{s} 1 --{s}-ops 20 -t 10 -q") for s in stressors]
    print("| program | frames | recorded, times | replayed, times | |\n|---|---|---|---|---|")
    for name, needs, script in programs:
        if options.only and not any(word in name for word in options.only):
            continue
        print(bygone.row(name, needs, script), flush=True)
    print(f"\n{bygone.tried - bygone.failed} of {bygone.tried} pass.")
    shutil.rmtree(bygone.scratch, ignore_errors=True)
    return 1 if bygone.failed else 0


if __name__ == "__main__":
    sys.exit(main())
