#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The published schemas and the loader come to the same verdict on every document of the tree. XSD 1.0 cannot say all that
# the loader checks: what only the loader refuses is called load-*, in tests/bad, and is left out here.
set -u
if ! command -v xmllint >/dev/null; then
	echo "xmllint is missing (Debian: libxml2-utils)" >&2
	exit 77
fi
failed=0
judged=0

# verdict FILE SCHEMA: "accepts" or "refuses". Anything but a judgement ends the test.
verdict()
{
	xmllint --noout --nonet --schema "$2" "$1" >/dev/null 2>&1
	case $? in
	0) echo accepts ;;
	1 | 3 | 4) echo refuses ;; # not well-formed (libxml2 before 2.13: 1, then 4); not valid
	*) echo "cannot judge" ;;
	esac
}

# same FILE SCHEMA WANTED: what the loader says is known from the name of the file, and held to it by other tests
same()
{
	local said
	said=$(verdict "$1" "$2")
	judged=$((judged + 1))
	if [ "$said" != "$3" ]; then
		echo "$1: the loader $3 it, the schema $said it"
		failed=1
	fi
}

graph=$SOURCE_DIR/graphs/pelton-graph.xsd
map=$SOURCE_DIR/graphs/pelton-map.xsd
profile=$SOURCE_DIR/graphs/pelton-profile.xsd
cd "$SOURCE_DIR/tests/bad" || exit 1
for file in syntax-*.xml; do
	same "$file" "$graph" refuses
done
for file in map-*.xml; do
	same "$file" "$map" refuses
done
for file in profile-*.xml; do
	same "$file" "$profile" refuses
done
for file in "$SOURCE_DIR"/graphs/*.xml "$SOURCE_DIR"/tests/golden/*.xml "$SOURCE_DIR"/tests/bad/compile-*.xml "$SOURCE_DIR"/tests/good/*.xml; do
	[ -e "$file" ] || continue
	if grep -q "urn:pelton:map:1" "$file"; then
		same "$file" "$map" accepts
	elif grep -q "urn:pelton:profile:1" "$file"; then
		same "$file" "$profile" accepts
	else
		same "$file" "$graph" accepts
	fi
done
if [ $judged -lt 150 ]; then
	echo "only $judged documents were found"
	failed=1
fi
exit $failed
