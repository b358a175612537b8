#!/usr/bin/env bash
# The benchmark program runs every workload, finds the checksums of all contestants equal, and writes JSON. No time is asserted.
. "$SOURCE_DIR/tests/cli/support/check.bash"

bench=$BUILD_DIR/pelton-bench
[ -x "$bench" ] || {
	echo "skipped: $bench is not built"
	exit 77
}

# bench ARGS...: as pelton in check.bash.
bench() {
	"$bench" "$@" >"$tmp/.out" 2>"$tmp/.err"
	status=$?
	out=$(cat "$tmp/.out")
	err=$(cat "$tmp/.err")
	command="pelton-bench $*"
}

bench --rounds 1 --scale 0.001 --json out.json
check_status 0
check_err ""
check "valid JSON" "" "$("$BUILD_DIR/json-valid" out.json 2>&1)"
for row in "W1 8 B by 64, Pelton's ring" "W1 round trip, Pelton's ring" "W2 N=64, bound A" "W2 N=64, bound B" \
	"W2 N=1, Pelton 1 worker" "W2 N=1, Pelton 2 workers" "W3, by hand" "W3, Pelton 2 workers" "W4 K=100, Pelton" \
	"W4 K=100 memory, Pelton" "W5, Pelton copies=2" "W5, Pelton no hint" "W6 a firing, Pelton 1 worker" \
	"latency p50, bare rings" "latency p99, Pelton 1 worker"; do
	check_out_has "$row"
	check "JSON has '$row'" yes "$(has "$(cat out.json)" "\"name\": \"$row\", \"unit\": \"")"
done

# Peers: one that answers for one workload, one whose checksum is wrong, one that knows nothing, and what is no peer.
mkdir peers
peer() {
	printf '#!/bin/sh\n%s\n' "$2" >"peers/$1"
	chmod +x "peers/$1"
}
peer peer-good '[ "$1" = w3 ] || exit 3; echo "1e6 samples/s 0 0.25"'
peer peer-wrong '[ "$1" = w2 ] || exit 3; echo "1e6 floats/s 1 0.25"'
peer peer-nothing 'exit 3'
peer other 'echo "1e6 samples/s 0 0.25"'
bench --rounds 2 --scale 0.001 --peers peers --json - w2 w3
check_status 0
check_out_has '{"name": "W3, good", "unit": "samples/s", "rounds": 2, "least": 1e+06, '
check_out_has '"ratio": {"to": "by hand", '
check "rows of peers that did nothing" "0" "$(grep -cE 'wrong|nothing|other' <<<"$out")"
check_err_has "pelton-bench: peer wrong w2 1: its checksum is 1, ours "
check "complaints, each once" 4 "$(wc -l <"$tmp/.err")"
cp "$tmp/.out" peers.json
check "valid JSON" "" "$("$BUILD_DIR/json-valid" peers.json 2>&1)"

# The report: tables and a plot from both.
if command -v python3 >/dev/null; then
	printf 'before\n%s\n%s\nafter\n' "<!-- figures: begin; written by tests/bench/report.sh -->" \
		"<!-- figures: end -->" >page.md
	for result in out.json peers.json; do
		check "report of $result" "" "$(python3 "$SOURCE_DIR/tests/bench/report.py" "$result" page.md plot.svg 2>&1)"
		check "page of $result" yes "$(has "$(cat page.md)" '| W2 N=4 | bound A | ')"
		check "plot of $result" yes "$(has "$(cat plot.svg)" 'Pelton 2 workers, N=64: ')"
	done
	check "what is around the figures" "before after" "$(echo $(head -1 page.md) $(tail -1 page.md))"
fi

bench --rounds 0
check_status 2
check_err_has "usage: pelton-bench "
bench --json
check_status 2
bench w9
check_status 2
bench --json none/out.json --rounds 1 --scale 0.001 w3
check_status 1
check_err "pelton-bench: cannot open 'none/out.json'"
finish
