#!/usr/bin/env bash
# All long runs of docs/trust.md, one after the other, and then its tables. What has figures in benchmarks/results
# already is left out: delete a file there to run it anew. `bash benchmarks/trust.sh 2` takes another seed.
#
# About three hours on two cores. Run it on a machine that does nothing else: times and memory beside other work are
# marked as such.
set -euo pipefail
cd "$(dirname "$0")/.."
seed=${1:-1}

bar() {
  local figures=benchmarks/results/$1.json
  if [ ! -e "$figures" ]; then
    echo "== $1"
    python -m "benchmarks.$1" "${@:2}" --output "$figures" >/dev/null || echo "$1: something was wrong, see $figures" >&2
  fi
}

bar hostile_checkpoints --seed "$seed" --folders 10000
bar kills --seed "$seed" --training 100 --saving 100
bar hostile_texts --seed "$seed" --strings 1000000
bar hostile_calls --seed "$seed" --calls 20000
bar hostile_files --seed "$seed" --files 20000
bar load --seconds 1800 --clients 64
python -m benchmarks.trust
