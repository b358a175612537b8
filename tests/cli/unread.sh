#!/usr/bin/env bash
# A signal ends a run whoever does not read what it writes; and where a kernel does not return, that is said.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph pass '<in name="x" type="u8"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>'
graph print '<actor id="count" kernel="core.counter"/>
<actor id="print" kernel="core.print"/>
<actor id="too" kernel="core.print"/>
<channel from="count" to="print"/>
<channel from="count" to="too"/>'
graph stdout '<actor id="count" kernel="core.counter"/>
<actor id="out" kernel="file.stdout"/>
<channel from="count" to="out"/>'
graph three '<actor id="count" kernel="core.counter"><set name="tokens" value="3"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="count" to="end"/>'
graph fails '<actor id="count" kernel="file.stdin"><set name="type" value="u16"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="count" to="end"/>'
mkfifo full other never
exec 5<>full 6<>other 7<>never
dd if=/dev/zero of=full bs=4096 count=16 2>/dev/null # a pipe holds so much

# Until process $1 blocks SIGTERM, which then goes to its thread for signals; or has ended.
wait_for_signals() {
	local blocked

	for _ in {1..600}; do
		blocked=$(sed -n 's/^SigBlk:\t/0x/p' "/proc/$1/status" 2>/dev/null)
		((${blocked:-0x4000} & 0x4000)) && return
		sleep 0.05
	done
}

# ends WANTED COMMAND...: it gets a signal while it writes, and ends. The guard is only for a test that fails.
ends() {
	local wanted=$1 run guard
	shift
	for signal in INT TERM; do
		command="SIG$signal: $*"
		"$@" &
		run=$!
		{ # no child of it that outlives it
			read -r -t 60 <&7
			kill -KILL $run
		} 2>/dev/null &
		guard=$!
		wait_for_signals $run
		sleep 0.3 # by then it waits, mostly
		kill -$signal $run
		wait $run 2>/dev/null
		status=$?
		# Before the run, or after it, there is nothing but to end.
		[ "$wanted" = 1 ] && [ $status = 130 ] && status=1
		check "status" "$wanted" $status
		kill $guard
		wait $guard 2>/dev/null
	done
}

# ends_saying WORDS ARGS of ends...: and says so. On a busy machine the signal may come before there is anything to write: then once more.
ends_saying() {
	local words=$1
	shift
	for _ in 1 2 3 4 5 6; do
		ends "$@"
		[ -z "$(grep -v '^warning: stopped by SIG' err)" ] || break
	done
	check "words" "$words" "$(grep -v '^warning: stopped by SIG' err)"
}

to_full() { exec "$PELTON" run "$@" >full 2>err; }
words_to_full() { exec "$PELTON" run "$@" 2>full; }
report() { exec "$PELTON" run "$@" 2>err; }
ends 130 to_full print.xml
ends 130 to_full stdout.xml
ends 130 to_full pass.xml --in x=/dev/zero --out y=-
ends_saying "error: standard output is incomplete: interrupted while no process read it" 130 to_full three.xml --stats
ends 130 report pass.xml --in x=/dev/zero --out y=full
mkfifo nobody.html
ends_saying "error: 'nobody.html' is incomplete: interrupted while no process read it" 130 report three.xml --report nobody.html
ends 130 report three.xml --trace full
printf x >odd
fails() { words_to_full fails.xml <odd; }
ends 1 fails

# ---- a kernel that does not return ----

graph slow '<actor id="one" kernel="core.counter"><set name="tokens" value="1"/></actor>
<actor id="burn" kernel="bench.burn"><set name="min_us" value="60000000"/><set name="max_us" value="60000000"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="one" to="burn"/>
<channel from="burn" to="end"/>'
# At once means that threads are left behind.
TSAN_OPTIONS=${TSAN_OPTIONS:-}:report_thread_leaks=0 "$PELTON" run slow.xml 2>other &
run=$!
command="a call of a minute"
# It is in the call once it has taken a second of the processor: nothing before takes as much.
while [ "$(cut -d ' ' -f 14 /proc/$run/stat)" -lt "$(getconf CLK_TCK)" ]; do
	sleep 0.1
done
kill -INT $run
read -r -t 50 line <&6
check "words" "warning: waiting for the kernel of actor 'burn' (bench.burn) to return; its call has taken N s so far" \
	"$(sed 's/[0-9]*\.[0-9] s/N s/' <<<"$line")"
read -r -t 50 line <&6
check "words" "hint: send a second signal to end the program at once" "$line"
kill -INT $run
wait $run
check "status" 130 $?
finish
