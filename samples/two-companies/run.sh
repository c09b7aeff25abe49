#!/usr/bin/env bash
# Two companies on one computer: one offers machine data under terms, the other gets them, and both keep what happened.
# Starts from nothing, leaves nothing behind, and exits 0 only if every check holds. DURE names another 'dure' to run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dure=${DURE:-$here/../../dure}
most_seconds=${MOST_SECONDS:-60}             # for all of it; more only where other work keeps the computer busy
most_transfer=${MOST_TRANSFER_SECONDS:-1.0}   # for the second transfer
terms="members only, until 31 December $(date +%Y), two downloads"

"$dure" --version >/dev/null # builds the first time, which does not count below
work=$(mktemp -d "${TMPDIR:-/tmp}/dure-two-companies.XXXXXX")
nodes=()
finish() {
  for node in ${nodes[@]+"${nodes[@]}"}; do kill "$node" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n%s\n' "== $*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
maker() { "$dure" "$@" --data "$work/maker"; }
lab() { "$dure" "$@" --data "$work/lab"; }

start() { # start FOLDER NAME: a node on a free port
  DURE_NODE__ORGANISATION=$2 "$dure" up --data "$work/$1" --url http://127.0.0.1:0 >"$work/$1.log" 2>&1 &
  nodes+=($!)
}
await() { # await FOLDER: until the node says where it is
  for _ in $(seq 400); do
    grep -q '}$' "$work/$1/node.json" 2>/dev/null && return
    sleep 0.1
  done
  cat "$work/$1.log" >&2
  fail "the node of $1 did not start"
}

began=$(date +%s%N)
say "Two nodes start: a pump maker and a laboratory"
start maker "Pump maker"
start lab "Vibration lab"
await maker
await lab

say "The maker collects, cuts a version and offers it: $terms"
{
  echo "time,vibration [mm/s],temperature [Cel]"
  for ((i = 0; i < 600; i++)); do
    printf '2026-03-01T%02d:%02d:%02dZ,%d.%02d,%d.%d\n' $((i / 3600)) $((i / 60 % 60)) $((i % 60)) $((2 + i % 3)) $((i * 37 % 100)) $((40 + i % 7)) $((i % 10))
  done
} >"$work/pump.csv"
maker ingest "$work/pump.csv" --asset plant/pump1 --register
version=$(maker dataset cut pumps --asset plant/pump1 --commissioning-rows 200 | awk 'NR == 1 { print $1 }')
maker exchange publish "$version" --terms "$terms"

say "One line makes them know each other, and the laboratory a member"
lab exchange join "$(maker exchange invite "Vibration lab" --member)"

say "The laboratory looks and asks"
lab exchange catalogue "Pump maker" vibration
first=$(lab exchange get "Pump maker" pumps --wait)
echo "$first"
second=$(lab exchange get "Pump maker" pumps --wait)
echo "$second"

say "The same bytes are on both sides"
[ "$(awk '{ print $1 }' <<<"$first")" = "$version" ] || fail "the version that landed is not the one that was offered"
maker dataset export "$version" "$work/sent.parquet" >/dev/null
lab dataset export "$version" "$work/got.parquet" >/dev/null
sent=$(sha256sum <"$work/sent.parquet")
got=$(sha256sum <"$work/got.parquet")
echo "sent ${sent%% *}"
echo "got  ${got%% *}"
[ "$sent" = "$got" ] || fail "the files differ"
awk -v most="$most_transfer" '{ exit !($(NF - 1) < most) }' <<<"$second" || fail "the second transfer took $most_transfer s or more: $second"

say "Two downloads were agreed on; a third is refused"
if lab exchange get "Pump maker" pumps --wait 2>"$work/refusal"; then
  fail "a third download went through"
fi
cat "$work/refusal"

say "What the maker can show afterwards"
agreements=$(maker exchange agreements)
echo "$agreements"
[ "$(grep -c ' 1 use(s)' <<<"$agreements")" = 2 ] || fail "the uses were not counted, one under each agreement"

say "Both stop"
for node in "${nodes[@]}"; do kill "$node"; done
wait "${nodes[@]}" || true
nodes=()
tenths=$((($(date +%s%N) - began) / 100000000))
echo "All checks hold. It took $((tenths / 10)).$((tenths % 10)) s; the second transfer took $(awk '{ print $(NF - 1) }' <<<"$second") s."
[ "$tenths" -le $((most_seconds * 10)) ] || fail "it took more than $most_seconds s"
