#!/usr/bin/env bash
# Names of files: a document's own are looked for beside it, those of the command line in the current folder, and what is
# written with a relative name always goes to the current folder.
set -euo pipefail
: "${PELTON:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/graphs" "$work/graphs/parts" "$work/here"
cd "$work/here"

cat >../graphs/copy.xml <<'XML'
<graph xmlns="urn:pelton:graph:1" name="copy">
  <param name="from" type="string" value="data.u8"/>
  <param name="to"   type="string" value="copied.u8"/>
  <actor id="copy" graph="parts/part.xml">
    <set name="from" value="$from"/>
    <set name="to"   value="$to"/>
  </actor>
</graph>
XML
cat >../graphs/parts/part.xml <<'XML'
<graph xmlns="urn:pelton:graph:1" name="part">
  <param name="from" type="string" value="data.u8"/>
  <param name="to"   type="string" value="copied.u8"/>
  <actor id="read"  kernel="file.read">  <set name="file" value="$from"/> <set name="type" value="u8"/> </actor>
  <actor id="write" kernel="file.write"> <set name="file" value="$to"/> </actor>
  <channel from="read" to="write"/>
</graph>
XML
cat >../graphs/fir.xml <<'XML'
<graph xmlns="urn:pelton:graph:1" name="fir">
  <param name="taps" type="f32[]" value="file:taps.txt"/>
  <actor id="one"   kernel="core.constant"> <set name="value" value="1"/> <set name="tokens" value="1"/> </actor>
  <actor id="fir"   kernel="core.fir"> <set name="taps" value="$taps"/> </actor>
  <actor id="print" kernel="core.print"/>
  <channel from="one" to="fir"/>
  <channel from="fir" to="print"/>
</graph>
XML
printf 'here' >data.u8
printf 'graphs' >../graphs/data.u8
printf 'parts' >../graphs/parts/data.u8
echo 1 >taps.txt
echo 2 >../graphs/taps.txt

is() { # is FILE TEXT: and nothing was written anywhere else
	[ "$(cat "$1")" = "$2" ] || {
		echo "demo-paths: $1 is '$(cat "$1")', not '$2'" >&2
		exit 1
	}
	rm "$1"
	[ "$(find "$work" -name '*copied*')" = "" ]
}

"$PELTON" run ../graphs/copy.xml
is copied.u8 graphs
"$PELTON" run ../graphs/parts/part.xml
is copied.u8 parts
"$PELTON" run ../graphs/copy.xml --set from=data.u8
is copied.u8 here
"$PELTON" run ../graphs/parts/part.xml --set from=data.u8 --set to=also-copied.u8
is also-copied.u8 here
"$PELTON" run ../graphs/copy.xml --set from="$work/graphs/parts/data.u8" --set to=../copied.u8
is ../copied.u8 parts

[ "$("$PELTON" run ../graphs/fir.xml)" = 2 ]
[ "$("$PELTON" run ../graphs/fir.xml --set taps=file:taps.txt)" = 1 ]
