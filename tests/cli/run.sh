#!/usr/bin/env bash
# Runs from the command line: statistics, warnings, and how they end.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph sum '<param name="n" type="i64" value="1000"/>
<actor id="source" kernel="bench.source"><set name="tokens" value="$n"/></actor>
<actor id="sink" kernel="bench.sink"/>
<channel from="source" to="sink"/>'

# Quiet where all is well.
pelton run sum.xml
check_status 0
check_out ""
check_err ""

# The checksum is that of the formula: token i is the float (i & 0xffff) / 65536.
pelton run sum.xml --stats
check_status 0
check_err ""
for key in wall_s workers stages id actors where firings busy_s wait_input_s wait_room_s wait_device_s channels name from to \
	capacity high_water tokens left_over results; do
	check_out_has "\"$key\": "
done
check_out_has '"sink": {"firings": 1000, "expected_firings": null, "call_s": null, "results": {"count": 1000, "checksum": '
check_out_has '"source": {"firings": 1000, "expected_firings": 1000, "call_s": null, "results": {}, "warnings": []}'
check_out_has '"name": "source.out->sink.in", "from": "source.out", "to": "sink.in", "capacity": '
checksum=$(grep -o '"checksum": [0-9]*' <<<"$out")

pelton run sum.xml --stats=stats.json --workers 1
check_status 0
check_out ""
check "checksum with one worker" "$checksum" "$(grep -o '"checksum": [0-9]*' stats.json)"
check "workers" '"workers": 1,' "$(grep -o '"workers": 1,' stats.json)"
pelton run sum.xml --set n=0 --stats --pin
check_status 0
check_out_has '"results": {"count": 0, "checksum": 0}'
pelton run - --stats=- <sum.xml
check_status 0
check_out_has "$checksum"

# Errors come before the work.
pelton run sum.xml --stats=none/stats.json
check_status 1
check_err "error: cannot write 'none/stats.json': No such file or directory"
pelton run sum.xml --set m=4
check_status 1
check_err_has "error: "
pelton run sum.xml --place source=fpga
check_status 1
check_err_has "error: "
pelton run none.xml
check_status 1
check_err_has "none.xml: error: "
pelton run sum.xml --stats=/dev/full
check_status 1
check_err "error: cannot write '/dev/full': No space left on device"

# What cannot be used is counted and warned of.
graph left '<actor id="numbers" kernel="core.counter"><set name="tokens" value="10"/></actor>
<actor id="pack" kernel="core.group"><set name="tokens" value="4"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="numbers" to="pack"/>
<channel from="pack" to="end"/>'
pelton run left.xml --stats
check_status 0
check_err "left.xml:5:1: warning: channel numbers.out->pack.in: 2 tokens left over (pack.in ended without reading them)
hint: if this is intended, write <in name=\"in\" tail=\"drop\"/> (or \"pad\") in actor 'pack'"
check_out_has '"tokens": 10, "left_over": 2}'
sed 's|<actor id="pack" kernel="core.group">|&<in name="in" tail="drop"/>|' left.xml >drop.xml
pelton run drop.xml
check_status 0
check_err ""

# A stall is told with the cycle, at once, and has a status of its own; statistics are written all the same.
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
pelton run stall.xml --stats
check_status 3
check_err_has "error: stalled: none of the 5 unfinished actors can move
hint: "
check_err_has "channel route.yes->join.in0, which holds 4 of 4"
check_out_has '"name": "route.yes->join.in0", '

# Waiting for the outside is no stall, unless patience has an end.
graph wait '<in name="x" type="u8"/><actor id="end" kernel="core.null"/><channel from="x" to="end"/>'
mkfifo fifo
exec 3<>fifo
pelton run wait.xml --in x=fifo --stall-after 0.2
check_status 3
check_err_has "error: stalled: nothing moved for 0.2 s; the only unfinished actor cannot move"
check_err_has "
wait.xml:2:25: error: actor 'end' (stage end) waits for 1 token on channel x->end.in, which holds 0 of "
check_err_has "
wait.xml:2:1: error: boundary port 'x' has received no more tokens from the host"
exec 3>&-
command="run of a pipe that nobody opens"
timeout 60 "$PELTON" run wait.xml --in x=fifo --stall-after 0.2 >/dev/null 2>.err
status=$? err=$(cat .err)
check_status 3
check_err_has "
hint: input port 'x': no process has opened 'fifo' to write to it"

