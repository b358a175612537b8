#!/usr/bin/env bash
# What `check --fix` writes passes `check`, whatever was wrong: dead cycles one behind the other, several tokens on several channels, capacities.
. "$SOURCE_DIR/tests/cli/support/check.bash"

# Two dead cycles, one behind the other.
graph behind '<actor id="x" kernel="core.counter"><set name="tokens" value="5"/></actor>
<actor id="a" kernel="core.add"/>
<actor id="b" kernel="core.add"/>
<actor id="w" kernel="core.print"/>
<channel from="x" to="a.a"/>
<channel from="a" to="a.b"/>
<channel from="a" to="b.a"/>
<channel from="b" to="b.b"/>
<channel from="b" to="w"/>'
pelton check behind.xml
check_status 1
check_err_has "hint: initial tokens on 2 channels resolve the deadlock: 1 on channel a.out->a.b, 1 on channel b.out->b.b"
pelton check behind.xml --fix behind-fixed.xml
check_status 0
check_out 'behind.xml:9:1: initial="1"
behind.xml:7:1: initial="1"
behind-fixed.xml: ok'
pelton check behind-fixed.xml
check_status 0

# Tokens and room are missing; values that are written out stay as they are.
graph both '<kernel name="three" stateless="true"><in name="i" type="i32" rate="3"/><in name="x" type="i32" rate="3"/>
<out name="o" type="i32" rate="3"/><cpu kernel="bench.work"/></kernel>
<kernel name="source" stateless="true"><out name="o" type="i32" rate="2"/><cpu kernel="bench.work"/></kernel>
<actor id="s" kernel="source"><set name="firings" value="6"/></actor>
<actor id="a" kernel="three"/>
<actor id="b" kernel="three"/>
<actor id="w" kernel="core.null"/>
<channel from="s" to="a.i" capacity="3"/>
<channel from="a" to="b.i"><initial>7</initial></channel>
<channel from="b" to="a.x" initial="2" capacity="3"/>
<channel from="b" to="b.x"/>
<channel from="b" to="w"/>'
pelton check both.xml
check_status 1
pelton check both.xml --fix both-fixed.xml
check_status 0
check "both" 'both.xml:12:1: initial="3"
both.xml:11:1: initial="3"
both.xml:9:1: capacity="4"
both-fixed.xml: ok' "$out"
pelton check both-fixed.xml
check_status 0

# A graph that names a file beside it is not written where that file is not.
graph sub '<in name="i" type="i32"/><out name="o" type="i32"/><actor id="a" kernel="core.add"/>
<channel from="i" to="a.a"/><channel from="a" to="a.b"/><channel from="a" to="o"/>'
graph uses '<in name="i" type="i32"/><actor id="s" graph="sub.xml"/><actor id="w" kernel="core.null"/>
<actor id="b" kernel="core.add"/><channel from="i" to="b.a"/><channel from="b" to="b.b"/>
<channel from="b" to="s.i"/><channel from="s" to="w"/>'
mkdir there
sed -i 's/<channel from="a" to="a.b"\/>/<channel from="a" to="a.b" initial="1"\/>/' sub.xml
pelton check uses.xml --fix there/uses.xml
check_status 1
check_err_has "error: the repaired graph does not compile as 'there/uses.xml': "
check_err_has "hint: write it beside 'uses.xml': relative paths start at the folder of the graph"
check "nothing written" no "$([ -e there/uses.xml ] && echo yes || echo no)"
pelton check uses.xml --fix uses-fixed.xml
check_status 0

# Random graphs: rates that balance, few tokens, some capacities.
random_graph()
{
	awk -v seed="$1" 'function draw(n) { return int(rand() * n) }
	function list(sum, n,   text, i, part) {
		for (i = 1; i <= n; i++) {
			part = i == n ? sum : draw(sum + 1)
			sum -= part
			text = text (i > 1 ? "," : "") part
		}
		return text
	}
	BEGIN {
		srand(seed)
		n = 2 + draw(5); m = n + draw(n + 2)
		for (a = 0; a < n; a++) { q[a] = 1 + draw(3); phases[a] = 1 + draw(2) }
		for (c = 0; c < m; c++) {
			from = c < n - 1 ? c : draw(n); to = c < n - 1 ? c + 1 : draw(n); k = 1 + draw(2)
			ports[from] = ports[from] sprintf("<out name=\"o%d\" type=\"u8\" rate=\"%s\"/>", c, list(k * q[to], phases[from]))
			ports[to] = ports[to] sprintf("<in name=\"i%d\" type=\"u8\" rate=\"%s\"/>", c, list(k * q[from], phases[to]))
			initial = draw(3) ? 0 : draw(4)
			text = initial && draw(2) ? "><initial>" substr("1 2 3 4 ", 1, 2 * initial) "</initial></channel>" : (initial ? " initial=\"" initial "\"" : "") "/>"
			channels = channels sprintf("<channel from=\"a%d.o%d\" to=\"a%d.i%d\"%s%s\n", from, c, to, c, \
				draw(3) ? "" : " capacity=\"" 1 + draw(6) "\"", text)
		}
		print "<graph xmlns=\"urn:pelton:graph:1\" name=\"r\">"
		for (a = 0; a < n; a++) {
			# inputs before outputs
			split(ports[a], part, "/>"); ins = outs = ""
			for (i = 1; i in part; i++) if (part[i] ~ /<in/) ins = ins part[i] "/>"; else if (part[i] ~ /<out/) outs = outs part[i] "/>"
			printf "<kernel name=\"k%d\" stateless=\"true\">%s%s<cpu kernel=\"bench.work\"/></kernel>\n", a, ins, outs
			printf "<actor id=\"a%d\" kernel=\"k%d\">%s</actor>\n", a, a, ins == "" ? "<set name=\"firings\" value=\"6\"/>" : ""
			delete part
		}
		printf "%s</graph>\n", channels
	}'
}
mended=0
refused=0
for ((seed = 1; seed <= 50; seed++)); do
	random_graph $seed >r.xml
	rm -f r-fixed.xml
	pelton check r.xml
	before=$status
	pelton check r.xml --fix r-fixed.xml
	if [ "$status" != 0 ]; then
		# Where tokens are written out on all channels of a cycle no attribute can add to them.
		check "seed $seed: nothing written" no "$([ -e r-fixed.xml ] && echo yes || echo no)"
		refused=$((refused + 1))
		cp r.xml "refused-$seed.xml"
		continue
	fi
	mended=$((mended + before))
	pelton check r-fixed.xml
	check "seed $seed" "0 r-fixed.xml: ok" "$status $out"
done
check "most were dead, and mended" yes "$([ $mended -ge 25 ] && echo yes || echo "no: $mended mended, $refused refused")"
check "few could not be" yes "$([ $refused -le 6 ] && echo yes || echo "no: $refused")"
finish
