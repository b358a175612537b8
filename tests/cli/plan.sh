#!/usr/bin/env bash
# What the compiler decided, as text, as JSON, and after each pass; the same bytes every time.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph chain '<actor id="a" kernel="bench.source"><set name="tokens" value="4"/></actor>
<actor id="b" kernel="core.scale"/>
<actor id="c" kernel="bench.sink"/>
<channel from="a" to="b" capacity="64"/>
<channel from="b" to="c" capacity="32"/>'

pelton plan chain.xml --machine cores=2,l1=32K,l2=1M
check_status 0
check_err ""
check_out_has "graph chain: 3 actors in "
check_out_has "
stage "
check_out_has "
a.out->b.in  f32   1 : 1  64        256 B "

pelton plan chain.xml --json --machine cores=2,l1=32K,l2=1M
check_status 0
check_err ""
for key in graph workers machine stages id actors where channels name from to type capacity bytes memory; do
	check_out_has "\"$key\": "
done
check_out_has '"name": "b.out->c.in", "from": "b.out", "to": "c.in", "type": "f32", "capacity": 32, "bytes": 128, "memory": '

for pass in load resolve types rates liveness place fuse size order; do
	pelton plan chain.xml "--dump-after=$pass" --machine cores=2,l1=32K,l2=1M
	check_status 0
	check_err ""
	check "something after $pass" yes "$([ -n "$out" ] && echo yes)"
	first=$out
	pelton plan chain.xml --dump-after "$pass" --machine cores=2,l1=32K,l2=1M
	check_out "$first"
done

pelton plan chain.xml --dump-after=fus
check_status 2
check_out ""
check_err "error: option '--dump-after': there is no pass 'fus'
hint: did you mean 'fuse'? The passes are load, resolve, types, rates, liveness, place, fuse, size, order"
pelton plan chain.xml --dump-after=whatever
check_status 2
check_err "error: option '--dump-after': there is no pass 'whatever'
hint: the passes are load, resolve, types, rates, liveness, place, fuse, size, order"

pelton plan none.xml
check_status 1
check_out ""
check_err_has "none.xml: error: "
# A short way beside a long one has to hold what is on its way on the long one; the long one's channels have all they need. On workers of their own, the
# actors are not fused.
body='<actor id="s" kernel="bench.source" time="0"><set name="tokens" value="20000"/></actor>
<actor id="g" kernel="core.group" on="cpu:0"><set name="tokens" value="2000"/></actor>
<actor id="j" kernel="core.interleave" on="cpu:0"/>
<actor id="e" time="0" kernel="core.null"/>
<channel from="s" to="g"/><channel from="g" to="c1"/>'
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	body+="<actor id=\"c$i\" kernel=\"core.copy\" on=\"cpu:$((i % 2))\"/>"
	[ $i -eq 12 ] || body+="<channel from=\"c$i\" to=\"c$((i + 1))\"/>"
done
body+='<channel from="c12" to="j.in0"/><channel from="g" to="j.in1" CAPACITY/><channel from="j" to="e"/>'
graph diamond "${body/CAPACITY/}"
pelton plan diamond.xml --machine cores=8,l2=1M
check_status 0
check_out_has "
c12.out->j.in0   f32[2000]  1 : 1     32 "
check_out_has "
g.out->j.in1     f32[2000]  1 : 1     16 "
check_out_has "
bound        1 iterations per unit of time, set by "
pelton run diamond.xml --workers 2
check_status 0

# What was given stays, and what it costs is said.
graph diamond "${body/CAPACITY/capacity=\"7\"}"
pelton plan diamond.xml --machine cores=8,l2=1M
check_status 0
check_out_has "
g.out->j.in1     f32[2000]  1 : 1     7  "
check_out_has "
bound        1/2 iterations per unit of time, set by "
check_out_has "
capacity     channel g.out->j.in1 costs most: 14 instead of 7 would give 1, 100.0 % more"

# Sizes of a machine are bytes, or K, M and G of 1024; cores are a number.
graph machine '<actor id="c" kernel="core.counter"><set name="tokens" value="100"/></actor><actor id="n" kernel="core.null"/><channel from="c" to="n"/>'
in_units=$("$PELTON" plan --machine cores=2,l1=32K,l2=2M,memory=1G machine.xml)
in_bytes=$("$PELTON" plan --machine cores=2,l1=32768,l2=2097152,memory=1073741824 machine.xml)
check "a plan" yes "$([ -n "$in_units" ] && echo yes)"
check "units of 1024" "$in_bytes" "$in_units"
pelton plan --machine cores=8K machine.xml
check_status 1
check_err "error: machine: 'cores=8K' has a unit, but only sizes may have one
hint: write it like cores=8,l1=32K,l2=1M,memory=16G"

finish
