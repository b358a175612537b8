#!/usr/bin/env bash
# Whatever a kernel returns or does, the status of the command is what became of the run. The kernels are tests/modules/odd.c.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph odd '<use library="odd"/><param name="v" type="i64" value="0"/><param name="f" type="i64" value="0"/>
<actor id="s" kernel="core.counter"><set name="tokens" value="5000"/></actor><actor id="c" kernel="core.convert"><set name="to" value="u32"/></actor>
<actor id="x" kernel="odd.plain"><set name="fire" value="$v"/><set name="finish" value="$f"/></actor><actor id="n" kernel="core.null"/>
<channel from="s" to="c"/><channel from="c" to="x"/><channel from="x" to="n"/>'

# EINTR, EAGAIN, ENODEV, EPIPE, EDEADLK, ETIMEDOUT, ECANCELED: those that mean something elsewhere.
for code in 4 11 19 32 35 110 125; do
	pelton run odd.xml --set v=-$code
	check_status 1
	check_err_has "error: actor 'x' (odd.plain): fire failed: "
	pelton run odd.xml --set f=-$code --report page.html
	check_status 1
	check_err_has "error: actor 'x' (odd.plain): finish failed: "
	check 'badge of the report' 1 "$(grep -c '<span class="badge bad">failed</span>' page.html)"
done
for number in 3 7; do
	pelton run odd.xml --set v=$number
	check_status 1
	check_err_has "error: actor 'x' (odd.plain): fire() returned $number, which is neither 0, PEL_END nor a negative errno"
done

# ENODATA too: the run is failed at once, though nobody reads what an output has.
graph held '<use library="odd"/><out name="o"/><actor id="many" kernel="core.constant"><set name="type" value="u8"/></actor>
<actor id="s" kernel="core.counter"><set name="tokens" value="5000"/></actor><actor id="c" kernel="core.convert"><set name="to" value="u32"/></actor>
<actor id="x" kernel="odd.plain"><set name="fire" value="-61"/></actor><actor id="n" kernel="core.null"/>
<channel from="many" to="o"/><channel from="s" to="c"/><channel from="c" to="x"/><channel from="x" to="n"/>'
mkfifo unread
exec 8<>unread
command="pelton run held.xml"
timeout 60 "$PELTON" run held.xml --out o=unread 2>.err
status=$? err=$(cat .err)
exec 8>&-
check_status 1
check_err_has "error: actor 'x' (odd.plain): fire failed: No data available"

# A kernel that ends the program would choose the status: 0 is success here, 3 a stall.
graph leaves '<use library="odd"/><param name="how" type="i64" value="-2"/><param name="at" type="i64" value="-2"/><param name="last" type="i64" value="-2"/>
<param name="free" type="i64" value="-2"/>
<actor id="s" kernel="core.counter"><set name="tokens" value="5000"/></actor><actor id="c" kernel="core.convert"><set name="to" value="u32"/></actor>
<actor id="x" kernel="odd.leaves"><set name="fire" value="$how"/><set name="init" value="$at"/><set name="finish" value="$last"/>
<set name="fini" value="$free"/></actor><actor id="n" kernel="core.null"/><channel from="s" to="c"/><channel from="c" to="x"/><channel from="x" to="n"/>'
pelton run leaves.xml
check_status 0
for number in "0 exit(0)" "3 exit(3)" "1000 _exit(0)" "1003 _exit(3)" "-3 quick_exit()"; do
	for place in how at last free; do
		pelton run leaves.xml --set $place=${number% *}
		check_status 1
		check_err "leaves.xml:5:1: error: actor 'x': its kernel has called ${number#* }, which ends the whole program
hint: a kernel that cannot continue must return a negative errno, with pel_fire_fail() or pel_info_fail()"
	done
done
# What is known by then is reported all the same: the first actor has counted, and the page says why.
for number in 3 1003 -3; do
	rm -f stats.json page.html trace.json
	pelton run leaves.xml --set how=$number --stats=stats.json --report page.html --trace trace.json
	check_status 1
	check_err_has "leaves.xml:5:1: error: actor 'x': its kernel has called "
	check "statistics" yes "$(has "$(cat stats.json)" '"wall_s": ')"
	check "report" yes "$(grep -q 'actor &#39;x&#39;: its kernel has called\|actor .x.: its kernel has called' page.html && echo yes)"
	check "trace" yes "$(has "$(cat trace.json)" '"traceEvents"')"
done
# Several workers in calls of such a kernel: the first one reports, and none ends the program with another status.
graph many '<use library="odd"/><param name="how" type="i64"/>
<actor id="s" kernel="core.counter"><set name="tokens" value="1000"/></actor><actor id="c" kernel="core.convert"><set name="to" value="u32"/></actor>
<actor id="x" kernel="odd.leaves_stateless"><set name="fire" value="$how"/></actor>
<actor id="n" kernel="core.null"/><channel from="s" to="c"/><channel from="c" to="x"/><channel from="x" to="n"/>'
for number in 0 7 1000 -3; do
	rm -f stats.json
	pelton run many.xml --set how=$number --workers 3 --stats=stats.json
	check_status 1
	check_err_has "error: actor 'x': its kernel has called "
	check "statistics" yes "$(has "$(cat stats.json)" '"wall_s": ')"
