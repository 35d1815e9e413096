#!/usr/bin/env python3
"""Attaches to a busy server again and again: nothing of its work may fail, and every recording must replay.

  tests/attach_rounds.py [--rounds 100] [--duration 0.3] [--subject redis|python|both] [--io-threads 1] [BYGONE]

`redis`: redis-server under redis-benchmark (Debian: redis-server, redis-tools). `python`: threads
that read clocks, sleep, take a lock, allocate, and check what they did. Each round records with --check, detaches and
replays with --check. Prints counts; exit status 1 if any failed.
"""
import argparse, os, shutil, socket, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--rounds', type=int, default=100)
parser.add_argument('--duration', default='0.3')
parser.add_argument('--subject', choices=['redis', 'python', 'both'], default='both')
parser.add_argument('--io-threads', default='1', help='of redis-server')
parser.add_argument('bygone', nargs='?', default=os.path.join(root, 'build', 'bygone'))
options = parser.parse_args()

PYTHON = '''
import random, sys, threading, time
lock, done = threading.Lock(), 0
def work(seed):
    global done
    numbers, last = random.Random(seed), time.monotonic()
    while True:
        values = [numbers.random() for _ in range(numbers.randrange(2000))]
        assert sorted(sorted(values), reverse=True)[::-1] == sorted(values)
        with lock: done += 1
        time.sleep(0.001)
        now = time.monotonic()
        if now < last: sys.exit('a clock ran backwards')
        last = now
def watched(seed):
    try: work(seed)
    except BaseException as error: print('FAILED', error, flush=True)
for seed in range(4): threading.Thread(target=watched, args=(seed,), daemon=True).start()
while True:
    time.sleep(0.5); print(done, flush=True)
'''


class Redis:
    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = str(probe.getsockname()[1])
        self.log = open(os.path.join(folder, 'benchmark'), 'w+')
        self.process = subprocess.Popen(['redis-server', '--port', self.port, '--save', '', '--io-threads', options.io_threads],
                                        stdout=subprocess.DEVNULL, cwd=folder)
        time.sleep(1)
        self.load = subprocess.Popen(['redis-benchmark', '-p', self.port, '-c', '10', '-n', '1000000000', '-t', 'set,get',
                                      '-q'], stdout=self.log, stderr=self.log)

    def trouble(self):
        if self.process.poll() is not None:
            return f'redis-server ended with {self.process.returncode}'
        if self.load.poll() is not None:
            return f'redis-benchmark ended with {self.load.returncode}'
        self.log.seek(0)
        text = self.log.read().lower()
        return next((f'redis-benchmark: {line}' for line in text.replace('\r', '\n').split('\n')
                     if 'error' in line or 'reset' in line), None)

    def progress(self):
        answer = subprocess.run(['redis-cli', '-p', self.port, 'info', 'stats'], capture_output=True, text=True, timeout=60)
        return next(int(line.split(':')[1]) for line in answer.stdout.split('\n')
                    if line.startswith('total_commands_processed'))

    def end(self):
        self.load.kill()
        self.process.kill()
        self.load.wait()
        self.process.wait()
        self.log.close()


class Python:
    def __init__(self, folder):
        self.log = open(os.path.join(folder, 'output'), 'w+')
        self.process = subprocess.Popen([sys.executable, '-c', PYTHON], stdout=self.log, stderr=self.log)
        time.sleep(1)

    def lines(self):
        self.log.seek(0)
        return self.log.read().split('\n')[:-1]

    def trouble(self):
        if self.process.poll() is not None:
            return f'python3 ended with {self.process.returncode}'
        return next((line for line in self.lines() if not line.isdigit()), None)

    def progress(self):
        return int(self.lines()[-1])

    def end(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def play(kind):
    folder = tempfile.mkdtemp(prefix='bygone-attach-')
    environment = dict(os.environ, BYGONE_STORE=os.path.join(folder, 'store'))
    counts = dict.fromkeys(['rounds', 'events', 'failed'], 0)

    def bygone(*arguments):
        return subprocess.run([options.bygone, *arguments], env=environment, capture_output=True, text=True, timeout=600)

    def complain(text):
        counts['failed'] += 1
        print(f'{kind.__name__.lower()} {counts["rounds"]}: {text}', flush=True)

    subject = kind(folder)
    try:
        while counts['rounds'] < options.rounds and counts['failed'] < 5:
            counts['rounds'] += 1
            before = subject.progress()
            recorded = bygone('record', '-q', '--check', '--name', 'run', '--duration', options.duration, '--pid',
                              str(subject.process.pid))
            if recorded.returncode != 0:
                complain(f'record: {recorded.stderr.strip()}')
            time.sleep(0.6)
            if trouble := subject.trouble():
                complain(trouble)
                break
            if subject.progress() <= before:
                complain('makes no progress')
            replayed = bygone('replay', '-q', '--check', 'run')
            if replayed.returncode != 0 or '(detached)' not in replayed.stderr:
                complain(f'replay: {replayed.stderr.strip()[-300:]}')
                kept = os.path.join(tempfile.gettempdir(), f'attach-{kind.__name__.lower()}-{counts["rounds"]}.bygone')
                bygone('pack', 'run', kept)
                print(f'  see {kept}')
            counts['events'] += int(bygone('sql', 'run', '--format', 'csv', 'SELECT count(*) FROM frame').stdout.split()[1])
            bygone('rm', 'run')
            if counts['rounds'] % 20 == 0:
                print(f'{kind.__name__.lower()}: {counts}', flush=True)
    finally:
        subject.end()
        time.sleep(0.2)
        shutil.rmtree(folder, ignore_errors=True)
    print(f'{kind.__name__.lower()}: {counts}', flush=True)
    return counts['failed']


kinds = {'redis': [Redis], 'python': [Python], 'both': [Redis, Python]}[options.subject]
sys.exit(1 if sum([play(kind) for kind in kinds]) else 0)
