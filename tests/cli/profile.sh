#!/usr/bin/env bash
# Profiles: what firings cost, as one run measures it and the next compilation takes it.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph chain '<actor id="numbers" kernel="core.counter"><set name="tokens" value="100000"/></actor>
<actor id="twice" kernel="core.copy" copies="2"/>
<actor id="still" kernel="core.head"><set name="tokens" value="0"/></actor>
<actor id="end" kernel="core.null"/><actor id="end2" kernel="core.null"/>
<channel from="numbers" to="twice"/><channel from="twice" to="end"/><channel from="twice" to="still"/><channel from="still" to="end2"/>'
costs() { grep -oE '<cost actor="[a-z0-9]+" ns="[0-9]+\.[0-9]+"/>' "$1" | grep -oE 'actor="[a-z0-9]+"' | sort; }

# The first run has none to go by, and writes it; the next takes it, and writes it anew.
for _ in 1 2; do
	pelton run chain.xml --profile chain.profile --stats=stats.json
	check_status 0
	check_out ""
	check_err ""
	check "actors that fired" $'actor="end"\nactor="numbers"\nactor="twice"' "$(costs chain.profile)"
	check "times in the statistics" yes "$(grep -qE '"call_s": [0-9.e-]+,' stats.json && echo yes)"
done
pelton run chain.xml --stats=stats.json
check "not measured unasked" "" "$(grep -oE '"call_s": [^n].*' stats.json)"

# The costs steer the plan: what takes long gets a stage of its own.
body='<actor id="s" kernel="bench.source" on="cpu:0"><set name="tokens" value="9"/></actor>'
last=s
for i in 1 2 3 4 5 6 7 8; do
	body+="<actor id=\"a$i\" kernel=\"core.smooth\"><set name=\"alpha\" value=\"0.5\"/></actor>
<channel from=\"$last\" to=\"a$i\"/>"
	last=a$i
done
graph serial "$body<actor id=\"n\" kernel=\"core.null\"/><channel from=\"$last\" to=\"n\"/>"
fused() { grep -oE '^fused a1.*' <<<"$out" | sed 's/.*: a1/a1/'; }
pelton plan serial.xml --workers 2
check_status 0
equal=$(fused)
{
	echo '<profile xmlns="urn:pelton:profile:1"><cost actor="a3" ns="5000"/><cost actor="gone" ns="7"/>'
	for i in 1 2 4 5 6 7 8; do echo "<cost actor=\"a$i\" ns=\"1.5\"/>"; done
	echo '</profile>'
} >serial.profile
pelton plan serial.xml --workers 2 --profile serial.profile
check_status 0
check "without costs, segments are equal" "a1 | a2 | a3 | a4 | a5 | a6 | a7 | a8 | n" "$equal"
check "with them, what is cheap is together" "a1 a2 a3 | a4 a5 a6 a7 a8 | n" "$(fused)"

# What a profile may not say, and where there is none.
pelton plan chain.xml --profile none.profile
check_status 1
check_err "none.profile: error: cannot read the profile 'none.profile': there is no such file"
sed 's/"5000"/"-1"/; s/"1.5"/"many"/' serial.profile | head -n 2 >bad.profile
echo '</profile>' >>bad.profile
pelton run serial.xml --profile bad.profile
check_status 1
check_err "bad.profile:1:56: error: the cost of actor 'a3' is '-1', but must be a number of nanoseconds
bad.profile:2:18: error: the cost of actor 'a1' is 'many', but must be a number of nanoseconds"
cp chain.profile kept.profile
graph fail '<actor id="numbers" kernel="core.counter"><set name="tokens" value="1000"/></actor>
<actor id="full" kernel="file.write"><set name="file" value="/dev/full"/></actor><channel from="numbers" to="full"/>'
pelton run fail.xml --profile chain.profile
check_status 1
check_same kept.profile chain.profile
pelton run chain.xml --profile none/chain.profile
check_status 1
check_err "error: cannot write 'none/chain.profile': No such file or directory"

finish
