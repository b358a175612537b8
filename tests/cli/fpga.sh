#!/usr/bin/env bash
# Actors on emulated devices: the same bytes as on the CPU, and what is wrong is said with the graph's place.
. "$SOURCE_DIR/tests/cli/support/check.bash"
. "$SOURCE_DIR/tests/cli/support/xrt.bash"
need_xrt

# ---- the demonstration ----

pelton run "$SOURCE_DIR/graphs/edges.xml" --set output=cpu.png
check_status 0
pelton run "$SOURCE_DIR/graphs/edges.xml" --emulate --place blur=fpga --place sobel=fpga --set output=fpga.png --stats=stats.json
check_status 0
check_err ""
check_same cpu.png fpga.png
check "places" '"where": "fpga:0/pelton_blur_1" "where": "fpga:0/pelton_sobel_1"' \
	"$(grep -o '"where": "fpga[^"]*"' stats.json | xargs -d '\n')"

# ---- foreign kernels, without a line of C for the CPU ----

cat >vadd.c <<'C'
void krnl_vadd(const int *a, const int *b, int *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		c[i] = a[i] + b[i];
}
C
cat >vadd.xml <<'XML'
<graph xmlns="urn:pelton:graph:1" name="vadd">
  <kernel name="vadd" stateless="true">
    <param name="n" type="u32" value="96"/>
    <in name="a" type="i32" rate="$n"/>  <in name="b" type="i32" rate="$n"/>  <out name="c" type="i32" rate="$n"/>
    <fpga kernel="krnl_vadd" xclbin="none.xclbin" source="vadd.c">
      <arg port="a" name="a"/> <arg port="b"/> <arg port="c"/> <arg value="$n * $batch"/>
    </fpga>
  </kernel>
  <in name="x"/> <in name="y"/> <out name="z"/>
  <actor id="add" kernel="vadd" copies="2"><in name="a" tail="pad"/><in name="b" tail="pad"/></actor>
  <channel from="x" to="add.a"/> <channel from="y" to="add.b"/> <channel from="add" to="z"/>
</graph>
XML
numbers() { seq "$@" | perl -ne 'print pack("l<", $_)'; }
numbers 1 100000 >x.i32
numbers 5 3 300002 >y.i32
perl -e 'print pack("l<", $_ <= 100000 ? 4 * $_ + 2 : 0) for 1 .. 100032' >wanted.i32
for workers in 1 2 4; do
	pelton run vadd.xml --emulate --in x=x.i32 --in y=y.i32 --out z=z.i32 --workers $workers
	check_status 0
	check_err ""
	check_same wanted.i32 z.i32
done

# The same from an xclbin, packed once.
pelton xclbin pack -o vadd.xclbin --cu krnl_vadd=2 vadd.c
check_status 0
pelton run vadd.xml --emulate --xclbin 0=vadd.xclbin --in x=x.i32 --in y=y.i32 --out z=z.i32
check_status 0
check_same wanted.i32 z.i32

# A limit that is in the way is named.
command="run below ulimit -f"
err=$(ulimit -f 4; "$PELTON" run vadd.xml --emulate --xclbin 0=vadd.xclbin --in x=x.i32 --in y=y.i32 --out z=/dev/null 2>&1)
check_err_has "error: cannot set up emulation in "
check_err_has ": File too large (the limit is 4096 bytes; ulimit -f raises it)"

# So is a folder from which nothing can be executed.
cannot="mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp"
if unshare -rm sh -c "$cannot" 2>/dev/null; then
	command="run where /tmp is noexec"
	err=$(unshare -rm sh -c "$cannot && \"$PELTON\" emulate true" 2>&1)
	check_err_has ": code in it cannot be executed"
	check_err_has "hint: /tmp is mounted noexec: mount -o remount,exec /tmp"
fi

# A message of XRT's to the device model that cannot be sent: XRT itself would wait for the answer for ever.
if strace -qq -o /dev/null true 2>/dev/null && ! nm -D "$PELTON" 2>/dev/null | grep -q __asan_init; then
	run_vadd() { timeout 60 "$@" "$PELTON" run vadd.xml --emulate --xclbin 0=vadd.xclbin --in x=x.i32 --in y=y.i32 --out z=z.i32; }
	run_vadd strace -ff -qq -o calls -e trace=write -e signal=none >/dev/null 2>&1
	opens=$(grep -l '^write(.*, 14) *= 14$' calls.* | head -n 1) # the thread that opens the device: heads of messages
	number=$(grep '^write(' "$opens" | grep -n ', 14) *= 14$' | sed -n 8p | cut -d : -f 1)
	command="strace write ${number:=1}"
	run_vadd strace -f -qq -o /dev/null -e trace=write -e signal=none -e inject=write:error=ENOSPC:when=$number >/dev/null 2>.err
	status=$? err=$(cat .err)
	check "ends ($status)" yes "$([ $status = 1 ] || [ $status = 4 ] && echo yes)"
	check_err_has "the device process cannot send to the device model: No space left on device"
fi

# ---- tokens that stay on the device; two devices ----

graph chain '<actor id="source" kernel="bench.source"><set name="tokens" value="300000"/></actor>
<actor id="a" kernel="core.scale"><set name="gain" value="0.75"/><set name="offset" value="0.25"/></actor>
<actor id="b" kernel="core.scale"><set name="gain" value="3"/></actor>
<actor id="c" kernel="core.scale"><set name="offset" value="-2"/></actor>
<actor id="sink" kernel="bench.sink"/>
<channel from="source" to="a"/> <channel from="a" to="b"/> <channel from="b" to="c"/> <channel from="c" to="sink"/>'
checksum() { grep -o '"checksum": [0-9]*' <<<"$out"; }
pelton run chain.xml --stats
wanted=$(checksum)
for place in "a=fpga b=fpga c=fpga" "a=fpga:0 b=fpga:1 c=fpga:0" "a=fpga b=cpu c=fpga:1" "b=fpga"; do
	options=()
	for one in $place; do options+=(--place "$one"); done
	pelton run chain.xml --stats --emulate "${options[@]}"
	check_status 0
	check "checksum with $place" "$wanted" "$(checksum)"
done
# More calls than a device takes at a time.
sed 's/id="b"/id="b" in-flight="1024" max-batch="256"/' chain.xml >deep.xml
pelton run deep.xml --stats --emulate --place b=fpga
check_status 0
check "checksum with 1024 calls in flight" "$wanted" "$(checksum)"
pelton plan chain.xml --json --place a=fpga --place b=fpga --place c=fpga
check_out_has '"memory": "device"'

# ---- what is wrong ----

wrong() {
	local wanted=$1
	shift
	pelton run wrong.xml --in x=x.i32 --in y=y.i32 --out z=z.i32 "$@"
	check_status 1
	check_err "$wanted"
}
sed 's/krnl_vadd"/krnl_vad"/' vadd.xml >wrong.xml
wrong "wrong.xml:5:5: error: actor 'add' (vadd): there is no FPGA kernel 'krnl_vad' in vadd.xclbin
hint: did you mean 'krnl_vadd'?" --emulate --xclbin vadd.xclbin
sed 's/ name="a"\/> <arg port="b"/ name="first"\/> <arg port="b"/' vadd.xml >wrong.xml
wrong "wrong.xml:6:7: error: argument 0 of FPGA kernel 'krnl_vadd' is named 'a' in vadd.xclbin, but 'first' in actor 'add' (vadd)" \
	--emulate --xclbin vadd.xclbin
sed 's/ <arg value=".*"\/>//' vadd.xml >wrong.xml
wrong "wrong.xml:5:5: error: FPGA kernel 'krnl_vadd' in vadd.xclbin has 4 arguments, but actor 'add' (vadd) passes 3
hint: 'pelton xclbin show vadd.xclbin' lists them" --emulate --xclbin vadd.xclbin
sed 's/type="i32"/type="i64"/g' vadd.xml >wrong.xml
wrong "wrong.xml:6:7: error: port 'a' of actor 'add' (vadd) has tokens of type i64, but argument 0 ('a') of FPGA kernel 'krnl_vadd' in vadd.xclbin is int*
wrong.xml:6:32: error: port 'b' of actor 'add' (vadd) has tokens of type i64, but argument 1 ('b') of FPGA kernel 'krnl_vadd' in vadd.xclbin is int*
wrong.xml:6:48: error: port 'c' of actor 'add' (vadd) has tokens of type i64, but argument 2 ('c') of FPGA kernel 'krnl_vadd' in vadd.xclbin is int*" \
	--emulate --xclbin vadd.xclbin
sed 's/<arg port="c"\/> <arg value="[^"]*"\/>/<arg value="1"\/> <arg port="c"\/>/' vadd.xml >wrong.xml
wrong "wrong.xml:6:48: error: argument 2 ('c') of FPGA kernel 'krnl_vadd' in vadd.xclbin is a pointer, but actor 'add' (vadd) passes a value
wrong.xml:6:65: error: argument 3 ('n') of FPGA kernel 'krnl_vadd' in vadd.xclbin is a scalar, but actor 'add' (vadd) passes a buffer" \
	--emulate --xclbin vadd.xclbin
sed 's/\$n \* \$batch/$n * $batch * 1000000000/' vadd.xml >wrong.xml
wrong "wrong.xml:6:64: error: argument 3 ('n') of FPGA kernel 'krnl_vadd' is uint, but actor 'add' passes 196608000000000 in a call for 2048 firings
hint: uint: an integer from 0 to 4294967295" \
	--emulate --xclbin vadd.xclbin
sed 's/\$n \* \$batch/1.5/' vadd.xml >wrong.xml
wrong "wrong.xml:6:64: error: argument 3 ('n') of FPGA kernel 'krnl_vadd' is uint, but actor 'add' passes a real number, 1.5
hint: uint: an integer from 0 to 4294967295" --emulate --xclbin vadd.xclbin
# An argument of another's xclbin that no value fills: the metadata say 16 bytes.
LC_ALL=C sed 's/\(name="n"[^>]*size="\)0x4"/\1016"/' vadd.xclbin >wide.xclbin
cp vadd.xml wrong.xml
wrong "wrong.xml:6:64: error: argument 3 ('n') of FPGA kernel 'krnl_vadd' in wide.xclbin has 16 bytes, but the value that actor 'add' (vadd) passes can have at most 8" \
	--emulate --xclbin wide.xclbin
# One device, 257 actors.
{
	echo '<graph xmlns="urn:pelton:graph:1" name="many"><actor id="a0" kernel="bench.source"><set name="tokens" value="9"/></actor>'
	for i in $(seq 257); do
		echo "<actor id=\"a$i\" kernel=\"core.scale\" on=\"fpga\"/><channel from=\"a$((i - 1))\" to=\"a$i\"/>"
	done
	echo '<actor id="n" kernel="core.null"/><channel from="a257" to="n"/></graph>'
} >many.xml
pelton run many.xml --emulate
check_status 1
check_err 'many.xml:258:1: error: device 0 has 257 actors; the maximum is 256
hint: place some of them on the CPU, or on another device'
sed 's/copies="2"/copies="3"/' vadd.xml >wrong.xml
wrong "wrong.xml:10:3: error: actor 'add' has copies=\"3\", but kernel 'krnl_vadd' in vadd.xclbin has 2 compute units
hint: to get more compute units, set nk=krnl_vadd:N in the link configuration, or use --cu krnl_vadd=N with 'pelton xclbin pack'" \
	--emulate --xclbin vadd.xclbin
sed 's/copies="2"/on="fpga:0\/krnl_vadd_7"/' vadd.xml >wrong.xml
wrong "wrong.xml:10:3: error: actor 'add' is placed on compute unit 'krnl_vadd_7', but kernel 'krnl_vadd' in vadd.xclbin has none with that name" \
	--emulate --xclbin vadd.xclbin
sed 's/ source="[^"]*"//' vadd.xml >wrong.xml
wrong "wrong.xml:5:5: error: actor 'add' (vadd) is placed on an emulated device, but there is neither an xclbin for software emulation nor a source of FPGA kernel 'krnl_vadd'
hint: name its HLS source in <fpga source=\"...\">, or give an xclbin with --xclbin" --emulate
cp vadd.xml wrong.xml
wrong "wrong.xml:5:5: error: vadd.xclbin is for software emulation, and cannot be loaded onto a card
hint: run with --emulate" --xclbin vadd.xclbin
sed 's/ xclbin="[^"]*"//' vadd.xml >wrong.xml
wrong "wrong.xml:5:5: error: there is no xclbin for device 0
hint: give one with --xclbin FILE, or emulate the device with --emulate"

# ---- faults ----

# faulty NAME BODY: a kernel that does BODY in its third call.
faulty() {
	cat >"$1.c" <<C
#include <stdlib.h>
#include <unistd.h>
void $1(const int *a, int *c, unsigned n)
{
	static int calls;
	if (++calls == 3) { $2 }
	for (unsigned i = 0; i < n; i++) c[i] = a[i] + 1;
}
C
	graph "$1" "<kernel name=\"k\" stateless=\"true\"><in name=\"in\" type=\"i32\" rate=\"1024\"/><out name=\"out\" type=\"i32\" rate=\"1024\"/>
<fpga kernel=\"$1\" source=\"$1.c\"><arg port=\"in\"/><arg port=\"out\"/><arg value=\"1024 * \$batch\"/></fpga></kernel>
<in name=\"x\"/> <out name=\"z\"/><actor id=\"act\" kernel=\"k\" max-batch=\"4\" ${3-}/><channel from=\"x\" to=\"act\"/> <channel from=\"act\" to=\"z\"/>"
}
numbers 1 102400 >x.i32
numbers 2 102401 >wanted.i32
faulty crash '*(volatile int *)8 = 1;'
pelton run crash.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "crash.xml:4:31: error: actor 'act' (k): call 3: kernel 'crash' (CU crash_1) crashed: segmentation fault"
check "a hint at another try" 0 "$(grep -c "on-fault" <<<"$err")"
faulty past 'c[n + 2000] = 1;' 'max-batch="1"'
sed -i 's/max-batch="4" //' past.xml
pelton run past.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "call 3: kernel 'past' (CU past_1) crashed: segmentation fault, it wrote 8000 bytes past the end of argument 'c'"
faulty quits 'exit(5);'
pelton run quits.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "call 3: kernel 'quits' (CU quits_1) "
faulty hangs 'for (;;) pause();' 'timeout-ms="300"'
pelton run hangs.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "call 3: kernel 'hangs' (CU hangs_1) took longer than 300 ms"
check_err_has "hint: on-fault=\"restart\" would retry the call"

# Beside the window, by one token: in the same page, and in the same buffer.
faulty behind 'c[n] = 1;'
pelton run behind.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "call 3: kernel 'behind' (CU behind_1) crashed: segmentation fault, it wrote just past the end of argument 'c'"
faulty before 'c[-1] = 1;'
sed -i 's/ max-batch="4"/ max-batch="3"/; s/rate="1024"/rate="1000"/g; s/1024 \*/1000 */' before.xml
pelton run before.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "call 3: kernel 'before' (CU before_1) wrote before the start of argument 'c': 4 bytes before its window have changed"
cat >odd.c <<'C'
void odd(const int *a, int *c, unsigned n)
{
	for (unsigned i = 0; i < n + 1; i++) c[i] = i < n ? a[i] + 1 : 9;
}
C
graph odd '<kernel name="k" stateless="true"><in name="in" type="i32" rate="7"/><out name="out" type="i32" rate="7"/>
<fpga kernel="odd" source="odd.c"><arg port="in"/><arg port="out"/><arg value="7"/></fpga></kernel>
<in name="x"/> <out name="z"/><actor id="act" kernel="k"/><channel from="x" to="act"/> <channel from="act" to="z"/>'
pelton run odd.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "call 1: kernel 'odd' (CU odd_1) "
check_err_has "past the end of argument 'c'"
check "tokens of a call that failed" 0 "$(stat -c %s z.i32)"

# What a kernel starts ends with it, in whatever session.
faulty leaves 'if (!fork()) { setsid(); if (fork()) _exit(0); execl("/bin/sleep", "pelton-stray", "1000", (char *)0); }'
pelton run leaves.xml --emulate --in x=x.i32 --out z=z.i32
check_status 0
check_same wanted.i32 z.i32
check "processes left behind" "" "$(pgrep -f '^pelton-stray 1000')"

# Where the CPU has taken over, that is where it is.
cat >copier.c <<'C'
void copier(const int *a, int *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++) c[i] = a[i] == 5000 ? *(volatile int *)8 : a[i];
}
C
graph moved '<kernel name="k" stateless="true"><in name="in" type="i32"/><out name="out" type="i32"/><cpu kernel="core.copy"/>
<fpga kernel="copier" source="copier.c"><arg port="in"/><arg port="out"/><arg value="$batch"/></fpga></kernel>
<in name="x"/><out name="z"/><actor id="act" kernel="k" on="fpga" max-batch="100" on-fault="cpu"/>
<channel from="x" to="act"/><channel from="act" to="z"/>'
head -c 16000 x.i32 >few.i32
pelton run moved.xml --emulate --in x=few.i32 --out z=z.i32 --stats=stats.json
check_status 0
check "where" '"where": "fpga:0/copier_1"' "$(grep -o '"where": "[^"]*"' stats.json)"
pelton run moved.xml --emulate --in x=x.i32 --out z=z.i32 --stats=stats.json
check_status 0
check_same x.i32 z.i32
check_err_has "it continues with its CPU implementation"
check "where" '"where": "cpu"' "$(grep -o '"where": "[^"]*"' stats.json)"

# An output at a pointer to const.
cat >const.c <<'C'
typedef const int input;
void swapped(input *a, int *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++) c[i] = a[i];
}
C
graph const '<kernel name="k" stateless="true"><in name="in" type="i32"/><out name="out" type="i32"/>
<fpga kernel="swapped" source="const.c"><arg port="out"/><arg port="in"/><arg value="$batch"/></fpga></kernel>
<in name="x"/> <out name="z"/><actor id="act" kernel="k"/><channel from="x" to="act"/> <channel from="act" to="z"/>'
pelton run const.xml --emulate --in x=x.i32 --out z=z.i32
check_status 1
check_err_has "const.xml:3:41: error: argument 0 ('a') of FPGA kernel 'swapped' in "
check_err_has "is a pointer to const; output 'out' of actor 'act' (k) cannot be written there
hint: the arguments may be in a different order from those of 'swapped'; or remove const from its argument 'a'"
for name in crash quits; do # a call that fails once is made again
	sed 's/ max-batch/ on-fault="restart" max-batch/' $name.xml >again.xml
	pelton run again.xml --emulate --in x=x.i32 --out z=z.i32 --stats=stats.json --report page.html
	check_status 0
	check_same wanted.i32 z.i32
	check_err_has "warning: actor 'act': call 3: kernel '$name' (CU ${name}_1) "
	check_err_has "; retry 1 of 3"
	check "counted" yes "$(grep -qE '"device_faults": [1-9]' stats.json && echo yes)"
	check "in the report" 1 "$(grep -c 'Warning: call 3: kernel' page.html)"
	check_err_has " more on the device, not listed"
	check "markup in words" 0 "$(grep -c '&#60;br' page.html)"
done
sed 's/ max-batch/ on-fault="restart" max-batch/' hangs.xml >again.xml
pelton run again.xml --emulate --in x=x.i32 --out z=z.i32
check_status 0
check_same wanted.i32 z.i32

no_leftovers
finish
