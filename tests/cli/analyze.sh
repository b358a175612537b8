#!/usr/bin/env bash
# What pelton analyze says of graphs that are live, dead, contradictory, dynamic, bounded, and of SDF3's files.
. "$SOURCE_DIR/tests/cli/support/check.bash"

# The two actors that wait for each other: 2 + 3 units an iteration, and nobody else is as slow.
graph pair '<actor id="source" kernel="bench.source" time="1"><set name="tokens" value="4"/></actor>
<actor id="fast" kernel="core.scale" time="2"/>
<actor id="slow" kernel="core.scale" time="3"/>
<actor id="sink" kernel="bench.sink"/>
<channel from="source" to="fast"/>
<channel from="fast" to="slow" capacity="1"/>
<channel from="slow" to="sink"/>'
pelton analyze pair.xml
check_status 0
check_err ""
check_out "pair: sdf, 4 actors, 3 channels
iteration    4 firings, work 7 in total: source x1 fast x1 slow x1 sink x1
throughput   1/5 iterations per unit of time: one takes 5
bottleneck   fast, slow
parallelism  1.40: more than 2 workers cannot help
capacity     channel fast.out->slow.in costs most: 2 instead of 1 would give 1/3, 66.7 % more
latency      source to sink: 7 for one iteration by itself"

pelton analyze pair.xml --buffers
check_status 0
check_out_has "
least live   3 tokens for 1/5: source.out->fast.in=1 fast.out->slow.in=1 slow.out->sink.in=1
least fast   5 tokens for 1/3: source.out->fast.in=1 fast.out->slow.in=2 slow.out->sink.in=2
trade-offs   3 points
             3  1/5
             4  1/4
             5  1/3"

