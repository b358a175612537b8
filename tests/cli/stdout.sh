#!/usr/bin/env bash
# Standard output belongs to one stream of data, else to core.print; what kernels print by themselves is not in it. Whoever reads may leave.
. "$SOURCE_DIR/tests/cli/support/check.bash"

# Kernels that print by themselves are in the module "printing" of the tests.
graph loud '<use library="printing"/><in name="x" type="u8"/><out name="y"/>
<actor id="loud" kernel="printing.loud"/>
<channel from="x" to="loud"/>
<channel from="loud" to="y"/>'
graph both '<in name="x" type="u8"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<actor id="print" kernel="core.print"><set name="prefix" value="p "/></actor>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>
<channel from="copy" to="print"/>'
graph sum '<actor id="count" kernel="core.counter"><set name="tokens" value="3"/></actor>
<actor id="print" kernel="core.print"/>
<channel from="count" to="print"/>'
graph raw '<param name="n" type="i64" value="3"/>
<actor id="count" kernel="core.counter"><set name="tokens" value="$n"/></actor>
<actor id="print" kernel="core.print"/>
<actor id="out" kernel="file.stdout"/>
<channel from="count" to="print"/>
<channel from="count" to="out"/>'
graph twice '<actor id="count" kernel="core.counter"><set name="tokens" value="3"/></actor>
<actor id="a" kernel="file.stdout"/>
<actor id="b" kernel="file.stdout"/>
<channel from="count" to="a"/>
<channel from="count" to="b"/>'
graph lines '<param name="n" type="i64" value="20000"/>
<actor id="count" kernel="core.counter"><set name="tokens" value="$n"/></actor>
<actor id="a" kernel="core.print"><set name="prefix" value="aaaaaaaaaaaaaaaaaaaa "/></actor>
<actor id="b" kernel="core.print"><set name="prefix" value="bbbbbbbbbbbbbbbbbbbb "/></actor>
<channel from="count" to="a"/>
<channel from="count" to="b"/>'
head -c 5000 /dev/urandom >data

# ---- whose it is ----

for to in - /dev/stdout /proc/self/fd/1 /dev/fd/1; do
	"$PELTON" run loud.xml --in x=data --out y=$to >out 2>err
	command="a kernel that prints, data to $to"
	check "status" 0 $?
	check_same data out
	check "the kernel's words" "loud" "$(sort -u err)"
	"$PELTON" run loud.xml --in x=data --out y=$to 2>/dev/null | cmp - data || check "a pipe: $to" same different
done
pelton run loud.xml --in x=data --out y=y
check_status 0
check_out ""
check "the kernel's words" loud "$(sort -u <<<"$err")"

"$PELTON" run both.xml --in x=data --out y=- >out 2>err
command="core.print beside data"
check_same data out
check "lines" 5000 "$(grep -c '^p [0-9]*$' err)"
pelton run both.xml --in x=data --out y=y
check "lines" 5000 "$(grep -c '^p [0-9]*$' <<<"$out")"
check_err ""
pelton run sum.xml
check_out "0
1
2"
pelton run sum.xml --stats
check_err "0
1
2"
check "one object" "{" "$(head -c 1 <<<"$out")"
pelton run sum.xml --stats=/dev/stdout
check_err "0
1
2"
pelton run sum.xml --trace - --stats=stats
check "a trace" "{" "$(head -c 1 <<<"$out")"
pelton run raw.xml
check_err "0
1
2"
pelton run twice.xml
check_status 1
check_err "twice.xml:4:1: error: actor 'a' (file.stdout) and actor 'b' (file.stdout) would both write standard output
hint: give each a file of its own"
pelton run raw.xml --stats
check_status 1
check_err "raw.xml:5:1: error: actor 'out' (file.stdout) and option '--stats' would both write standard output
hint: give each a file of its own"

# Lines of two actors: each is whole, and those of one are in order.
"$PELTON" run lines.xml >out
check "whole lines" 40000 "$(grep -c '^\(aaaaaaaaaaaaaaaaaaaa\|bbbbbbbbbbbbbbbbbbbb\) [0-9]*$' out)"
seq 0 19999 >want
for who in a b; do
	sed -n "s/^$who* //p" out | cmp - want || check "order of $who" same different
done

# ---- a reader that leaves ----

