#!/usr/bin/env bash
# All errors of all documents are told, with their places, and graphs that are right are said to be so.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph good '<actor id="a" kernel="bench.source"><set name="tokens" value="4"/></actor>
<actor id="b" kernel="bench.sink"/>
<channel from="a" to="b"/>'
graph bad '<actor id="a" kernel="bench.sorce"/>
<actor id="b" kernel="bench.sink" colour="red"/>
<chanel from="a" to="b"/>'
graph needs '<param name="n" type="i64"/>
<actor id="a" kernel="bench.source"><set name="tokens" value="$n"/></actor>
<actor id="b" kernel="bench.sink"/>
<channel from="a" to="b"/>'

pelton check good.xml
check_status 0
check_out "good.xml: ok"
check_err ""

pelton check bad.xml good.xml none.xml
check_status 1
check_out "good.xml: ok"
check "places" "bad.xml:3
bad.xml:4
none.xml: error" "$(grep -oE '^(bad.xml:[0-9]+|none.xml: error)' <<<"$err")"
check_err_has "bad.xml:4:1: error: "
check_err_has "hint: "

pelton check bad.xml good.xml --json
check_status 1
check_err ""
check_out_has '"ok": false,
"errors": [
'
check "errors" 2 "$(grep -c '"file": "bad.xml"' <<<"$out")"
for key in file line col text hint; do
	check "key $key" 2 "$(grep -c "\"$key\": " <<<"$out")"
done
pelton check --json good.xml
check_status 0
check_out '{
"ok": true,
"errors": []
}'

# Parameters without a value, from the command line.
pelton check needs.xml
check_status 1
pelton check --set n=4 needs.xml
check_status 0
check_out "needs.xml: ok"

# A graph from standard input; its errors are placed in "-".
command="pelton check -"
check "standard input" "-: ok" "$("$PELTON" check - <good.xml 2>&1)"
check "error in standard input" yes "$(has "$("$PELTON" check - <bad.xml 2>&1)" "-:4:1: error: ")"
# ---- --fix: the least repair, in a copy ----

graph rooms '<!-- the comment stays -->
<actor id="a" kernel="bench.source"><set name="tokens" value="4"/></actor>
<actor id="b" kernel="core.add"/>
<actor id="d" kernel="core.deinterleave"/>
<actor id="z" kernel="bench.sink"/>
<channel from="a" to="d"/>
<channel from="d.out0" to="b.a"   capacity = "1"  name="left"/>
<channel from="d.out1" to="b.b" capacity='"'2'"'/>
<channel from="b" to="z" capacity="0"/>'
sed -i 's/ capacity="0"//; s/<actor id="d" kernel="core.deinterleave"\/>/<actor id="d" kernel="core.deinterleave"><set name="block" value="3"\/><\/actor>/' rooms.xml
pelton check rooms.xml
check_status 1
check_err "rooms.xml:8:1: error: one firing of 'd' writes 3 tokens of channel left, whose capacity is 1
hint: set a capacity of at least 3, or leave it out, so that Pelton chooses it
rooms.xml:9:1: error: one firing of 'd' writes 3 tokens of channel d.out1->b.b, whose capacity is 2
hint: set a capacity of at least 3, or leave it out, so that Pelton chooses it"
pelton check rooms.xml --fix fixed.xml
check_status 0
check_err ""
check_out 'rooms.xml:9:1: capacity="3"
rooms.xml:8:1: capacity="3"
fixed.xml: ok'
check "only the values changed" '<channel from="d.out0" to="b.a"   capacity = "3"  name="left"/>
<channel from="d.out1" to="b.b" capacity='"'3'"'/>' "$(diff rooms.xml fixed.xml | sed -n 's/^> //p')"
pelton check fixed.xml
check_status 0

graph wait '<actor id="a" kernel="bench.source"><set name="tokens" value="30"/></actor>
<actor id="down" kernel="core.downsample"><set name="factor" value="3"/></actor>
<actor id="up" kernel="core.upsample"><set name="factor" value="3"/></actor>
<actor id="b" kernel="core.add"/>
<actor id="z" kernel="bench.sink"/>
<channel from="a" to="down"/><channel from="down" to="up" capacity="1"/>
<channel from="up" to="b.a"/>
<channel from="a" to="b.b" capacity="1"/>
<channel from="b" to="z"/>'
pelton check wait.xml
check_status 1
check_err_has "error: capacities are too small, so the graph deadlocks: "
pelton check wait.xml --fix wait-fixed.xml
check_status 0
check_err ""
check_out 'wait.xml:9:1: capacity="3"
wait-fixed.xml: ok'

graph loop '<actor id="a" kernel="bench.source"><set name="tokens" value="4"/></actor>
<actor id="b" kernel="core.add"/>
<actor id="c" kernel="core.copy"/>
<actor id="d" kernel="core.copy"/>
<actor id="z" kernel="bench.sink"/>
<channel from="a" to="b.a"/>
<channel from="b" to="c"/>
<channel from="c" to="d"/>
<channel from="d" to="b.b"/><channel from="d" to="z"/>'
pelton check loop.xml --fix=out.xml
check_status 0
check_out 'loop.xml:10:1: initial="1"
out.xml: ok'
check "one token" '<channel from="d" to="b.b" initial="1"/><channel from="d" to="z"/>' \
	"$(diff loop.xml out.xml | sed -n 's/^> //p')"

# What no capacity mends is said, and nothing is written.
pelton check bad.xml --fix none-such.xml
check_status 1
check_out ""
check_err_has "bad.xml:4:1: error: "
check "no file" no "$([ -e none-such.xml ] && echo yes || echo no)"
pelton check good.xml bad.xml --fix x.xml
check_status 2
check_err "error: option '--fix' takes one GRAPH, not 2"
pelton check good.xml --fix x.xml --json
check_status 2
check_err "error: options '--fix' and '--json' cannot be used together"
pelton check nowhere.xml --fix x.xml
check_status 1
check_err "error: cannot read 'nowhere.xml': No such file or directory"
pelton check good.xml --fix no/such/folder.xml
check_status 1
check_err "error: cannot write 'no/such/folder.xml': No such file or directory"

finish
