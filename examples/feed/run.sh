#!/usr/bin/env bash
# Builds nothing: runs what was built in EXAMPLE_BUILD and checks what it says.
set -euo pipefail

# The sum of 4 neighbours, zeros before the first number: each of 1 .. n is in 4 sums, but for the last three, which
# are in 3, 2 and 1 of them.
expect() {
	local n=$1 said
	local total=$((4 * n * (n + 1) / 2 - 3 * n - 2 * (n - 1) - (n - 2)))
	said=$("$EXAMPLE_BUILD/feed" "$n")
	echo "$said"
	[ "$said" = "$n sums, together $total" ]
}
expect 3
expect 1000
expect 1000000
[ "$("$EXAMPLE_BUILD/feed" 0)" = "0 sums, together 0" ]
status=0
"$EXAMPLE_BUILD/feed" many || status=$?
[ "$status" -eq 2 ]
