#!/usr/bin/env bash
# SIGINT and SIGTERM end a run in order, whatever it waits for; a second one ends it at once.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph pass '<in name="x" type="u8"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>'
mkfifo in out
exec 3<>in 4<>out

# Waits for input: a byte that came through tells that it runs.
for signal in INT TERM; do
	"$PELTON" run pass.xml --in x=in --out y=out --stats=stats.json 2>err &
	run=$!
	printf x >&3
	command="a run that waits for input, SIG$signal"
	check "byte" x "$(head -c 1 <&4)"
	kill -$signal $run
	wait $run
	check "status" 130 $?
	check "words" "warning: stopped by SIG$signal" "$(cat err)"
	check "statistics" yes "$(has "$(cat stats.json)" '"wall_s": ')"
done

# Waits for room: nobody reads what it writes, and it never ends by itself.
"$PELTON" run pass.xml --in x=/dev/zero --out y=out 2>err &
run=$!
command="a run that waits for room"
check "byte" 1 "$(head -c 1 <&4 | wc -c)"
kill -INT $run
wait $run
check "status" 130 $?
check "words" "warning: stopped by SIGINT" "$(cat err)"

# All is computed, only the reader is slow: the run has ended, its output has not.
head -c 300000 /dev/zero >zeros
exec 4<&-
exec 4<>out
sed 's|<channel from="copy" to="y"/>|<channel from="copy" to="y" capacity="400000"/>|' pass.xml >wide.xml
"$PELTON" run wide.xml --in x=zeros --out y=out 2>err &
run=$!
command="a run whose output waits"
check "byte" 1 "$(head -c 1 <&4 | wc -c)"
kill -INT $run
wait $run
check "status" 130 $?

# Twice, while a call of a minute is in progress: order would take too long.
exec 4<&-
exec 4<>out
graph slow '<in name="x" type="u8"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>
<actor id="one" kernel="core.counter"><set name="tokens" value="1"/></actor>
<actor id="burn" kernel="bench.burn"><set name="min_us" value="60000000"/><set name="max_us" value="60000000"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="one" to="burn"/>
<channel from="burn" to="end"/>'
SECONDS=0
# At once means that threads are left behind.
TSAN_OPTIONS=${TSAN_OPTIONS:-}:report_thread_leaks=0 "$PELTON" run slow.xml --workers 2 --in x=in --out y=out 2>err &
run=$!
printf x >&3
command="a run that is interrupted twice"
check "byte" x "$(head -c 1 <&4)"
kill -INT $run
kill -TERM $run # of another kind: two of one kind may be taken for one
wait $run
check "status" 130 $?
check "words" "warning: stopped by a second signal; no reports are written" "$(tail -n 1 err)"
check "at once" yes "$([ $SECONDS -lt 50 ] && echo yes)"
finish
