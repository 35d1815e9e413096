#!/usr/bin/python3
"""Asks shells what they would complete, with the scripts `bygone completion` prints.

Usage: tests/completions.py [--build FOLDER] [SHELL...]      bash, fish and zsh unless told; those named must be there

The answers are the shells' own: bash runs the function it was given, fish is asked with `complete -C`, zsh is typed at in a
pseudo terminal. Also reads the man page with man(1)'s formatter, if groff is there, and fails on its warnings.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

# What is typed, and what must be among the answers. {} is a recording.
WANTED = [
    ("bygone qu", "query"),
    ("bygone --store /tmp que", "query"),
    ("bygone query --f", "--format"),
    ("bygone query --format ", "jsonl"),
    ("bygone query own", "own-recording"),
    ("bygone query own-recording mapp", "mappings"),
    ("bygone replay ", "own-recording"),
    ("bygone export --format p", "perfetto"),
    ("bygone export --statement d", "duckdb"),
    ("bygone completion z", "zsh"),
    ("bygone record --no-s", "--no-snapshots"),
]

BASH = r"""source ./script
read -ra COMP_WORDS <<<"$1"; [[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _bygone; printf '%s\n' "${COMPREPLY[@]}"
"""
ZSH = r"""zmodload zsh/zpty; zpty z zsh -f -i
zpty -w z "PS1='> '; fpath=($PWD \$fpath); autoload -U compinit; compinit -u -D; LISTMAX=0; cd empty; echo REA''DY"
zpty -r -m z all '*READY*'
zpty -w -n z "$1"$'\t\t'; sleep 1; all=
while zpty -r -t z out; do all+=$out; done
print -r -- "$all"
"""


class Kitchen:
    def __init__(self, build):
        self.folder = tempfile.mkdtemp(prefix="bygone-completions-")
        os.mkdir(os.path.join(self.folder, "empty"))
        self.environment = dict(os.environ, BYGONE_STORE=os.path.join(self.folder, "store"), TERM="dumb",
                                PATH=f"{build}:/usr/local/bin:/usr/bin:/bin", HOME=self.folder)
        self.run("bygone", "record", "--name", "own-recording", "true")

    def run(self, *argv):
        done = subprocess.run(argv, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return done.stdout.decode(errors="replace")

    def script(self, shell, name):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(self.run("bygone", "completion", shell))

    def answers(self, shell, typed):
        if shell == "bash":
            return self.run("bash", "-c", BASH, "bash", typed)
        if shell == "fish":
            return self.run("fish", "-c", f"source ./script; complete -C '{typed}'")
        return self.run("zsh", "-f", "-c", ZSH, "zsh", typed)


def main():
    parser = argparse.ArgumentParser()
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=os.path.join(here, "build"))
    parser.add_argument("shells", nargs="*", default=["bash", "fish", "zsh"])
    options = parser.parse_args()
    kitchen = Kitchen(os.path.abspath(options.build))
    failures = 0
    try:
        for shell in options.shells:
            if shutil.which(shell) is None:
                sys.exit(f"{shell} is not installed; name the shells to ask")
            kitchen.script(shell, "_bygone" if shell == "zsh" else "script")
            for typed, wanted in WANTED:
                found = kitchen.answers(shell, typed)
                if not re.search(r"(?<![\w-])" + wanted + r"(?![\w-])", found):
                    failures += 1
                    print(f"{shell}: '{typed}' completes to\n{found}\nwithout {wanted}")
        if shutil.which("groff"):
            kitchen.script("man", "page")
            complaints = kitchen.run("groff", "-man", "-ww", "-z", "-Tutf8", "-K", "utf8", "page")
            if complaints:
                failures += 1
                print("the man page:\n" + complaints)
    finally:
        shutil.rmtree(kitchen.folder, ignore_errors=True)
    print(f"{len(options.shells) * len(WANTED)} completions, {failures} not as wanted")
    return 1 if failures else 0


sys.exit(main())
