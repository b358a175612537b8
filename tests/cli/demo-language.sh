#!/usr/bin/env bash
# The examples in the manual of the language are graphs that work, and print what one expects of them.
set -euo pipefail
: "${PELTON:?}" "${SOURCE_DIR:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

awk '/^```xml/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > ("block-" n ".xml") }' \
	"$SOURCE_DIR/docs/language.md"
for block in block-*.xml; do
	name=$(sed -n '1s/.*name="\([a-z]*\)".*/\1/p' "$block")
	mv "$block" "${name:-map}.xml"
done
ls
for graph in *.xml; do
	[ "$graph" = map.xml ] || "$PELTON" plan "$graph" >plan
done

printf '%s\n' 0 1 4 9 16 | diff - <("$PELTON" run squares.xml)
printf '%s\n' 100 101 103 106 110 | diff - <("$PELTON" run sums.xml)
printf '%s\n' '[0, 1, 2]' '[3, 4, 5]' '[6, 7, 8]' '[9, 0, 0]' | diff - <("$PELTON" run threes.xml)

# The map places what it names.
"$PELTON" plan twice.xml --map map.xml >plan
grep -q 'cpu:0 *first/fir' plan

# 1.0 and -0.5 as f32, and their doubles.
printf '\0\0\200\77\0\0\0\277' >once
"$PELTON" run gains.xml --in in=once --out out=twice
printf '\0\0\0\100\0\0\200\277' | cmp twice -

# A parameter of the command line reaches what depends on it.
"$PELTON" plan tone.xml --set n=100 >plan
grep -q 'fir.out->scale.in .* 800 ' plan
