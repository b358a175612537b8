#!/usr/bin/env bash
# What the front page shows is true: its graph runs, its mistake is said in those words, its program compiles and runs.
set -euo pipefail
: "${PELTON:?}" "${SOURCE_DIR:?}" "${BUILD_DIR:?}"
readme=$SOURCE_DIR/README.md
photo=/usr/share/xplanet/images/earth.jpg
[ -e "$photo" ] || {
	echo "skipped: $photo is not there; it is of the package xplanet-images"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# block LANGUAGE N: what stands in the Nth block of that language.
block() {
	awk -v fence="\`\`\`$1" -v wanted="$2" '
		$0 == "```" { inside = 0 }
		inside && count == wanted { print }
		$0 == fence { inside = 1; count++ }' "$readme"
}
complain() {
	echo "demo-readme: $1" >&2
	exit 1
}

block xml 1 >edges.xml
[ -s edges.xml ] || complain "the front page has no graph"
"$PELTON" check edges.xml
"$PELTON" run edges.xml
mv edges.png by-readme.png
"$PELTON" run "$SOURCE_DIR/graphs/edges.xml"
cmp edges.png by-readme.png || complain "the graph of the front page is not graphs/edges.xml"

# The bottleneck.
"$PELTON" analyze "$SOURCE_DIR/graphs/crossover.xml" | grep -E '^(throughput|bottleneck|capacity) ' >said
block text 1 | diff - said || complain "the bottleneck is not told in the words of the front page"

# The mistake: a misspelt attribute in the line before the last.
sed 's|to="write"/>|to="write" capactiy="4"/>|' edges.xml >my-graph.xml
status=0
"$PELTON" check my-graph.xml 2>said || status=$?
[ "$status" -eq 1 ] || complain "the mistake is not found"
block text 2 | diff - said || complain "the mistake is not said in the words of the front page"

# A checked library needs a checked program; the plain build is enough to know that this one compiles and runs.
nm -D "$BUILD_DIR/libpelton.so" >symbols
if grep -q -e __asan_init -e __tsan_init symbols; then
	exit 0
fi
block c 1 >program.c
rm edges.png
cc -std=c17 -Wall -Wextra -Werror -I "$SOURCE_DIR/include" -o program program.c -L "$BUILD_DIR" -lpelton
LD_LIBRARY_PATH=$BUILD_DIR ./program
cmp edges.png by-readme.png || complain "the program of the front page makes another picture"