pelton analyze pair.xml --json
check_status 0
check_err ""
check_out_has '"graph": "pair",
  "model": "sdf",
  "actors": 4,
  "channels": 3,
  "consistent": true,
  "contradiction": null,
  "repetition": {
    "source": 1,'
check_out_has '"deadlock_free": true,
  "throughput": "1/5",
  "critical": [
    "fast",
    "slow"
  ],
  "critical_channels": [
    "fast.out->slow.in"
  ],
  "enlarge": {
    "channel": "fast.out->slow.in",
    "capacity": 2,
    "throughput": "1/3"
  },
  "latency": [
    {"from": "source", "to": "sink", "time": 7}
  ],
  "buffers": null,'

pelton plan pair.xml
check_status 0
check_out_has "
bound        1/5 iterations per unit of time, set by fast, slow
capacity     channel fast.out->slow.in costs most: 2 instead of 1 would give 1/3, 66.7 % more"

# Nothing is known of times where none are declared.
sed 's/ time="[0-9]*"//' pair.xml >timeless.xml
pelton analyze timeless.xml
check_status 0
check_out "pair: sdf, 4 actors, 3 channels
iteration    4 firings: source x1 fast x1 slow x1 sink x1
throughput   1/2 iterations per firing time, if all firings took the same time: one takes 2 firing times
bottleneck   fast, slow
parallelism  2.00: more than 2 workers cannot help
capacity     channel fast.out->slow.in costs most: 2 instead of 1 would give 1, 100.0 % more
latency      source to sink: 4 firing times for one iteration by itself"
pelton analyze timeless.xml --json
check_out_has '"times": null,'
pelton analyze pair.xml --json
check_out_has '"times": "declared",'
pelton plan timeless.xml
check_out_has "
bound        1/2 iterations per firing time, if all firings took the same time, set by fast, slow"
# A profile knows them: the bound and who sets it are by what was measured, whatever is declared.
cat >profile.xml <<-END
	<profile xmlns="urn:pelton:profile:1">
	<cost actor="source" ns="9000.5"/>
	<cost actor="fast" ns="20"/>
	<cost actor="slow" ns="30"/>
	</profile>
END
for file in pair.xml timeless.xml; do
	pelton plan $file --profile profile.xml --machine cores=1
	check_status 0
	check_out_has "
bound        1/9000 iterations per nanosecond, as measured, set by source"
	pelton plan $file --profile profile.xml --machine cores=1 --json
	check_out_has '"times": "measured"'
done
pelton run timeless.xml --stats=timeless.json
check "no times" yes "$(has "$(cat timeless.json)" '"times": null')"
pelton run timeless.xml --stats=measured.json --profile new.xml
check "measured by the run itself" yes "$(has "$(cat measured.json)" '"times": "measured"')"

pelton run pair.xml --stats=stats.json
check_status 0
check "stats have the prediction" yes "$(has "$(cat stats.json)" '"predicted": {
    "throughput": "1/5",
    "critical": ["fast", "slow"],
    "enlarge": "fast.out->slow.in",
    "capacity": 2,')"
check "stats have what was observed" yes "$(has "$(cat stats.json)" '"observed": {
    "iterations": 4,
    "iterations_per_s": ')"

graph dead '<actor id="a" kernel="core.add"/>
<actor id="b" kernel="core.copy"/>
<actor id="s" kernel="bench.source"><set name="tokens" value="1"/></actor>
<channel from="s" to="a.a"/><channel from="b" to="a.b" name="back"/><channel from="a" to="b"/>'
pelton analyze dead.xml
check_status 0
check_err ""
check_out_has "
deadlock     "
check_out_has "a needs 1 token from back, which has 0"
pelton analyze dead.xml --json
check_status 0
check_out_has '"deadlock_free": false,
  "throughput": "0",
  "critical": [
    "a",
    "b"
  ],'

graph odd '<actor id="s" kernel="bench.source"><set name="tokens" value="9"/></actor>
<actor id="a" kernel="core.dedup"/>
<actor id="b" kernel="bench.sink"/>
<channel from="s" to="a"/><channel from="a" to="b"/>'
pelton analyze odd.xml
check_status 0
check_out "odd: dynamic, 3 actors, 2 channels
some rates are not known before the run (*): nothing more can be proved"
pelton analyze odd.xml --json
check_status 0
check_out_has '"model": "dynamic",
  "actors": 3,
  "channels": 2,
  "consistent": null,
  "contradiction": null,
  "repetition": null,
  "deadlock_free": null,
  "throughput": null,
  "critical": null,'

# The host at the ports of a graph limits nothing, and what lies between them is known.
graph ports '<in name="samples" type="f32"/><out name="sums" type="f32"/>
<actor id="fir" kernel="core.fir" time="4" copies="2"><set name="taps" value="1,2,1"/></actor>
<actor id="gain" kernel="core.scale"/>
<channel from="samples" to="fir" capacity="64"/><channel from="fir" to="gain"/><channel from="gain" to="sums"/>'
pelton analyze ports.xml --buffers
check_status 0
check_err ""
check_out "ports: sdf, 2 actors, 3 channels
iteration    2 firings, work 5 in total: fir x1 gain x1
throughput   1/2 iterations per unit of time: one takes 2
bottleneck   fir
parallelism  2.50: more than 3 workers cannot help
latency      fir to gain: 5 for one iteration by itself
least live   1 token for 1/5: fir.out->gain.in=1
least fast   3 tokens for 1/2: fir.out->gain.in=3
trade-offs   3 points
             1  1/5
             2  2/5
             3  1/2"
pelton plan ports.xml --json
check_status 0
check_out_has '"predicted": {
    "throughput": "1/2",
    "critical": ["fir"],'

# SDF3's own example of rates that contradict each other, and a cycle that takes 19.
sdf3() {
	printf '<sdf3 type="%s" version="1.0"><applicationGraph><%s name="g" type="G">%s</%s><%sProperties>%s</%sProperties></applicationGraph></sdf3>' \
		"$1" "$1" "$2" "$1" "$1" "$3" "$1"
}
actors='<actor name="A" type="A"><port name="o" type="out" rate="2"/><port name="i" type="in" rate="1"/></actor>
<actor name="B" type="B"><port name="i" type="in" rate="3"/><port name="o" type="out" rate="RATE"/></actor>
<channel name="ab" srcActor="A" srcPort="o" dstActor="B" dstPort="i"/>
<channel name="ba" srcActor="B" srcPort="o" dstActor="A" dstPort="i" initialTokens="3"/>'
times='<actorProperties actor="A"><processor type="p" default="true"><executionTime time="5"/></processor></actorProperties>
<actorProperties actor="B"><processor type="p" default="true"><executionTime time="7"/></processor></actorProperties>'
sdf3 sdf "${actors/RATE/1}" "$times" >odd-rates.xml
pelton analyze odd-rates.xml
check_status 0
check_err ""
check_out "g: sdf, 2 actors, 2 channels
inconsistent: however often each actor fires, a channel fills up or runs dry; the rates contradict each other on
  ba, ab"
pelton analyze odd-rates.xml --json
check_status 0
check_out_has '"consistent": false,
  "contradiction": [
    "ba",
    "ab"
  ],
  "repetition": null,
  "deadlock_free": null,
  "throughput": null,'

sdf3 csdf "${actors/RATE/1,2}" "$times" >cyclic.xml
pelton analyze - <cyclic.xml
check_status 0
check_out_has "g: csdf, 2 actors, 2 channels"
check_out_has "iteration    "
sdf3 sadf "" "" >sadf.xml
pelton analyze sadf.xml
check_status 1
check_out ""
check_err_has "sadf"

# A pipe is read once.
pelton analyze <(cat cyclic.xml)
check_status 0
check_err ""
check_out_has "g: csdf, 2 actors, 2 channels"

pelton analyze nowhere.xml
check_status 1
check_err "error: cannot read 'nowhere.xml': No such file or directory"
pelton analyze /
check_status 1
check_err "error: cannot read '/': Is a directory"
for budget in 0 -1 x "" 1e9; do
	pelton analyze pair.xml --budget "$budget"
	check_status 2
	check_err "error: option '--budget': '$budget' is not a number of seconds above 0"
done

finish
