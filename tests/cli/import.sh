#!/usr/bin/env bash
# Graphs of SDF3 become graphs of Pelton's that compile, run to their end, and have the same throughput.
. "$SOURCE_DIR/tests/cli/support/check.bash"
free=$SOURCE_DIR/tests/sdf3/free

# Of the last run's stats.json: a number of its stages, summed up.
sum_of() { grep '"where"' stats.json | grep -oE "\"$1\": [0-9]+" | awk '{ n += $2 } END { print n + 0 }'; }
throughput_of() { grep -m1 '"throughput"' <<<"$out" | grep -oE '"[0-9a-z/]+"|null' | tail -n1 | tr -d '"'; }

# ---- exactly ----

cat >small.xml <<'E'
<sdf3 type="csdf" version="1.0">
  <applicationGraph name="small">
    <csdf name="small graph" type="G">
      <actor name="a&amp;b" type="A">
        <port name="p" type="out" rate="2*0,3"/>
        <port name="loop_in" type="in" rate="1"/>
        <port name="loop_out" type="out" rate="1"/>
      </actor>
      <actor name="2nd" type="B">
        <port name="p 1" type="in" rate="1,1"/>
        <port name="p_1" type="out" rate="1"/>
      </actor>
      <actor name="a_b" type="C">
        <port name="in" type="in" rate="2"/>
        <port name="i" type="in" rate="1"/>
        <port name="o" type="out" rate="1"/>
      </actor>
      <actor name="alone" type="D"/>
      <channel name="c" srcActor="a&amp;b" srcPort="p" dstActor="2nd" dstPort="p 1" initialTokens="4"/>
      <channel srcActor="2nd" srcPort="p_1" dstActor="a_b" dstPort="in"/>
      <channel name="one" srcActor="a&amp;b" srcPort="loop_out" dstActor="a&amp;b" dstPort="loop_in" initialTokens="1"/>
      <channel name="three" srcActor="a_b" srcPort="o" dstActor="a_b" dstPort="i" initialTokens="3"/>
    </csdf>
    <csdfProperties>
      <actorProperties actor="a&amp;b"><processor type="p" default="true"><executionTime time="5,0,1"/></processor></actorProperties>
      <actorProperties actor="2nd"><processor type="p" default="true"><executionTime time="7"/></processor></actorProperties>
      <actorProperties actor="a_b"><processor type="p" default="true"><executionTime time="2"/></processor></actorProperties>
      <actorProperties actor="alone"><processor type="p" default="true"><executionTime time="3,4"/></processor></actorProperties>
    </csdfProperties>
  </applicationGraph>
</sdf3>
E
cat >wanted.xml <<'E'
<?xml version="1.0" encoding="UTF-8"?>
<!-- Imported from SDF3. Its actors take their execution times, in units of unit_us, and compute nothing. -->
<graph xmlns="urn:pelton:graph:1" name="small_graph">
  <param name="iterations" type="i64" value="10" doc="number of iterations; 1 or more"/>
  <param name="unit_us" type="f64" value="1" doc="time unit in microseconds; 0: as fast as possible"/>
  <kernel name="a_b_2" stateless="true" doc="a&#38;b">
    <out name="p" type="u8" rate="0,0,3"/>
    <cpu kernel="bench.work"/>
  </kernel>
  <kernel name="_2nd" stateless="true" doc="2nd">
    <in name="p_1_2" type="u8" rate="1,1" tail="drop"/>
    <out name="p_1" type="u8" rate="1"/>
    <cpu kernel="bench.work"/>
  </kernel>
  <kernel name="a_b" stateless="true">
    <in name="in" type="u8" rate="2" tail="drop"/>
    <cpu kernel="bench.work"/>
  </kernel>
  <kernel name="alone" stateless="true">
    <cpu kernel="bench.work"/>
  </kernel>
  <actor id="a_b_2" kernel="a_b_2" max-batch="1" time="5,0,1">
    <set name="time" value="5,0,1"/> <set name="unit_us" value="$unit_us"/> <set name="firings" value="$iterations * 6"/>
  </actor>
  <actor id="_2nd" kernel="_2nd" copies="4" max-batch="1" time="7">
    <set name="time" value="7"/> <set name="unit_us" value="$unit_us"/> <set name="firings" value="$iterations * 6"/>
  </actor>
  <actor id="a_b" kernel="a_b" copies="3" max-batch="1" time="2">
    <set name="time" value="2"/> <set name="unit_us" value="$unit_us"/> <set name="firings" value="$iterations * 3"/>
  </actor>
  <actor id="alone" kernel="alone" max-batch="1" time="7">
    <set name="time" value="7"/> <set name="unit_us" value="$unit_us"/> <set name="firings" value="$iterations"/>
  </actor>
  <channel name="c" from="a_b_2.p" to="_2nd.p_1_2" initial="4"/>
  <channel name="_2nd_p_1-_a_b_in" from="_2nd.p_1" to="a_b.in"/>
