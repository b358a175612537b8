#!/usr/bin/env bash
# Traces: JSON of Chrome's trace events, also of runs that end badly; files are there whole or not at all.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph chain '<actor id="numbers" kernel="core.counter"><set name="tokens" value="1000"/></actor>
<actor id="twice" kernel="core.copy" copies="2"/>
<actor id="end" kernel="core.null"/>
<channel from="numbers" to="twice"/>
<channel from="twice" to="end"/>'

# The lines that are not what they have to be. Each line that passes is JSON, and so is then the whole.
odd_lines() {
	local name='\{"name": "(process_name|thread_name)", "ph": "M", "pid": 1(, "tid": [0-9]+)?, "args": \{"name": "[a-z]+ [a-zA-Z0-9_-]+"\}\}'
	local step='\{"name": "[a-zA-Z0-9_/#.-]+", "ph": "X", "pid": 1, "tid": [0-9]+, "ts": [0-9]+\.[0-9]{3}, "dur": [0-9]+\.[0-9]{3}\}'
	{
		head -n 1 "$1" | grep -vxF '{"displayTimeUnit": "ns", "traceEvents": ['
		sed '1d;$d' "$1" | sed '$d' | grep -vxE "($name|$step),"
		tail -n 2 "$1" | head -n 1 | grep -vxE "$name|$step"
		tail -n 1 "$1" | grep -vxE '\], "lost": [0-9]+\}'
	} | head -n 5
}
check_trace() {
	check "lines of $1" "" "$(odd_lines "$1")"
	if command -v python3 >/dev/null; then
		check "JSON in $1" "" "$(python3 -m json.tool "$1" 2>&1 >/dev/null)"
	fi
}
check_trace_has() { check "$1 has '$2'" yes "$(has "$(cat "$1")" "$2")"; }

pelton run chain.xml --trace trace.json --workers 2
check_status 0
check_out ""
check_err ""
check_trace trace.json
check_trace_has trace.json '"args": {"name": "pelton chain"}'
check_trace_has trace.json '"tid": 0, "args": {"name": "worker 0"}'
check_trace_has trace.json '"tid": 1, "args": {"name": "worker 1"}'
check_trace_has trace.json '{"name": "numbers", "ph": "X"'
check_trace_has trace.json '{"name": "twice#'
check_trace_has trace.json '{"name": "end", "ph": "X"'
check_trace_has trace.json '"lost": 0}'

# A stage with a thread of its own has a row of its own, after the workers.
graph blocks '<actor id="read" kernel="file.stdin"><set name="type" value="u8"/></actor>
<actor id="end" kernel="core.null"/><channel from="read" to="end"/>'
pelton run blocks.xml --trace=blocks.json --workers 1 <chain.xml
check_status 0
check_trace blocks.json
check_trace_has blocks.json '"tid": 1, "args": {"name": "blocking 0"}'
check_trace_has blocks.json '{"name": "read", "ph": "X", "pid": 1, "tid": 1, '

# Whatever decimal point the host likes.
for locale in de_DE.utf8 fr_FR.utf8; do
	if locale -a 2>/dev/null | grep -qx $locale; then
		LC_ALL=$locale pelton run chain.xml --trace local.json
		check_trace local.json
	fi
done

# Runs that end badly are those one wants to look at.
graph stall '<actor id="numbers" kernel="core.counter"><set name="tokens" value="1000"/></actor>
<actor id="ones" kernel="core.constant"><set name="type" value="u8"/><set name="value" value="1"/><set name="tokens" value="1000"/></actor>
<actor id="route" kernel="core.route"/>
<actor id="join" kernel="core.interleave"/>
<actor id="end" kernel="core.null"/>
<channel from="numbers" to="route.in" capacity="4"/>
<channel from="ones" to="route.control" capacity="4"/>
<channel from="route.yes" to="join.in0" capacity="4"/>
<channel from="route.no" to="join.in1" capacity="4"/>
<channel from="join" to="end"/>'
pelton run stall.xml --trace stall.json
check_status 3
check_trace stall.json
check_trace_has stall.json '{"name": "route", "ph": "X"'

graph fail '<actor id="numbers" kernel="core.counter"><set name="tokens" value="1000"/></actor>
<actor id="full" kernel="file.write"><set name="file" value="/dev/full"/></actor>
<channel from="numbers" to="full" capacity="4"/>'
# So small that numbers has been called many times before the first write fails.
pelton run fail.xml --trace fail.json
check_status 1
check_err_has "No space left on device"
check_trace fail.json
check_trace_has fail.json '{"name": "numbers..full", "ph": "X"'

graph pass '<in name="x" type="u8"/><out name="y"/><actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/><channel from="copy" to="y"/>'
mkfifo in out
exec 3<>in 4<>out
"$PELTON" run pass.xml --in x=in --out y=out --trace stop.json 2>err &
run=$!
printf x >&3
command="a run that is interrupted"
check "byte" x "$(head -c 1 <&4)"
kill -INT $run
wait $run
check "status" 130 $?
check "words" "warning: stopped by SIGINT" "$(cat err)"
check_trace stop.json
check_trace_has stop.json '{"name": "copy", "ph": "X"'
exec 3>&- 4>&-

# What cannot be written is known before the work: this graph would fail.
pelton run fail.xml --trace none/trace.json
check_status 1
check_err "error: cannot write 'none/trace.json': No such file or directory"
mkdir folder
pelton run fail.xml --trace folder
check_status 1
check_err "error: cannot write 'folder': Is a directory"
for option in --draw --report; do
	pelton run fail.xml $option none/page.svg
	check_status 1
	check_err "error: cannot write 'none/page.svg': No such file or directory"
done
check "no file is left" "" "$(ls -A folder)"
# A full disk only after it; the run itself was well.
pelton run chain.xml --trace /dev/full
check_status 1
check_err "error: cannot write '/dev/full': No space left on device"
# What a failed run says comes first, and its status counts.
pelton run stall.xml --trace /dev/full
check_status 3
check_err_has "error: stalled: "
check_err_has "
error: cannot write '/dev/full': No space left on device"

# A file keeps its mode, a link stays a link, and nothing else is left beside it.
mkdir files
echo old >files/target.json
chmod 640 files/target.json
ln -s target.json files/link.json
pelton run chain.xml --trace files/link.json
check_status 0
check_trace files/target.json
check "mode" 640 "$(stat -c %a files/target.json)"
check "files" "link.json target.json" "$(echo $(ls files))"
check "link" target.json "$(readlink files/link.json)"
"$PELTON" run chain.xml --trace /dev/stdout | cat >piped.json
check_trace piped.json

# A graph that does not even start leaves the file as it was.
echo old >old.json
pelton run chain.xml --set none=1 --trace old.json
check_status 1
check "old file" old "$(cat old.json)"
pelton run chain.xml --trace
check_status 2
check_err "error: option '--trace' needs a value: --trace FILE"
finish
