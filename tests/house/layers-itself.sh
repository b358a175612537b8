#!/usr/bin/env bash
# layers.sh finds what it looks for, in a tree made for that: a use turned round, in an #include or in a call; a cycle; a file in no layer.
set -u
: "${SOURCE_DIR:?}"
script=$SOURCE_DIR/tests/house/layers.sh
command -v nm >/dev/null && command -v cc >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
tree=$work/runtime/house
objects=$work/build/runtime/house/CMakeFiles/house.dir

# low <- middle (in a subfolder) <- high, and the folder house/annex with a list of its own.
fresh() {
	rm -rf "$work/runtime" "$work/build" "$work/lists"
	mkdir -p "$tree/mid" "$tree/annex" "$work/lists"
	echo 'int low(void);' >"$tree/low.h"
	printf '#include "low.h"\nint low(void) { return 1; }\n' >"$tree/low.c"
	echo 'int middle(void);' >"$tree/mid/middle.h"
	printf '#include "middle.h"\n#include "low.h"\nint middle(void) { return low(); }\n' >"$tree/mid/middle.c"
	printf '#include "middle.h"\nint high(void);\nint high(void) { return middle(); }\n' >"$tree/high.c"
	echo 'int annex(void); int annex(void) { return 2; }' >"$tree/annex/annex.c"
	printf 'folder house\nlayer ground: low\nlayer first: mid/*\nlayer roof: high\n' >"$work/lists/house.txt"
	printf 'folder house/annex\n' >"$work/lists/annex.txt"
}
build() {
	local source
	(cd "$tree" && find . -name '*.c' -printf '%P\n') | while read -r source; do
		mkdir -p "$objects/$(dirname "$source")"
		cc -w -I "$tree" -I "$tree/mid" -c "$tree/$source" -o "$objects/$source.o" || exit 1
	done
}
# expect WHAT STATUS TEXT: the script ends with this status, and its words have this text.
expect() {
	local status=0
	build
	LAYERS=$work/lists SOURCE_DIR=$work BUILD_DIR=$work/build bash "$script" >"$work/said" 2>&1 || status=$?
	[ "$status" -eq "$2" ] && { [ -z "$3" ] || grep -qF -e "$3" "$work/said"; } && return
	echo "$1: status $status, not $2; or it does not say: $3" >&2
	sed 's/^/    /' "$work/said" >&2
	failed=1
}

fresh
build
said=$(LAYERS=$work/lists SOURCE_DIR=$work BUILD_DIR=$work/build bash "$script" 2>&1) && [ -z "$said" ] || {
	echo "a tree in order is refused: $said" >&2
	failed=1
}

fresh
printf '#include "middle.h"\n' >>"$tree/low.h"
expect "an include turned round" 1 "low.h, of layer ground, includes mid/middle.h, of the higher layer first"
expect "an include turned round closes a cycle" 1 "these files use each other in a cycle: "

fresh
printf 'int high(void);\nint up(void) { return high(); }\n' >>"$tree/low.c"
expect "a call turned round" 1 "low.c, of layer ground, uses high of high.c, of the higher layer roof"
expect "a call turned round closes a cycle" 1 "these files use each other in a cycle: "

fresh
printf 'extern int shared; int look(void) { return shared; }\n' >>"$tree/low.c"
echo 'int shared;' >>"$tree/high.c"
expect "a variable of a higher layer" 1 "low.c, of layer ground, uses shared of high.c, of the higher layer roof"

fresh
printf 'folder house\n' >"$work/lists/house.txt"
printf 'int middle(void);\nint up(void) { return middle(); }\n' >>"$tree/low.c"
expect "a cycle where there are no layers" 1 "    low uses middle of mid/middle.c"
printf 'allow low.c mid/middle.c\n' >>"$work/lists/house.txt"
expect "a cycle that is known" 0 ""
printf 'allow low.c high.c\n' >>"$work/lists/house.txt"
expect "a known use that is gone" 1 "the use of low.c to high.c is allowed, and is not there any more"

fresh
echo 'int more(void); int more(void) { return 3; }' >"$tree/more.c"
expect "a file in no layer" 1 "more is in no layer: add it to house.txt"

fresh
sed -i 's/roof: high/roof: high tower/' "$work/lists/house.txt"
expect "a layer without its file" 1 "layer roof: there is no file tower"

fresh
sed -i 's/roof: high/roof: high low/' "$work/lists/house.txt"
expect "a file in two layers" 1 "low is in two layers, ground and roof"

fresh
build
rm "$objects/high.c.o"
status=0
LAYERS=$work/lists SOURCE_DIR=$work BUILD_DIR=$work/build bash "$script" >"$work/said" 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -qF "runtime/house/high.c has no object file" "$work/said" || {
	echo "a source that was not built: status $status" >&2
	failed=1
}
[ "$failed" -eq 0 ]