</graph>
E
pelton import small.xml -o small-graph.xml
check_status 0
check_out ""
check_err ""
check "the graph" "" "$(diff wanted.xml small-graph.xml)"
pelton import small.xml
check_status 0
check_err ""
check_out "$(cat small-graph.xml)"
pelton import - --output=- <small.xml
check_status 0
check_out "$(cat small-graph.xml)"
pelton check small-graph.xml
check_status 0

pelton import small.xml --sleep -o sleep.xml
check "difference of --sleep" "$(sed 's/bench.work/bench.sleep/' small-graph.xml)" "$(cat sleep.xml)"
pelton import small.xml --copies 2 -o two.xml
check "most copies" "2 2" "$(grep -oE 'copies="[0-9]+"' two.xml | grep -oE '[0-9]+' | xargs)"
# The self-loop that allows three at a time is no limit to two.
check "channels" 2 "$(grep -c '<channel' two.xml)"

# More copies than there can be: said, with the actor; not where fewer are asked for.
cat >wide.xml <<'E'
<sdf3 type="sdf" version="1.0"><applicationGraph><sdf name="wide" type="G">
<actor name="a" type="A"><port name="i" type="in" rate="1"/><port name="o" type="out" rate="1"/></actor>
<actor name="b" type="B"><port name="i" type="in" rate="1"/><port name="o" type="out" rate="1"/></actor>
<channel name="there" srcActor="a" srcPort="o" dstActor="b" dstPort="i" initialTokens="1000"/>
<channel name="back" srcActor="b" srcPort="o" dstActor="a" dstPort="i" initialTokens="25"/>
</sdf><sdfProperties>
<actorProperties actor="a"><processor type="p" default="true"><executionTime time="5"/></processor></actorProperties>
<actorProperties actor="b"><processor type="p" default="true"><executionTime time="7"/></processor></actorProperties>
</sdfProperties></applicationGraph></sdf3>
E
for output in - wide-graph.xml; do
	pelton import wide.xml -o $output
	check_status 0
	check_err "warning: wide.xml: more than 1024 firings of actor 'a' can be in progress at a time, but an actor has at most 1024 copies: the graph may be slower than in SDF3
warning: wide.xml: more than 1024 firings of actor 'b' can be in progress at a time, but an actor has at most 1024 copies: the graph may be slower than in SDF3"
done
check "copies" 2 "$(grep -c 'actor.*copies="1024"' wide-graph.xml)"
pelton import wide.xml --copies 1023 -o wide-graph.xml
check_err ""
sed -i 's/"25"/"24"/' wide.xml
pelton import wide.xml -o wide-graph.xml
check_err ""
check "copies" 2 "$(grep -c 'actor.*copies="1024"' wide-graph.xml)"

# ---- all of them ----

