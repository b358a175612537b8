#!/usr/bin/env bash
# Builds nothing: runs what was built in EXAMPLE_BUILD and checks what it says.
set -euo pipefail
progress=$EXAMPLE_BUILD/progress

"$progress" "$EXAMPLE_DIR/count.xml" tokens=100000 >stats 2>line
cat line stats
grep -q '300000 firings 100.0 %' line
grep -q '^count ' stats

# An endless graph, stopped by control-C once it runs: not before it has written a line, so the old one must be gone.
rm line
"$progress" "$EXAMPLE_DIR/count.xml" tokens=-1 >stats 2>line &
pid=$!
until [ -s line ]; do sleep 0.05; done
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ]

# What is wrong is said with its place.
status=0
"$progress" "$EXAMPLE_DIR/count.xml" token=5 2>errors || status=$?
[ "$status" -eq 1 ]
cat errors
grep -q "error: .*'token'" errors
