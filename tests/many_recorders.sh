#!/bin/bash
# Records programs of all kinds with eight recorders at once on one store, again and again; then every recording must
# verify and replay as it was. Usage: tests/many_recorders.sh [ROUNDS] [BUILD-FOLDER]
set -u
rounds=${1:-20}
build=$(realpath "${2:-$(dirname "$0")/../build}")
bygone=$build/bygone
[ -x "$bygone" ] || { echo "many_recorders: no $bygone; build first" >&2; exit 64; }

scratch=$(mktemp -d)
export BYGONE_STORE=$scratch/store
trap '[ $failed -gt 0 ] || rm -rf "$scratch"' EXIT
failed=0 verified=0 replayed=0 events=0
echo 'int main(void) { return 0; }' >"$scratch/hello.c"
programs=$build/tests/programs

# The command of each recorder; all of them print the same whenever they run.
command_of() {
  case $1 in
    0) echo "bash -c 'for ((i = 0; i < 1000; i++)); do echo line \$i; done'" ;;
    1) echo "bash -c 'for ((i = 0; i < 10; i++)); do /bin/echo line \$i; done; exit 7'" ;;
    2) echo "gcc -c -o $scratch/hello.o $scratch/hello.c" ;;
    3) echo "/usr/bin/python3 -c 'for i in range(500): print(i * i, flush=True)'" ;;
    4) echo "sh -c 'cat /bin/bash /bin/bash /bin/bash | head -c 3000000 | md5sum'" ;;
    5) echo "$programs/threads_mutex" ;;
    6) echo "ls -lR /usr/include/linux" ;;
    7) echo "$programs/fork_tree" ;;
  esac
}

record() {
  eval "\"$bygone\" record --quiet --name $1 -- $(command_of "$2")" >"$scratch/$1.out" 2>"$scratch/$1.err" </dev/null
  echo $? >"$scratch/$1.status"
}

check() {
  local name=$1 status
  if ! "$bygone" verify "$name" >"$scratch/verify" 2>&1; then
    echo "$name does not verify: $(tail -n 1 "$scratch/verify")"
    return 1
  fi
  verified=$((verified + 1))
  events=$((events + $(sed -n 's/.* sound: \([0-9]*\) events.*/\1/p' "$scratch/verify")))
  "$bygone" replay "$name" >"$scratch/again.out" 2>"$scratch/again.err"
  status=$?
  if [ $status -ne "$(cat "$scratch/$name.status")" ] || ! cmp -s "$scratch/again.out" "$scratch/$name.out"; then
    echo "$name replays with $status: $(tail -n 1 "$scratch/again.err")"
    return 1
  fi
  replayed=$((replayed + 1))
  "$bygone" rm "$name" 2>/dev/null
  rm -f "$scratch/$name".*
}

for round in $(seq "$rounds"); do
  for recorder in 0 1 2 3 4 5 6 7; do record "r$round-$recorder" $recorder & done
  wait
  for recorder in 0 1 2 3 4 5 6 7; do check "r$round-$recorder" || failed=$((failed + 1)); done
done
echo "$rounds rounds of 8 recorders: $verified verified, $replayed replayed, $events events, $failed failed"
[ $failed -eq 0 ] || { echo "what failed is kept in $scratch"; exit 1; }