done
pelton run leaves.xml --set at=3 --stats=never.json
check_status 1
check "no run, no statistics" no "$([ -e never.json ] && echo yes || echo no)"
for place in at free; do
	pelton run leaves.xml --set $place=-1
	check_status 1
	check_err "leaves.xml:5:1: error: actor 'x': its kernel has called pthread_exit(), which ends the whole program
hint: a kernel that cannot continue must return a negative errno, with pel_fire_fail() or pel_info_fail()"
done
pelton run leaves.xml --set how=-1
check_status 1
check_err_has "error: actor 'x' (odd.leaves): it ended the thread that called it (pthread_exit()); a kernel must return to its caller"

# The same from the system's side: a file system that answers with such a code.
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null && ! nm -D "$PELTON" 2>/dev/null | grep -q __asan_init; then
	head -c 300000 /dev/zero >in
	graph copy '<actor id="r" kernel="file.read"><set name="file" value="in"/><set name="type" value="u8"/></actor>
<actor id="w" kernel="file.write"><set name="file" value="out"/></actor><channel from="r" to="w"/>'
	for code in ETIMEDOUT ECANCELED EDEADLK ENODEV EAGAIN; do
		command="strace $code"
		timeout 60 strace -f -qq -o /dev/null -P "$PWD/out" -e inject=write:error=$code:when=1+ "$PELTON" run copy.xml 2>.err
		status=$? err=$(cat .err)
		check_status 1
		check_err_has "error: actor 'w' (file.write): cannot write 'out': "
	done
	# Calls that never do anything but be interrupted: who makes them, which, of what file, and the words of the error.
	graph pass '<in name="x" type="u8"/><out name="y"/><actor id="c" kernel="core.copy"/><channel from="x" to="c"/><channel from="c" to="y"/>'
	graph standard '<actor id="r" kernel="file.stdin"><set name="type" value="u8"/></actor><actor id="w" kernel="file.stdout"/><channel from="r" to="w"/>'
	graph print '<actor id="r" kernel="core.counter"><set name="tokens" value="9"/></actor><actor id="w" kernel="core.print"/><channel from="r" to="w"/>'
	graph picture '<use library="image"/><actor id="r" kernel="image.read"><set name="file" value="in.png"/></actor>
<actor id="w" kernel="image.write"><set name="file" value="out.png"/></actor><channel from="r" to="w"/>'
	graph sound '<use library="audio"/><actor id="r" kernel="audio.read"><set name="file" value="in.wav"/></actor>
<actor id="w" kernel="audio.write"><set name="file" value="out.wav"/><set name="rate" value="8000"/></actor><channel from="r" to="w"/>'
	graph make '<use library="image"/><use library="audio"/>
<actor id="p" kernel="core.constant"><set name="type" value="u8[4,4]"/><set name="tokens" value="1"/></actor>
<actor id="wp" kernel="image.write"><set name="file" value="in.png"/></actor><channel from="p" to="wp"/>
<actor id="s" kernel="core.constant"><set name="type" value="f32"/><set name="tokens" value="1000"/></actor>
<actor id="ws" kernel="audio.write"><set name="file" value="in.wav"/><set name="rate" value="8000"/></actor><channel from="s" to="ws"/>'
	pelton run make.xml
	check_status 0
	while IFS=: read -r arguments call file words; do
		command="strace EINTR $call of $file: $arguments"
		: >out
		timeout 60 strace -f -qq -o /dev/null -P "$PWD/$file" -e inject="$call:error=EINTR:when=1+" "$PELTON" run $arguments <in >out 2>.err
		status=$? err=$(cat .err)
		check_status 1
		check_err_has "$words: Interrupted system call"
	done <<-'TEXT'
		copy.xml:read:copy.xml:copy.xml: error: cannot read the graph 'copy.xml'
		copy.xml:pread64:in:error: actor 'r' (file.read): cannot read 'in'
		copy.xml:write:out:error: actor 'w' (file.write): cannot write 'out'
		standard.xml:read:in:error: actor 'r' (file.stdin): cannot read standard input
		standard.xml:write:out:error: actor 'w' (file.stdout): cannot write to standard output
		print.xml:write:out:error: actor 'w' (core.print): cannot write to standard output
		pass.xml --in x=in --out y=-:read:in:error: input port 'x': cannot read in
		pass.xml --in x=in --out y=-:write:out:error: output port 'y': cannot write standard output
		picture.xml:read:in.png:error: actor 'r' (image.read): cannot read image 'in.png'
		picture.xml:write:out.png:error: actor 'w' (image.write): cannot write image 'out.png'
		sound.xml:pread64:in.wav:error: actor 'r' (audio.read): cannot read 'in.wav'
		sound.xml:pwrite64:out.wav:error: actor 'w' (audio.write): cannot write sound to 'out.wav'
	TEXT
fi
finish
