#!/usr/bin/env bash
# The page about a run: whole in itself, with the picture where Graphviz is there, and also of runs that end badly.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph sum '<actor id="source" kernel="bench.source"><set name="tokens" value="1000"/></actor>
<actor id="sink" kernel="bench.sink"/>
<channel from="source" to="sink"/>'

check_page_has() { check "page has '$1'" yes "$(has "$page" "$1")"; }
check_page() {
	page=$(cat "$1")
	check "first line" "<!DOCTYPE html>" "${page%%$'\n'*}"
	check "last line" "</html>" "${page##*$'\n'}"
	# Names of XML languages are no places.
	check "nothing from elsewhere" "" "$(sed 's|"http://www.w3.org/[^"]*"||g' "$1" | grep -noE 'https?:|<script|<link|<img|@import|url\(|src=' | head -n 3)"
}

pelton run sum.xml --report page.html --stats=stats.json
check_status 0
check_out ""
check_err ""
check_page page.html
check_page_has "<title>sum: a run of Pelton</title>"
check_page_has "<span class=\"badge good\">ended</span>"
check_page_has "<p class=\"soft\">sum.xml, 2"
check_page_has "<th scope=\"row\">source..sink"
check_page_has "source.out → sink.in"
check_page_has "count = <b>1000</b>"
check_page_has "checksum = <b>$(grep -oE '"checksum": [0-9]+' stats.json | grep -oE '[0-9]+')</b>"
if command -v dot >/dev/null; then
	check_page_has "<svg "
	check_page_has ">source</text>"
	check_page_has "1,000 firings"
	check "no document in the document" "" "$(grep -nE '<\?xml|<!DOCTYPE svg' page.html)"
fi
pelton run - --report=page.html <sum.xml
check_status 0
check_page page.html
check_page_has "<p class=\"soft\">standard input, 2"

# Without Graphviz, and with one that fails or draws nonsense: the page says so, and the run was well.
mkdir empty fake
search=$tmp/empty pelton run sum.xml --report page.html
check_status 0
check_err ""
check_page page.html
check_page_has "There is no picture: cannot find the program &#39;dot&#39; of Graphviz, which draws the picture."
printf '#!/bin/sh\necho "Error: <no> way" >&2\nexit 3\n' >fake/dot
chmod +x fake/dot
search=$tmp/fake:/usr/bin:/bin pelton run sum.xml --report page.html
check_status 0
check_page page.html
check_page_has "There is no picture: the program &#39;dot&#39; of Graphviz failed: Error: &#60;no&#62; way."
printf '#!/bin/sh\nexit 0\n' >fake/dot
search=$tmp/fake:/usr/bin:/bin pelton run sum.xml --report page.html
check_status 0
check_page page.html
check_page_has "There is no picture: the drawing is not an SVG document."

# Tokens left over are told of.
graph left '<actor id="numbers" kernel="core.counter"><set name="tokens" value="10"/></actor>
<actor id="pack" kernel="core.group"><set name="tokens" value="4"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="numbers" to="pack"/>
<channel from="pack" to="end"/>'
pelton run left.xml --report page.html
check_status 0
check_page page.html
check_page_has "2 tokens were left over on channel <code>numbers.out-&#62;pack.in</code>: <b>pack.in</b> ended without reading them."

# Runs that end badly.
graph fail '<actor id="numbers" kernel="core.counter"><set name="tokens" value="1000"/></actor>
<actor id="full" kernel="file.write"><set name="file" value="/dev/full"/></actor>
<channel from="numbers" to="full"/>'
pelton run fail.xml --report page.html
check_status 1
check_page page.html
check_page_has "<span class=\"badge bad\">failed</span>"
check_page_has "<h2>What went wrong</h2>"
check_page_has "No space left on device"

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
pelton run stall.xml --report page.html
check_status 3
check_page page.html
check_page_has "<span class=\"badge bad\">stalled</span>"
check_page_has "stalled: none of the 5 unfinished actors can move<br><span class=\"soft\">Hint: "
check_page_has "<code>stall.xml:4:1</code> actor &#39;route&#39; (stage route) waits for room"
check_page_has " of 1,000" # firings that were expected

# The run is well, the file behind its port is not.
graph pass '<in name="x" type="u8"/><out name="y"/><actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/><channel from="copy" to="y"/>'
pelton run pass.xml --in x=pass.xml --out y=/dev/full --report page.html
check_status 1
check_page page.html
check_page_has "<span class=\"badge bad\">failed</span>"
check_page_has "<li>a file of a graph port failed: see the messages of the command</li>"
mkfifo in out
exec 3<>in 4<>out
"$PELTON" run pass.xml --in x=in --out y=out --report page.html 2>err &
run=$!
printf x >&3
command="a run that is interrupted"
check "byte" x "$(head -c 1 <&4)"
kill -INT $run
wait $run
check "status" 130 $?
check "words" "warning: stopped by SIGINT" "$(cat err)"
check_page page.html
check_page_has "<span class=\"badge warn\">stopped</span>"
exec 3>&- 4>&-

pelton run sum.xml --report /dev/full
check_status 1
check_err "error: cannot write '/dev/full': No space left on device"
# All at once, and nothing is left beside them.
mkdir all
pelton run sum.xml --report all/page.html --trace all/trace.json --draw all/load.dot --stats=all/stats.json
check_status 0
check_err ""
check "files" "load.dot page.html stats.json trace.json" "$(echo $(ls all))"
finish