gone() {
	"$PELTON" run "$@" 2>err | head -c 3 >/dev/null
	check "$*: status" 0 "${PIPESTATUS[0]}"
	check "$*: words" "" "$(grep -v '^loud$' err)"
}
graph endless '<actor id="count" kernel="core.counter"/>
<actor id="end" kernel="core.print"/>
<channel from="count" to="end"/>'
graph endless-raw '<actor id="count" kernel="core.counter"/>
<actor id="end" kernel="file.stdout"/>
<channel from="count" to="end"/>'
gone endless.xml
gone endless-raw.xml
gone lines.xml --set n=1000000

# ---- what cannot be written ----

graph big '<actor id="count" kernel="core.counter"><set name="tokens" value="100000"/></actor>
<actor id="w" kernel="file.write"><set name="file" value="w"/></actor>
<channel from="count" to="w"/>'
head -c 100000 /dev/zero >long
limit=8 # of 1024 bytes
limited() {
	# By a pipe: files are what it may not write. The signal would end ThreadSanitizer, which writes a file of its own before the command begins.
	err=$(
		[ "$limit" -gt 0 ] || trap '' XFSZ
		ulimit -f "$limit"
		exec "$PELTON" run "$@" 2>&1 >/dev/null
	)
	status=$?
	command="under ulimit -f: $*"
	check_status 1
}
limited big.xml
check_err "big.xml:3:1: error: actor 'w' (file.write): cannot write 'w': File too large (the limit is 8192 bytes; ulimit -f raises it)"
graph sound '<use library="audio"/>
<actor id="s" kernel="bench.source"><set name="tokens" value="1000000"/></actor>
<actor id="w" kernel="audio.write"><set name="file" value="$file"/><set name="rate" value="8000"/></actor>
<param name="file" type="string"/>
<channel from="s" to="w"/>'
for suffix in wav aiff aif au caf w64; do
	limited sound.xml --set file="s.$suffix"
	check_err "sound.xml:4:1: error: actor 'w' (audio.write): cannot write sound to 's.$suffix': File too large
hint: this process may write files of at most 8192 bytes: see ulimit -f"
done
# Here only the few bytes of a header are to be written.
sed -i 's/1000000/0/' sound.xml
limit=0
for suffix in wav flac ogg aiff aif au caf w64; do
	limited sound.xml --set file="s.$suffix"
	check_err "sound.xml:4:1: error: actor 'w' (audio.write): cannot write sound to 's.$suffix': File too large
hint: this process may write files of at most 0 bytes: see ulimit -f"
done
limit=8
graph picture '<use library="image"/>
<actor id="s" kernel="core.constant"><set name="value" value="0"/><set name="type" value="u8[1000,1000,3]"/><set name="tokens" value="1"/></actor>
<actor id="w" kernel="image.write"><set name="file" value="$file"/></actor>
<param name="file" type="string"/>
<channel from="s" to="w"/>'
limited picture.xml --set file=p.jpg
check_err "picture.xml:4:1: error: actor 'w' (image.write): cannot write image 'p.jpg': File too large
hint: this process may write files of at most 8192 bytes: see ulimit -f"
graph pass '<in name="x" type="u8"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>'
limited pass.xml --in x=long --out y=y
check_err "error: output port 'y': cannot write y: File too large
hint: this process may write files of at most 8192 bytes: see ulimit -f"
for to in --out\ y=/dev/full --out\ y=/dev/null\ --stats=/dev/full --out\ y=/dev/null\ --trace\ /dev/full; do
	# shellcheck disable=SC2086 # words
	pelton run pass.xml --in x=long $to
	check_status 1
	check_err_has "No space left on device"
done
"$PELTON" run sum.xml >/dev/full 2>err
check "status" 1 $?
check "words" "sum.xml:3:1: error: actor 'print' (core.print): cannot write to standard output: No space left on device" "$(cat err)"
"$PELTON" run pass.xml --in x=long --out y=- >/dev/full 2>err
check "status" 1 $?
check "words" "error: output port 'y': cannot write standard output: No space left on device" "$(cat err)"
# Too few descriptors for it.
graph words '<actor id="s" kernel="core.counter"><set name="tokens" value="5"/></actor><actor id="o" kernel="core.print"/><channel from="s" to="o"/>'
command="run below ulimit -n"
err=$(ulimit -n 8; "$PELTON" run words.xml 2>&1)
check_err "error: cannot keep standard output for results: Too many open files
hint: raise the limit of open files (ulimit -n)"
finish
