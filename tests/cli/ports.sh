#!/usr/bin/env bash
# Files and pipes at the boundary ports: every byte arrives, and what is wrong is told.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph pass '<in name="x" type="f32"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>'
graph two '<in name="a" type="u8"/><in name="b" type="u8"/><out name="sum"/>
<actor id="add" kernel="core.add"/>
<channel from="a" to="add.a"/>
<channel from="b" to="add.b"/>
<channel from="add" to="sum"/>'
# Tokens of 12 bytes through a channel for five of them: windows wrap, and reads end anywhere.
graph odd '<in name="x" type="u32[3]"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy" capacity="5"/>
<channel from="copy" to="y" capacity="3"/>'

head -c 1200000 /dev/urandom >in.raw
for name in pass odd; do
	pelton run $name.xml --in x=in.raw --out y=out.raw
	check_status 0
	check_err ""
	check_same in.raw out.raw
	"$PELTON" run $name.xml --in x=- --out=y=- <in.raw >out.raw
	check_same in.raw out.raw
done
head -c 120000 in.raw >some.raw
# A writer that cuts tokens into pieces.
{ dd if=some.raw bs=7 count=1001 2>/dev/null; dd if=some.raw bs=7 skip=1001 2>/dev/null; } |
	"$PELTON" run odd.xml --in x=- --out y=- | cat >out.raw
check_same some.raw out.raw

printf '\001\002\003' >a.raw
printf '\020\020\020' >b.raw
pelton run two.xml --in a=a.raw --in b=b.raw --out sum=sum.raw
check_status 0
check "sum" "021 022 023" "$(od -An -b sum.raw | sed 's/^ *//')"
: >empty.raw
pelton run pass.xml --in x=empty.raw --out y=out.raw
check_status 0
check_same empty.raw out.raw

wrong() {
	local wanted=$2
	check_wanted=$1
	shift 2
	pelton run "$@"
	check_status "$check_wanted"
	check_err "$wanted"
}
head -c 4003 in.raw >part.raw
wrong 1 "error: input port 'x': part.raw ends inside a token: 3 of 4 bytes (f32), after 1000 whole tokens" \
	pass.xml --in x=part.raw --out y=out.raw
head -c 5 in.raw >part.raw
wrong 1 "error: input port 'x': part.raw ends inside a token: 5 of 12 bytes (u32[3]), after 0 whole tokens" \
	odd.xml --in x=part.raw --out y=out.raw
wrong 2 "error: input port 'x' of the graph is not connected
hint: connect it to a file with --in x=FILE, or - for standard input" pass.xml --out y=out.raw
wrong 2 "error: output port 'y' of the graph is not connected
hint: connect it to a file with --out y=FILE, - for standard output, or /dev/null" pass.xml --in x=in.raw
wrong 2 "error: option '--in': the graph has no input port 'y'
hint: 'y' is an output port: use --out y=in.raw" pass.xml --in y=in.raw
wrong 2 "error: option '--out': the graph has no output port 'sun'
hint: did you mean 'sum'?" two.xml --in a=a.raw --in b=b.raw --out sun=out.raw
wrong 2 "error: option '--in': the graph has no input port 'xyz'
hint: its input ports: a, b" two.xml --in xyz=a.raw
graph alone '<actor id="a" kernel="bench.source"><set name="tokens" value="4"/></actor><actor id="b" kernel="bench.sink"/>
<channel from="a" to="b"/>'
wrong 2 "error: option '--in': the graph has no input port 'x'
hint: it has no input ports" alone.xml --in x=in.raw
wrong 2 "error: option '--in': 'x' is not PORT=FILE" pass.xml --in x
wrong 2 "error: option '--out': 'y=' is not PORT=FILE" pass.xml --in x=in.raw --out y=
wrong 2 "error: option '--in' is given twice for port 'x'" pass.xml --in x=in.raw --in x=a.raw --out y=out.raw
wrong 2 "error: input ports 'a' and 'b' cannot both use standard input" two.xml --in a=- --in b=- --out sum=-
wrong 1 "error: input port 'x': cannot open 'none.raw': No such file or directory" pass.xml --in x=none.raw --out y=out.raw
wrong 1 "error: input port 'x': cannot open '.': Is a directory" pass.xml --in x=. --out y=out.raw
wrong 1 "error: output port 'y': cannot open '.': Is a directory" pass.xml --in x=in.raw --out y=.
wrong 1 "error: output port 'y' would overwrite 'in.raw', which input port 'x' reads
hint: write to another file" pass.xml --in x=in.raw --out y=in.raw
check "input is whole" 1200000 "$(stat -c %s in.raw)"
wrong 1 "error: output port 'y': cannot write /dev/full: No space left on device" pass.xml --in x=in.raw --out y=/dev/full
wrong 2 "error: standard output cannot be used for both an output port and the statistics
hint: write the statistics to a file: --stats=FILE" pass.xml --in x=in.raw --out y=- --stats
pelton run pass.xml --in x=in.raw --out y=- --stats=stats.json
check_status 0
check "statistics beside the output" yes "$(has "$(cat stats.json)" '"tokens": 300000, ')"

