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
		check_err "error: actor 'x': its kernel has called ${number#* }, which ends the whole program
hint: a kernel that cannot go on returns a negative errno, with pel_fire_fail() or pel_info_fail()"
	done
done
for place in at free; do
	pelton run leaves.xml --set $place=-1
	check_status 1
	check_err "error: actor 'x': its kernel has called pthread_exit(), which ends the whole program
hint: a kernel that cannot go on returns a negative errno, with pel_fire_fail() or pel_info_fail()"
done
pelton run leaves.xml --set how=-1
check_status 1
check_err_has "error: actor 'x' (odd.leaves): it has ended the thread that called it (pthread_exit()); a kernel returns to its caller"

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
	for call in pread64:in write:out; do # calls that never do anything but be interrupted
		command="strace EINTR $call"
		timeout 60 strace -f -qq -o /dev/null -P "$PWD/${call#*:}" -e inject="${call%:*}:error=EINTR:when=1+" "$PELTON" run copy.xml 2>.err
		status=$? err=$(cat .err)
		check_status 1
		check_err_has "Interrupted system call"
	done
fi
finish
