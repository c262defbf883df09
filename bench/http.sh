#!/usr/bin/env bash
# Durable redemptions over HTTP against a Beast hello world built with the same flags.
# Server pinned to core 0, wrk (closed loop) to core 1, 64 connections, rounds interleaved.
#   bench/http.sh [ROUNDS] [SECONDS]     needs: wrk, and build/release (tests/run builds it)
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3} seconds=${2:-5}
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 2; }
work=$(mktemp -d)
trap 'kill $server $hello 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
taskset -c 0 build/release/http_hello_bench --port 18311 --serve >/dev/null 2>&1 & hello=$!
taskset -c 0 build/release/spate serve --data "$work/data" --listen 127.0.0.1:18312 --insecure-dev >"$work/log" 2>&1 & server=$!
for _ in $(seq 200); do curl -fs -o /dev/null http://127.0.0.1:18312/readyz && break; sleep 0.05; done
curl -fs -o /dev/null -X POST http://127.0.0.1:18312/v1/redemptions/bench/open \
  -H 'Content-Type: application/json' -d '{"stock":1000000000}'

rate() { taskset -c 1 wrk -t1 -c"$1" -d"${seconds}s" "${@:2}" | awk '/Requests\/sec/{print $2}'; }
median() { sort -n | awk '{v[NR]=$1} END{print v[int((NR+1)/2)]}'; }
for round in $(seq "$rounds"); do
  rate 64 http://127.0.0.1:18311/ >>"$work/hello"
  rate 64 -s bench/load/redeem.lua http://127.0.0.1:18312 -- "$round" >>"$work/post"
  rate 64 http://127.0.0.1:18312/v1/redemptions/bench >>"$work/get"
done
for round in $(seq "$rounds"); do  # last: the checkpoints of millions would be paid by the others
  rate 8 -s bench/load/batch.lua http://127.0.0.1:18312 -- "$round" >>"$work/batch"
done
h=$(median <"$work/hello") p=$(median <"$work/post") g=$(median <"$work/get") b=$(median <"$work/batch")
view=$(curl -fs http://127.0.0.1:18312/v1/redemptions/bench)
printf 'hello world   %10.0f requests/s\n' "$h"
printf 'POST redeem   %10.0f requests/s   %.2f of hello world\n' "$p" "$(echo "$p/$h" | bc -l)"
printf 'GET view      %10.0f requests/s   %.2f of hello world\n' "$g" "$(echo "$g/$h" | bc -l)"
printf 'batch of 500  %10.0f commands/s\n' "$(echo "$b*500" | bc -l)"
echo "$view" | python3 -c 'import json,sys; v=json.load(sys.stdin); assert v["redeemed"]+v["remaining"]==v["stock"]; print("conserved:", v["redeemed"], "redeemed")'