# A reader that has enough ends an endless run in order.
"$PELTON" run pass.xml --in x=/dev/zero --out y=- 2>err | head -c 100 >out.raw
check "statuses of a broken pipe" "0 0" "${PIPESTATUS[*]}"
check "words of a broken pipe" "" "$(cat err)"

# An input that nobody needs any more does not hold the run up: its writer is still there.
graph few '<in name="x" type="f32"/><actor id="head" kernel="core.head"><set name="tokens" value="2"/></actor><out name="y"/>
<channel from="x" to="head"/><channel from="head" to="y"/>'
mkfifo fifo
exec 3<>fifo
printf 'aaaabbbbcccc' >&3
"$PELTON" run few.xml --in x=fifo --out y=out.raw
check "status" 0 $?
check "first tokens" "aaaabbbb" "$(cat out.raw)"
exec 3>&-

# A closed standard input or output is an error, not somebody else's file.
"$PELTON" run pass.xml --in x=- --out y=out.raw <&- 2>err
check "words on a closed input" "error: input port 'x': cannot read standard input: Bad file descriptor" "$(cat err)"
"$PELTON" run pass.xml --in x=in.raw --out y=- >&- 2>err
check "words on a closed output" "error: output port 'y': cannot write standard output: Bad file descriptor" "$(cat err)"

# A stall behind a port that the command feeds, from a file and from a pipe that stays open: `s` gets nothing at b.
graph behind '<in name="n" type="u8"/><actor id="one" kernel="core.constant"><set name="type" value="u8"/><set name="value" value="1"/>
<set name="tokens" value="100"/></actor><actor id="r" kernel="core.route"/><actor id="s" kernel="core.add"/><actor id="w" kernel="core.null"/>
<channel from="n" to="r.in"/><channel from="one" to="r.control"/><channel from="n" to="s.a" capacity="2"/><channel from="r.no" to="s.b"/>
<channel from="s" to="w"/>'
head -c 100 /dev/zero >hundred
words="error: stalled: none of the 3 unfinished actors can move
hint: give channel n->s.a a larger capacity, or make the actors on the cycle consume their tokens sooner
behind.xml:2:1: error: boundary port 'n' waits for room for 1 token on channel n->s.a, which holds 2 of 2
behind.xml:3:76: error: actor 's' (stage s..w) waits for 1 token on channel r.no->s.b, which holds 0 of 65536
behind.xml:3:41: error: actor 'r' (stage r) waits for 1 token on channel n->r.in, which holds 0 of 65536"
for more in "" "--stall-after 60"; do
	pelton run behind.xml --in n=hundred $more
	check_status 3
	check_err "$words"
done
exec 3<>fifo
cat hundred >&3
pelton run behind.xml --in n=fifo
check_status 3
check_err "$words"
exec 3>&-
# All tokens have found room, and their end lets the run go on, whoever comes first.
printf '\0\0' >two
for i in 1 2 3 4 5 6 7 8 9 10; do
	pelton run behind.xml --in n=two
	check_status 0
done
finish
