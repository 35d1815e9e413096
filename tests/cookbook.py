#!/usr/bin/python3
"""Holds docs/cookbook.md to what it says: runs its commands and compares their answers.

Usage: tests/cookbook.py [--build FOLDER] [--write]

In the page, blocks marked `sh` are run as they are, one after the other, in one scratch directory with a store of its own.
In blocks marked `console`, a line that begins with "$ " is a command and what follows, up to the next one, its answer. What
differs from run to run (numbers of more than one digit, addresses, the scratch directory, the width of columns) is not
compared; a line "..." stands for any lines. --write puts the answers of this run into the page.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```$", re.M | re.S)


def plain(line):
    """What must be the same in every run."""
    line = re.sub(r"0x[0-9a-f]+", "ADDRESS", line)
    line = re.sub(r"\d+\.\d+", "NUMBER", line)
    line = re.sub(r"(?<![A-Za-z.\-])-?\d{2,}", "NUMBER", line)
    return " ".join(line.split())


def agree(expected, found):
    """Whether the lines of an answer are the expected ones, where "..." stands for any."""
    if not expected:
        return not found
    if expected[0].strip() == "...":
        return any(agree(expected[1:], found[i:]) for i in range(len(found) + 1))
    return bool(found) and plain(expected[0]) == plain(found[0]) and agree(expected[1:], found[1:])


class Cook:
    def __init__(self, build):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="bygone-cookbook-"))
        self.work = os.path.join(self.folder, "demo")
        os.mkdir(self.work)
        self.environment = dict(os.environ, BYGONE_STORE=os.path.join(self.folder, "store"), LC_ALL="C", TZ="UTC",
                                PATH=f"{build}:/usr/local/bin:/usr/bin:/bin", LD_LIBRARY_PATH=build, COLUMNS="110")

    def run(self, script):
        done = subprocess.run(["bash", "-c", script], cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        return done.stdout.decode(errors="replace").replace(self.work, "/home/you/demo")


def cook(page, kitchen):
    """Runs all blocks; returns the page with this run's answers, and what differs from it."""
    differences = []
    commands = 0

    def serve(block):
        nonlocal commands
        kind, text = block.groups()
        if kind == "sh":
            kitchen.run(text)
            return block.group(0)
        written = ""
        for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
            lines = part.rstrip("\n").split("\n")
            count = 1
            while lines[count - 1].endswith("\\"):
                count += 1
            found = kitchen.run("\n".join(lines[:count])).rstrip("\n").split("\n")
            commands += 1
            if not agree(lines[count:], [line.rstrip() for line in found] if found != [""] else []):
                differences.append("$ " + "\n".join(lines) + "\n-- found:\n" + "\n".join(found))
            written += "$ " + "\n".join(lines[:count] + [line.rstrip() for line in found if line]) + "\n"
        return f"```console\n{written}```"

    return BLOCK.sub(serve, page), differences, commands


def main():
    parser = argparse.ArgumentParser()
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=os.path.join(here, "build"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    path = os.path.join(here, "docs", "cookbook.md")
    with open(path) as file:
        page = file.read()
    kitchen = Cook(os.path.abspath(options.build))
    try:
        served, differences, commands = cook(page, kitchen)
    finally:
        shutil.rmtree(kitchen.folder, ignore_errors=True)
    if options.write:
        with open(path, "w") as file:
            file.write(served)
        return 0
    for difference in differences:
        print(difference, "\n")
    print(f"{commands} commands of the cookbook, {len(differences)} answer otherwise")
    return 1 if differences or commands == 0 else 0


sys.exit(main())
