#!/usr/bin/env bash
# Runs the program in EXAMPLE_BUILD, which must be built already, and checks its output.
set -euo pipefail
progress=$EXAMPLE_BUILD/progress

"$progress" "$EXAMPLE_DIR/count.xml" tokens=100000 >stats 2>line
cat line stats
grep -q '300000 firings 100.0 %' line
grep -q '^count ' stats

# Run an endless graph and stop it with control-C once it runs, that is, when it has written a line. So remove the old line first.
rm line
"$progress" "$EXAMPLE_DIR/count.xml" tokens=-1 >stats 2>line &
pid=$!
until [ -s line ]; do sleep 0.05; done
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ]

# An error is reported with its position.
status=0
"$progress" "$EXAMPLE_DIR/count.xml" token=5 2>errors || status=$?
[ "$status" -eq 1 ]
cat errors
grep -q "error: .*'token'" errors
