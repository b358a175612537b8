#!/usr/bin/env bash
# What is executed in rounds by several workers has the same results as what is fired one by one: also where actors end in the midst of it.
. "$SOURCE_DIR/tests/cli/support/check.bash"

# Rounds of all kinds of segments; some of the readers end long before the others, with and without a state before them.
graph ends '<actor id="src" kernel="bench.source"><set name="tokens" value="1000003"/></actor>
<actor id="scale" kernel="core.scale"><set name="gain" value="0.5"/></actor>
<actor id="smooth" kernel="core.smooth"><set name="alpha" value="0.25"/></actor>
<actor id="first" kernel="core.head"><set name="tokens" value="123457"/></actor>
<actor id="fir" kernel="core.fir"><set name="taps" value="0.5,0.25,0.125,0.0625"/><set name="decimate" value="3"/></actor>
<actor id="again" kernel="core.smooth"><set name="alpha" value="0.75"/></actor>
<actor id="second" kernel="core.head"><set name="tokens" value="200001"/></actor>
<actor id="few" kernel="bench.sink"/><actor id="some" kernel="bench.sink"/><actor id="all" kernel="bench.sink"/><actor id="plain" kernel="bench.sink"/>
<channel from="src" to="scale"/><channel from="scale" to="smooth"/><channel from="scale" to="plain"/>
<channel from="smooth" to="first"/><channel from="first" to="few"/><channel from="smooth" to="fir"/><channel from="smooth" to="all"/>
<channel from="fir" to="again"/><channel from="again" to="second"/><channel from="second" to="some"/>'
results() { grep -oE '"(few|some|all|plain)": \{.*"results": \{[^}]*' | grep -oE '"(few|some|all|plain)"|"count": [0-9]+|"checksum": [0-9]+' | tr '\n' ' '; }
pelton plan ends.xml --workers 2
check_status 0
check_out_has "fused src..plain: 8 rounds at once"
pelton run ends.xml --workers 1 --stats
check_status 0
wanted=$(results <<<"$out")
for want in '"few" "count": 123457 ' '"some" "count": 200001 ' '"all" "count": 1000003 ' '"plain" "count": 1000003 '; do
	check "$want" yes "$(has "$wanted" "$want")"
done
for workers in 1 2 3 4; do
	for machine in cores=$workers cores=4,l1=2K,l2=8K cores=4,l1=256K,l2=8M; do
		for place in again=cpu again=cpu:0; do
			pelton run ends.xml --workers "$workers" --machine "$machine" --place "$place" --stats
			check_status 0
			check "results on $workers workers of $machine, $place" "$wanted" "$(results <<<"$out")"
		done
	done
done

# One token at a time, or a few, between any two.
sed 's|\(<channel [^>]*\)/>|\1 capacity="5"/>|g' ends.xml >few.xml
check "capacities" 10 "$(grep -o 'capacity="5"' few.xml | wc -l)"
sed -i 's/1000003/20003/; s/123457/4567/; s/200001/2001/' few.xml
pelton run few.xml --workers 1 --stats
check_status 0
wanted=$(results <<<"$out")
for workers in 2 3; do
	pelton run few.xml --workers "$workers" --stats
	check "results with small capacities on $workers workers" "$wanted" "$(results <<<"$out")"
done

finish
