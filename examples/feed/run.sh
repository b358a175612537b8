#!/usr/bin/env bash
# Runs the program in EXAMPLE_BUILD, which must be built already, and checks its output.
set -euo pipefail

# The sums of 4 neighbours, with zeros before the first number: each of the numbers 1 .. n is part of 4 sums, except for the last three, which
# are part of 3, 2 and 1 of them.
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
