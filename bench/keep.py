#!/usr/bin/env python3
"""What a recording bounded by --keep needs while it goes on and on: samples disk and memory, draws them, kills the
recorder in the middle and replays the window that is left. Needs gnuplot for the picture.

  bench/keep.py [--minutes 10] [--keep 64MiB] [--picture docs/keep.svg] [BYGONE]

The program reads random bytes, 4 KiB a call, as fast as it is recorded: nothing compresses, and there are as many
events as there can be.
"""
import argparse, json, os, shutil, signal, statistics, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--minutes', type=float, default=10)
parser.add_argument('--keep', default='64MiB')
parser.add_argument('--picture')
parser.add_argument('bygone', nargs='?', default=os.path.join(root, 'build', 'bygone'))
options = parser.parse_args()
if options.picture and not shutil.which('gnuplot'):
    sys.exit('keep.py: --picture needs gnuplot (Debian: gnuplot-nox)')

folder = tempfile.mkdtemp(prefix='bygone-keep-')
environment = dict(os.environ, BYGONE_STORE=folder)
MIB = 1 << 20


def bygone(*arguments):
    return subprocess.run([options.bygone, *arguments], env=environment, capture_output=True, text=True)


def info():
    return json.loads(bygone('info', 'run', '--format', 'json').stdout or '{}')


def disk_bytes():
    """All of the store: the recording with its log, and the catalog."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


def resident_bytes(pid):
    """Private memory: the ring is shared by both and counted by neither."""
    with open(f'/proc/{pid}/statm') as file:
        _, resident, shared = map(int, file.read().split()[:3])
    return (resident - shared) * os.sysconf('SC_PAGESIZE')


def draw(samples, bound):
    data = '\n'.join(f'{s["time"] / 60} {s["disk"] / MIB} {s["recorder"] / MIB} {s["service"] / MIB} '
                     f'{s["bytes"] / 2**30}' for s in samples)
    script = f'''set terminal svg size 760,340 font "sans-serif,12" background "white"
set output "{options.picture}"
set title "record --keep {options.keep}: random bytes, 4 KiB a call"
set xlabel "minutes"; set ylabel "MiB"; set y2label "GiB that went through"
set y2tics; set ytics nomirror; set yrange [0:{bound / MIB * 1.5}]; set y2range [0:*]
set key top left; set grid
$data << END
{data}
END
plot {bound / MIB * 1.2} title "1.2 of the bound" lc rgb "#999999" dt 2, \\
     $data using 1:2 title "disk, whole store" with lines lw 2, \\
     $data using 1:4 title "service, private memory" with lines, \\
     $data using 1:3 title "recorder, private memory" with lines, \\
     $data using 1:5 axes x1y2 title "recorded so far (right)" with lines dt 3
'''
    subprocess.run(['gnuplot'], input=script, text=True, check=True)


def row(label, values, unit='MiB'):
    tenth = max(1, len(values) // 10)
    print(f'| {label} | {statistics.median(values[:tenth]):.1f} | {statistics.median(values[-tenth:]):.1f} | '
          f'{max(values):.1f} {unit} |')


recorder = None
try:
    recorder = subprocess.Popen([options.bygone, 'record', '-q', '--keep', options.keep, '--name', 'run', 'dd',
                                 'if=/dev/urandom', 'of=/dev/null', 'bs=4k'], env=environment,
                                stderr=subprocess.DEVNULL)
    began = time.monotonic()
    samples = []
    bound = 0
    while time.monotonic() - began < options.minutes * 60:
        time.sleep(1)
        status = bygone('status', '--format', 'json')
        live = json.loads(status.stdout or '[]')
        if recorder.poll() is not None or not live:
            sys.exit(f'keep.py: the recording ended by itself: {status.stderr}')
        bound = bound or int(info()['keep_bytes'])
        samples.append({'time': time.monotonic() - began, 'disk': disk_bytes(),
                        'recorder': resident_bytes(recorder.pid), 'service': resident_bytes(live[0]['service_pid']),
                        'events': live[0]['events'], 'bytes': live[0]['bytes']})
    recorder.send_signal(signal.SIGKILL)
    recorder.wait()
    while info().get('outcome') != 'interrupted':
        time.sleep(0.1)
    window = info()
    for arguments in (['replay', '-q', 'run'], ['verify', 'run'], ['verify', '--replay', 'run']):
        done = bygone(*arguments)
        if done.returncode != 0:
            sys.exit(f'keep.py: after the kill, bygone {" ".join(arguments)}: {done.stderr}')

    steady = [s for s in samples if s['disk'] > 0.7 * bound] or samples
    last = samples[-1]
    print(f'{last["events"] / 1e6:.1f} M events and {last["bytes"] / 2**30:.1f} GiB in {last["time"]:.0f} s; '
          f'the window at the kill: events {window["first_event"]} to {window["events"]}, replays\n')
    print('| | first tenth | last tenth | most |\n|---|---|---|---|')
    row('disk, whole store', [s['disk'] / MIB for s in steady])
    row('disk, of the bound', [s['disk'] / bound for s in steady], '')
    row('service, private memory', [s['service'] / MIB for s in steady])
    row('recorder, private memory', [s['recorder'] / MIB for s in steady])
    if options.picture:
        draw(samples, bound)
finally:
    if recorder and recorder.poll() is None:
        recorder.kill()
        recorder.wait()
    shutil.rmtree(folder, ignore_errors=True)
