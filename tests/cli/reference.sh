#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/reference.md describes the attributes that the schemas have, and no others; its examples are graphs that compile.
set -euo pipefail
: "${PELTON:?}" "${SOURCE_DIR:?}"
if ! command -v xmllint >/dev/null; then
	echo "xmllint is missing (Debian: libxml2-utils)" >&2
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
page=$SOURCE_DIR/docs/reference.md

# described HEADING: the attributes in the first table below it
described()
{
	awk -v heading="$1" '
		/^#/ { sub(/^#+ /, ""); inside = $0 == heading }
		inside && /^\| `/ { split($0, cell, "`"); print cell[2] }' "$page" | sort
}

# declared SCHEMA XPATH: the attributes that the schema has there
declared()
{
	xmllint --xpath "$2//*[local-name()='attribute']/@name" "$SOURCE_DIR/graphs/$1" | sed 's/.*name="\(.*\)".*/\1/' | sort
}

compared=0
same()
{
	described "$1" >said.txt
	declared "$2" "$3" >true.txt
	if [ ! -s true.txt ] || ! diff said.txt true.txt; then
		echo "the attributes of '$1' in docs/reference.md (<) and in $2 (>) differ" >&2
		exit 1
	fi
	compared=$((compared + 1))
}
graph_type() { same "$1" pelton-graph.xsd "//*[local-name()='complexType'][@name='$2']"; }

graph_type "graph" graph
graph_type "use" use
graph_type "in and out of a graph" boundary
graph_type "kernel" kernel
graph_type "in of a kernel" kernelIn
graph_type "out of a kernel" kernelOut
graph_type "fpga" fpga
graph_type "arg" arg
graph_type "cpu" cpu
graph_type "actor" actor
graph_type "set" set
graph_type "in of an actor" actorIn
graph_type "channel" channel
# <param> has a second table, of types
described "param" | grep -xE 'name|type|value|doc|least|most|one-of|least-count|most-count|ends' >said.txt
declared pelton-graph.xsd "//*[local-name()='complexType'][@name='param']" | diff said.txt -
compared=$((compared + 1))
types=$(xmllint --xpath "count(//*[local-name()='complexType'][*[local-name()='attribute']])" "$SOURCE_DIR/graphs/pelton-graph.xsd")
if [ "$types" -ne $compared ]; then
	echo "$types elements with attributes are in the schema, $compared were compared" >&2
	exit 1
fi
same "place" pelton-map.xsd "//*[local-name()='element'][@name='place']"
same "cost" pelton-profile.xsd "//*[local-name()='element'][@name='cost']"

awk '/^```xml/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > ("block-" n ".xml") }' "$page"
graphs=0
for block in block-*.xml; do
	if grep -q 'urn:pelton:map:1' "$block"; then
		xmllint --noout --schema "$SOURCE_DIR/graphs/pelton-map.xsd" "$block" 2>/dev/null
		continue
	fi
	if grep -q 'urn:pelton:profile:1' "$block"; then
		xmllint --noout --schema "$SOURCE_DIR/graphs/pelton-profile.xsd" "$block" 2>/dev/null
		continue
	fi
	"$PELTON" check "$block"
	graphs=$((graphs + 1))
done
[ $graphs -ge 3 ]