compared=0
while read -r name kind repetition firings live throughput rest; do
	[[ $name == \#* ]] && continue
	compared=$((compared + 1))
	pelton import "$free/$name.xml" -o "$name.xml"
	check_status 0
	check_err ""
	pelton check "$name.xml"
	if [ "$live" != true ]; then # contradictory, or dead
		check_status 1
		check_out ""
		continue
	fi
	check_status 0
	check_err ""
	pelton analyze "$name.xml" --json
	check_status 0
	check "model" "$kind" "$(grep -oE '"model": "[a-z]+"' <<<"$out" | cut -d'"' -f4)"
	found=$(throughput_of)
	# Nothing limits some of SDF3's graphs. In Pelton's, time does.
	[ "$throughput" = inf ] && [[ $found == [1-9]*/* ]] && found=inf
	[ "$throughput" = '?' ] || check "throughput" "$throughput" "$found"
	[ "$firings" -le 2000 ] || continue
	pelton run "$name.xml" --set iterations=3 --set unit_us=0 --stats=stats.json
	check_status 0
	check_err ""
	check "firings" $((3 * firings)) "$(sum_of firings)"
done <"$SOURCE_DIR/tests/sdf3/expected.txt"
check "many graphs" yes "$([ $compared -ge 90 ] && echo yes)"

# ---- their time ----

# One iteration is 24 units, 4 ms each. How much longer it takes depends on what else this machine does.
pelton import "$free/hand_two_comp.xml" --sleep -o timed.xml
pelton run timed.xml --set iterations=5 --set unit_us=4000 --workers 1 --stats=stats.json
check_status 0
wall=$(grep -oE '"wall_s": [0-9.]+' stats.json | grep -oE '[0-9.]+')
check "5 * 24 * 4 ms, not $wall s" yes "$(awk -v w="$wall" 'BEGIN { if (w >= 0.48 && w < 0.96) print "yes" }')"
pelton import "$free/hand_two_comp.xml" -o timed.xml
pelton run timed.xml --set iterations=2 --set unit_us=500.5 --stats=stats.json
check_status 0
check "firings" 30 "$(sum_of firings)"

# ---- what goes wrong ----

pelton import nowhere.xml
check_status 1
check_out ""
check_err "error: cannot read 'nowhere.xml': No such file or directory"
pelton import small-graph.xml
check_status 1
check_out ""
check_err "small-graph.xml:3:1: error: the root element is <graph>, not <sdf3>
hint: this seems to be a Pelton graph"
echo '<sdf3 type="fsmsadf"/>' >sadf.xml
echo before >kept.xml
pelton import sadf.xml -o kept.xml
check_status 1
check_err "sadf.xml:1:7: error: SDF3 graphs of type 'fsmsadf' are not supported
hint: only the types sdf and csdf are supported"
check "what was there before" before "$(cat kept.xml)"
pelton import - -o none/g.xml <small.xml
check_status 1
check_err "error: cannot write 'none/g.xml': No such file or directory"
pelton import small.xml -o /dev/full
check_status 1
check_err "error: cannot write '/dev/full': No space left on device"
"$PELTON" import small.xml >/dev/full 2>"$tmp/err"
check "status of a full disk" 1 $?
check "words of a full disk" "error: cannot write to standard output: No space left on device" "$(cat "$tmp/err")"
for copies in 0 1025 x; do
	pelton import small.xml --copies $copies
	check_status 2
	check_out ""
	check_err "error: option '--copies': '$copies' is not a whole number from 1 to 1024"
done
pelton import
check_status 2
check_err "error: 'pelton import' needs a FILE
hint: usage: pelton import FILE [OPTIONS]"

# Rates that a graph of Pelton's cannot have are named when it is compiled.
sed 's/rate="2"/rate="2000000000000"/' small.xml >large.xml
pelton import large.xml -o large-graph.xml
check_status 0
pelton check large-graph.xml
check_status 1
check_err_has "1099511627776"
# More firings than can be counted are named here.
sed 's/rate="2\*0,3"/rate="4611686018427387904"/; s/rate="1,1"/rate="4611686018427387903"/; s/rate="2"/rate="4611686018427387901"/; s/5,0,1/5/' \
	small.xml >endless.xml
pelton import endless.xml
check_status 1
check_out ""
check_err "endless.xml: error: an iteration of the graph has more firings of one actor than 64 bits can count"
finish