# The same at the end, when only the outputs are left to be written.
graph last '<out name="y"/><actor id="n" kernel="core.counter"><set name="tokens" value="9"/></actor><channel from="n" to="y"/>'
mkfifo untaken
for way in "1 untaken nobody_has_opened" "2 untaken" "3 -"; do
	read -r number file unopened <<<"$way"
	command="run whose last output no process reads ($way)"
	[ $number = 1 ] || exec 3<>untaken
	[ $number = 1 ] || timeout 1 dd if=/dev/zero of=untaken bs=4096 count=16 2>/dev/null
	timeout -k 1 60 "$PELTON" run last.xml --out y=$file --stall-after 0.2 2>.err >&$((number == 3 ? 3 : 1))
	status=$? err=$(cat .err)
	[ $number = 1 ] || exec 3>&-
	check_status 3
	check_err "error: stalled: output port 'y': no process reads from $([ $file = - ] && echo standard output || echo $file)${unopened:+
hint: output port 'y': no process has opened 'untaken' to read from it}"
done

# No signal can be sent to the thread of a kernel that waits.
graph wait_stdin '<actor id="r" kernel="file.stdin"><set name="type" value="u8"/></actor><actor id="end" kernel="core.null"/><channel from="r" to="end"/>'
command="run of a kernel that cannot be interrupted"
exec 3<>fifo
(ulimit -S -i 0 && exec "$PELTON" run wait_stdin.xml --stall-after 0.2 <&3 2>.err)
status=$? err=$(cat .err)
exec 3>&-
check_status 3
check_err_has "
warning: actor 'r' (file.stdin) waits in its kernel and cannot be interrupted: Resource temporarily unavailable
hint: raise the limit of pending signals (ulimit -i)"
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null && ! nm -D "$PELTON" 2>/dev/null | grep -q __asan_init; then
	for which in 1 1+; do
		command="run where signals fail: $which"
		exec 3<>fifo
		timeout -k 1 60 strace -f -qq -o /dev/null -e trace=tgkill -e inject=tgkill:error=EPERM:when=$which \
			"$PELTON" run wait.xml --in x=- --stall-after 0.2 <&3 2>.err
		status=$? err=$(cat .err)
		exec 3>&-
		check_status 3
		[ $which = 1 ] || check_err_has "warning: input port 'x' waits for standard input and cannot be interrupted: Operation not permitted"
	done
fi

# A kernel that fails: its words, and status 1.
graph missing '<actor id="read" kernel="file.read"><set name="file" value="none.raw"/><set name="type" value="u8"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="read" to="end"/>'
pelton run missing.xml
check_status 1
check_err_has "none.raw"
check_err_has "No such file or directory"

# An actor that never fired though tokens came to it is an error; what else there is in the graph comes to its end.
graph never '<param name="n" type="i64" value="25"/><param name="tail" type="string" value="warn"/>
<actor id="s" kernel="core.constant"><set name="type" value="u8"/><set name="value" value="7"/><set name="tokens" value="$n"/></actor>
<actor id="row" kernel="core.group"><set name="tokens" value="8"/></actor><actor id="g" kernel="core.group"><set name="tokens" value="8"/></actor>
<actor id="w" kernel="file.write"><set name="file" value="never.raw"/></actor><out name="o"/><channel from="s" to="o"/>
<channel from="s" to="row"/><channel from="row" to="g"/><channel from="g" to="w"/>'
pelton run never.xml --out o=o.raw
check_status 1
check_err "never.xml:4:75: error: actor 'g' (core.group) never fired: channel row.out->g.in ended with 3 of the 8 tokens that its first firing needs
hint: if that is intended, write <in name=\"in\" tail=\"drop\"/> in the actor"
check "bytes of the other output" 25 "$(stat -c %s o.raw)"
pelton run never.xml --set n=7 --out o=o.raw
check_status 1
check_err_has "actor 'row' (core.group) never fired: channel s.out->row.in ended with 7 of the 8 tokens that its first firing needs"
check "errors" 1 "$(grep -c 'error:' <<<"$err")"
pelton run never.xml --set n=0 --out o=o.raw # nothing came
check_status 0
check_err ""
pelton run never.xml --set n=64 --out o=o.raw
check_status 0
for tail in drop pad; do
	sed "s|<set name=\"tokens\" value=\"8\"/></actor><actor id=\"g\" kernel=\"core.group\">|&<in name=\"in\" tail=\"$tail\"/>|" never.xml >meant.xml
	pelton run meant.xml --out o=o.raw
	check_status 0
