#!/usr/bin/env bash
# Makes expected.txt, which tests read, of expected.json. Needs jq.
set -eu
cd "$(dirname "$0")"
{
	echo "# By table.sh from expected.json; ? is not known for certain."
	echo "# graph kind repetition firings deadlock_free throughput buffers_live buffers_max_throughput pareto"
	jq -r '.[] | [.graph, .kind,
		(if .consistent then (.repetition | to_entries | map("\(.key)=\(.value)") | join(",")) else "inconsistent" end),
		(.firings_per_iteration // "?"),
		(if .deadlock_free == null then "?" else .deadlock_free end),
		(.throughput // "?"),
		(.min_buffers_live // "?"),
		(.min_buffers_max_throughput // null | if . then "\(.total):\(.throughput)" else "?" end),
		(.pareto // null | if . then (map("\(.[0]):\(.[1])") | join(",")) else "?" end)]
		| map(tostring) | join(" ")' expected.json
} >expected.txt
