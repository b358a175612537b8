#!/usr/bin/env bash
# Pictures: made by Graphviz, or by nobody and then it is told; files are replaced whole or not at all.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph chain '<actor id="src" kernel="bench.source"><set name="tokens" value="4"/></actor>
<actor id="half" kernel="core.scale"><set name="gain" value="0.5"/></actor>
<actor id="end" kernel="bench.sink"/>
<channel from="src" to="half" capacity="64"/>
<channel from="half" to="end"/>'

pelton draw chain.xml -o chain.dot
check_status 0
check_out ""
check_err ""
dot=$(cat chain.dot)
check "dot" "digraph pelton {" "${dot%%$'\n'*}"
for word in chain src bench.source half core.scale end 'capacity 64' f32; do
	check "$word in the picture" yes "$(has "$dot" "$word")"
done
pelton draw chain.xml --output=chain.gv
check_same chain.dot chain.gv
pelton draw chain.xml -o big.DOT # whatever the case of the ending
check_status 0
check_same chain.dot big.DOT
ln -s /dev/full full.dot # what is no regular file is written to, never replaced
pelton draw chain.xml -o full.dot
check_status 1
check_err "error: cannot write 'full.dot': No space left on device"
check "link" /dev/full "$(readlink full.dot)"
check "device" yes "$([ -c /dev/full ] && echo yes)"

# Without Graphviz, and with one that fails.
mkdir empty fake
search=$tmp/empty pelton draw chain.xml -o none.svg
check_status 1
check_err "error: cannot find the program 'dot' of Graphviz, which draws the picture
hint: install the package graphviz, or write a .dot file and draw it elsewhere"
search=$tmp/empty pelton draw chain.xml -o none.dot
check_status 0
printf '#!/bin/sh\necho "Error: no way" >&2\necho more >&2\nexit 3\n' >fake/dot
chmod +x fake/dot
search=$tmp/fake:/usr/bin:/bin pelton draw chain.xml -o none.svg
check_status 1
check_err "error: the program 'dot' of Graphviz failed: Error: no way"
printf '#!/bin/sh\nkill -9 $$\n' >fake/dot
search=$tmp/fake:/usr/bin:/bin pelton draw chain.xml -o none.svg
check_status 1
check_err "error: the program 'dot' of Graphviz was ended by signal 9"
check "no file is left" "" "$(ls none.svg* 2>/dev/null)"

pelton draw chain.xml -o none/chain.dot
check_status 1
check_err "error: cannot write 'none/chain.dot': No such file or directory"
pelton draw none.xml -o none.svg
check_status 1
check "no file is left" "" "$(ls none.svg* 2>/dev/null)"

# A file keeps its mode, a link stays a link, and nothing else is left beside it.
mkdir files
echo old >files/target.dot
chmod 640 files/target.dot
ln -s target.dot files/link.dot
pelton draw chain.xml -o files/link.dot
check_status 0
check_same chain.dot files/target.dot
check "mode" 640 "$(stat -c %a files/target.dot)"
check "files" "link.dot target.dot" "$(echo $(ls files))"
check "link" target.dot "$(readlink files/link.dot)"

if command -v dot >/dev/null; then
	pelton draw chain.xml -o chain.svg
	check_status 0
	check_err ""
	check "svg" yes "$(has "$(cat chain.svg)" "</svg>")"
	check "text in svg" yes "$(has "$(cat chain.svg)" ">half</text>")"
	pelton draw chain.xml -o chain.png
	check_status 0
	check "png" "89 50 4e 47" "$(od -An -tx1 -N4 chain.png | sed 's/^ *//')"
	pelton draw chain.xml -o chain.pdf
	check_status 0
	check "pdf" "%PDF" "$(head -c 4 chain.pdf)"

	# After a run: the load.
	pelton run chain.xml --draw load.svg
	check_status 0
	check_err ""
	check "load in svg" yes "$(has "$(cat load.svg)" "% busy")"
	check "firings in svg" yes "$(has "$(cat load.svg)" "4 firings")"

	# Thousands of actors still make a picture, of stages.
	{
		echo '<graph xmlns="urn:pelton:graph:1" name="large"><actor id="a0" kernel="bench.source"><set name="tokens" value="1"/></actor>'
		for i in {1..999}; do
			echo "<actor id=\"a$i\" kernel=\"core.scale\"/><channel from=\"a$((i - 1))\" to=\"a$i\"/>"
		done
		echo '<actor id="end" kernel="bench.sink"/><channel from="a999" to="end"/></graph>'
	} >large.xml
	pelton draw large.xml -o large.svg
	check_status 0
	check "large" yes "$(has "$(tail -1 large.svg)" "</svg>")"
fi
# What limits the throughput is red, and so is what the capacity should be.
graph tight '<actor id="read" kernel="bench.source"><set name="tokens" value="4"/></actor>
<actor id="slow" kernel="core.scale" time="5"/>
<actor id="sum" kernel="core.add"/>
<actor id="write" kernel="bench.sink"/>
<channel from="read" to="slow"/><channel from="slow" to="sum.a"/><channel from="read" to="sum.b" capacity="1"/><channel from="sum" to="write"/>'
pelton draw tight.xml --analysis --workers 1 -o tight.dot
check_status 0
check_err ""
check "the bound is in the title" yes "$(has "$(cat tight.dot)" "; at most 1/7 iterations per unit of time")"
check "red arrows" 3 "$(grep -c 'penwidth=3, color="#dc2626"' tight.dot)"
check "red boxes" 3 "$(grep -c 'BORDER="3".*COLOR="#dc2626"' tight.dot)"
check "what it needs" 1 "$(grep -c 'capacity 1<BR/><FONT COLOR="#dc2626">needs 2</FONT>' tight.dot)"
check "shares" yes "$(has "$(cat tight.dot)" "1, 71 % of an iteration")"
pelton draw tight.xml -o plain.dot
check_status 0
check "without --analysis nothing is red" 0 "$(grep -c dc2626 plain.dot)"

finish
