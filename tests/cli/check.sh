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
finish
