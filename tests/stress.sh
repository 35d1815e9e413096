#!/bin/bash
# Records and replays every program of tests/programs again and again, in turns with the other cores idle and busy,
# and counts. Usage: tests/stress.sh [ROUNDS] [BUILD-FOLDER]; afterwards the failures' output is in the folder told.
set -u
rounds=${1:-3}
build=$(realpath "${2:-$(dirname "$0")/../build}")
bygone=$build/bygone
[ -x "$bygone" ] || { echo "stress: no $bygone; build first" >&2; exit 64; }

scratch=$(mktemp -d)
export BYGONE_STORE=$scratch/store
recorded=0 replayed=0 failed=0 busy=
trap '[ -z "$busy" ] || kill $busy; wait; [ $failed -gt 0 ] || rm -rf "$scratch"' EXIT

# What bygone itself says comes and goes with --check; the program's own lines must not.
own_lines() { grep -v '^bygone: ' "$1" || true; }

try() {
  local round=$1 program=$2 name status again
  name=$(basename "$program")-$round
  printf 'a line of input\n' |
    timeout 90 "$bygone" record --check --name "$name" -- "$program" >"$scratch/out" 2>"$scratch/err"
  status=$?
  if ! grep -q "recorded as" "$scratch/err"; then
    echo "$name: recording failed with $status"
    keep "$name"
    return
  fi
  recorded=$((recorded + 1))
  timeout 90 "$bygone" replay --check "$name" >"$scratch/out2" 2>"$scratch/err2"
  again=$?
  if [ $status -eq $again ] && cmp -s "$scratch/out" "$scratch/out2" &&
    [ "$(own_lines "$scratch/err")" = "$(own_lines "$scratch/err2")" ]; then
    replayed=$((replayed + 1))
    "$bygone" rm "$name" 2>/dev/null
  else
    echo "$name: ended with $status, replay with $again: $(grep -m1 '^bygone: ' "$scratch/err2")"
    keep "$name"
  fi
}

keep() {
  failed=$((failed + 1))
  mkdir -p "$scratch/failed/$1"
  cp "$scratch"/out* "$scratch"/err* "$scratch/failed/$1/"
}

for round in $(seq "$rounds"); do
  if [ $((round % 2)) -eq 0 ]; then
    (while :; do :; done) &
    busy=$!
  fi
  for program in "$build"/tests/programs/*; do
    [ -f "$program" ] && [ -x "$program" ] && try "$round" "$program"
  done
  [ -z "$busy" ] || { kill $busy; wait $busy 2>/dev/null; busy=; }
  echo "round $round: recorded $recorded, replayed $replayed, failed $failed"
done
echo "$rounds rounds: $recorded recorded, $replayed replayed, $failed failed"
[ $failed -eq 0 ] || { echo "failures are kept in $scratch"; exit 1; }
