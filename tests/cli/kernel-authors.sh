#!/usr/bin/env bash
# docs/kernel-authors.md: its C is that of examples/kernel-test, which the test of the installation builds and runs, and
# its graph compiles and runs with the module built by its one line.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
page=$SOURCE_DIR/docs/kernel-authors.md example=$SOURCE_DIR/examples/kernel-test

# block N of the page in language L
block() {
	awk -v language="$1" -v wanted="$2" '
		/^```/ { if (inside) inside = 0; else if ($0 == "```" language) { inside = 1; n++ } next }
		inside && n == wanted' "$page"
}

# $1 is a part of $2, without regard to the comments before and between
part_of() {
	local line
	while IFS= read -r line; do
		[ -z "$line" ] || grep -qxF -e "$line" "$2" || {
			echo "kernel-authors: not in $2: $line" >&2
			return 1
		}
	done <"$1"
}
block c 1 >"$work/smooth.c"
block c 2 >"$work/main.c"
[ -s "$work/smooth.c" ] && [ -s "$work/main.c" ]
part_of "$work/smooth.c" "$example/smooth.c"
part_of "$work/main.c" "$example/kernel-test.c"

# The sanitizer's library cannot be loaded by a program without it, nor the other way round.
if nm -D "$BUILD_DIR/libpelton.so" | grep -qE ' (__asan_init|__tsan_init|__ubsan_handle)'; then
	echo "skipped: the library is built with a sanitizer"
	exit 77
fi
command -v cc >/dev/null || {
	echo "skipped: there is no C compiler cc"
	exit 77
}
cd "$work"
cc -std=c17 -O3 -ffp-contract=off -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror -o pelton-smooth.so smooth.c \
	-I"$SOURCE_DIR/include" -L"$BUILD_DIR" -lpelton
block xml 1 >smoothed.xml
export PELTON_MODULE_PATH=.
"$PELTON" kernels smooth.average | grep -q "moving average"

# 1 to 8 as f32, little endian
printf '\0\0\200\77\0\0\0\100\0\0\100\100\0\0\200\100\0\0\240\100\0\0\300\100\0\0\340\100\0\0\0\101' >numbers.raw
"$PELTON" run smoothed.xml --in in=numbers.raw --out out=averages.raw
# sums 1, 3, 6, 10, 15, 21, 28, 36, each divided by 8
printf '\0\0\0\76\0\0\300\76\0\0\100\77\0\0\240\77\0\0\360\77\0\0\50\100\0\0\140\100\0\0\220\100' >want.raw
cmp averages.raw want.raw
