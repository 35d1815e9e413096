#!/usr/bin/env python3
"""Seeks to random events of a long recording, and what snapshots cost: prints the tables of docs/performance.md.

  bench/seek.py [--events 2000000] [--seconds 30] [--seeks 100] [--compare 50] [BYGONE]

Records bench/seek_subject.c with and without snapshots in interleaved rounds, seeks (`replay --at N --until N`) to
random events, replays all for comparison, and holds registers and memory at random events against those that a replay
from the beginning reaches.
"""
import argparse, json, os, random, shutil, statistics, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--events', type=int, default=2_000_000)
parser.add_argument('--seconds', type=float, default=30)
parser.add_argument('--seeks', type=int, default=100)
parser.add_argument('--compare', type=int, default=50)
parser.add_argument('bygone', nargs='?', default=os.path.join(root, 'build', 'bygone'))
options = parser.parse_args()

folder = tempfile.mkdtemp(prefix='bygone-seek-')
store = os.path.join(folder, 'store')
environment = dict(os.environ, BYGONE_STORE=store)
subject = os.path.join(folder, 'seek_subject')


def bygone(*arguments):
    done = subprocess.run([options.bygone, *map(str, arguments)], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f'bygone {" ".join(map(str, arguments))}: {done.stderr}')
    return done.stdout


def timed(function):
    began = time.monotonic()
    function()
    return time.monotonic() - began


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def size_of(name):
    return os.path.getsize(os.path.join(store, 'recordings', name + '.db'))


def digests_at(name, events):
    """Of registers and memory, by one replay that goes on from event to event as far as it can."""
    questions = ''.join(f'digest at event {event}\n' for event in events)
    done = subprocess.run([options.bygone, 'query', name, '-', '--format', 'jsonl'], env=environment, input=questions,
                          capture_output=True, text=True, check=True)
    return [json.loads(line)['digest'] for line in done.stdout.splitlines()]


try:
    subprocess.run(['gcc', '-O2', '-o', subject, os.path.join(root, 'bench', 'seek_subject.c')], check=True)
    arguments = [subject, str(options.events), str(options.seconds)]
    bare = timed(lambda: subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True))
    plain = timed(lambda: bygone('record', '-q', '--no-snapshots', '--name', 'plain', *arguments))
    taken = timed(lambda: bygone('record', '-q', '--name', 'taken', *arguments))
    snapshots = json.loads(bygone('sql', 'taken', '--format', 'json',
                                  'SELECT count(*) AS n, sum(pause_ns) / 1e9 AS pause, max(pause_ns) / 1e6 AS longest, '
                                  'sum(new_pages) AS pages FROM snapshot'))[0]
    last = json.loads(bygone('query', 'taken', 'last event', '--format', 'json'))[0]['event']
    print(f'| recording {last} events | s | to bare | MB |\n|---|---|---|---|')
    print(f'| bare | {bare:.1f} | 1 | |')
    print(f'| recorded without snapshots | {plain:.1f} | {plain / bare:.2f} | {size_of("plain") / 1e6:.1f} |')
    print(f'| recorded with {snapshots["n"]} snapshots | {taken:.1f} | {taken / bare:.2f} | {size_of("taken") / 1e6:.1f} |')
    print(f'\nSnapshots: {snapshots["pause"]:.2f} s of standing still in all ({100 * snapshots["pause"] / taken:.1f}% of the '
          f'time), {snapshots["longest"]:.0f} ms at most, {snapshots["pages"]} pages kept, '
          f'{(size_of("taken") - size_of("plain")) / taken / 1e6:.2f} MB a second.\n')

    whole = timed(lambda: bygone('replay', '-q', 'taken'))
    at_end = timed(lambda: bygone('replay', '-q', 'taken', '--at', last, '--until', last))
    random.seed(1)
    seeks = []
    for _ in range(options.seeks):
        event = random.randint(1, last)
        seeks.append((event, timed(lambda: bygone('replay', '-q', 'taken', '--at', event, '--until', event))))
    times = [t for _, t in seeks]
    first = [t for e, t in seeks if e < last / 10] or times
    final = [t for e, t in seeks if e > last * 9 / 10] or times
    print('| seeking | s | goal |\n|---|---|---|')
    print(f'| replay of everything | {whole:.1f} | |')
    print(f'| seek to the last event | {at_end:.2f} ({whole / at_end:.0f} times faster) | 50 times |')
    print(f'| median of {len(times)} random events | {statistics.median(times):.2f} | 0.5 |')
    print(f'| 99th percentile | {percentile(times, 0.99):.2f} | 1.5 |')
    print(f'| last tenth to first tenth | {statistics.median(final) / statistics.median(first):.2f} | 1.3 |')

    if options.compare:
        events = sorted(random.sample(range(1, last), options.compare))
        reached = digests_at('taken', events)
        # One and the same recording, replayed from its beginning.
        with_snapshots = os.path.join(store, 'recordings', 'taken.db')
        subprocess.run(['sqlite3', with_snapshots, 'DELETE FROM snapshot'], check=True)
        expected = digests_at('taken', events)
        same = sum(a == b for a, b in zip(reached, expected))
        print(f'| states equal to those of a full replay, of {len(events)} | {same} | all |')
finally:
    shutil.rmtree(folder, ignore_errors=True)