done
# Which end an actor between sees first, that of its input or that of its reader, depends on timing; the outcome does not.
graph between '<in name="x" type="u8"/><out name="y"/>
<actor id="split" kernel="core.deinterleave"/><actor id="mid" kernel="core.dedup"/><actor id="join" kernel="core.interleave"/>
<channel from="x" to="split"/><channel from="split.out0" to="join.in0"/><channel from="split.out1" to="mid"/>
<channel from="mid" to="join.in1"/><channel from="join" to="y"/>'
printf x >one.raw
for _ in {1..10}; do
	pelton run between.xml --workers 4 --in x=one.raw --out y=o.raw
	check_status 1
	check_err_has "actor 'split' (core.deinterleave) never fired"
done
# An input to which nothing comes, beside one with tokens; a loop whose initial token waits; a reader that wants nothing.
graph idle '<actor id="a" kernel="core.counter"><set name="tokens" value="5"/></actor><actor id="b" kernel="core.counter"><set name="tokens" value="0"/></actor>
<actor id="add" kernel="core.add"/><actor id="n" kernel="core.null"/><channel from="a" to="add.a"/><channel from="b" to="add.b"/><channel from="add" to="n"/>'
pelton run idle.xml
check_status 0
check_err_has "warning: channel a.out->add.a: 5 tokens left over"
graph loop '<actor id="b" kernel="core.counter"><set name="tokens" value="0"/></actor><actor id="add" kernel="core.add"/><actor id="c" kernel="core.copy"/>
<channel from="b" to="add.a"/><channel from="add" to="c"/><channel from="c" to="add.b" initial="1"/>'
pelton run loop.xml
check_status 0
# The hint for what is left over in a loop, also where the initial tokens are in another channel of it.
hint="hint: the last tokens of a cycle stay in it; if this is intended, write <in name=\"b\" tail=\"drop\"/> in actor 'add'"
check_err "loop.xml:3:59: warning: channel c.out->add.b: 1 token left over (add.b ended without reading it)
$hint"
graph around '<actor id="b" kernel="core.counter"><set name="tokens" value="3"/></actor><actor id="add" kernel="core.add"/><actor id="c" kernel="core.copy"/>
<channel from="b" to="add.a"/><channel from="add" to="c" initial="1"/><channel from="c" to="add.b"/>'
pelton run around.xml
check_status 0
check_err "around.xml:3:71: warning: channel c.out->add.b: 1 token left over (add.b ended without reading it)
$hint"
sed 's|<actor id="add" kernel="core.add"/>|<actor id="add" kernel="core.add"><in name="b" tail="drop"/></actor>|' around.xml >dropped.xml
pelton run dropped.xml
check_status 0
check_err ""
graph unwanted '<actor id="s" kernel="core.counter"><set name="tokens" value="5"/></actor><actor id="g" kernel="core.group"><set name="tokens" value="8"/></actor>
<actor id="b" kernel="core.counter"><set name="tokens" value="0"/></actor><actor id="m" kernel="core.group"><set name="tokens" value="8"/></actor>
<actor id="add" kernel="core.add"/><actor id="n" kernel="core.null"/>
<channel from="s" to="g"/><channel from="b" to="m"/><channel from="g" to="add.a"/><channel from="m" to="add.b"/><channel from="add" to="n"/>'
for i in 1 2 3 4 5; do
	pelton run unwanted.xml
	check_status 0
done
finish
