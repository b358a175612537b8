#!/usr/bin/env bash
# The tables of docs/performance.md and the plot docs/performance.svg, from what `pelton-bench --json` has written.
#
#     tests/bench/report.sh [RESULT.json]
#
# Without a file it measures first, with $BENCH (build/release/pelton-bench) and, where that folder is there, $PEERS.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
command -v python3 >/dev/null || {
	echo "report.sh: python3 is not there" >&2
	exit 1
}
if [ $# -eq 0 ]; then
	result=$(mktemp)
	trap 'rm -f "$result"' EXIT
	bench=${BENCH:-$root/build/release/pelton-bench}
	"$bench" --rounds 9 --scale 10 ${PEERS:+--peers "$PEERS"} --json "$result"
else
	result=$1
fi
python3 "$root/tests/bench/report.py" "$result" "$root/docs/performance.md" "$root/docs/performance.svg"
