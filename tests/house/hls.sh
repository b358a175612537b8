#!/usr/bin/env bash
# The FPGA kernels are C99 that compiles without warnings, and include only <stdint.h> and files in their own folder, because HLS tools have
# their own compilers.
set -u
: "${SOURCE_DIR:?}"
failed=0
complain() {
	echo "$1" >&2
	failed=$((failed + 1))
}
object=$(mktemp)
trap 'rm -f "$object"' EXIT
tried=0
for compiler in gcc clang; do
	command -v "$compiler" >/dev/null || continue
	tried=$((tried + 1))
	for file in "$SOURCE_DIR"/hls/*.c; do
		"$compiler" -std=c99 -O2 -ffp-contract=off -Wall -Wextra -Wshadow -Wvla -Werror -Wno-unknown-pragmas \
			-c "$file" -o "$object" || complain "$file: $compiler complains"
	done
done
[ "$tried" -gt 0 ] || exit 77

for file in "$SOURCE_DIR"/hls/*.c; do
	grep -n '^#include' "$file" | grep -vE '(<stdint.h>|"canonical.h")$' && complain "$file: includes more than <stdint.h>"
	grep -nE '\b(malloc|calloc|realloc|free|alloca)\b' "$file" && complain "$file: has dynamic memory"
	grep -qE 'HLS INTERFACE m_axi' "$file" || complain "$file: has no m_axi interface"
	grep -qE 'HLS INTERFACE s_axilite port ?= ?return' "$file" || complain "$file: has no s_axilite port return"
done
# Kernels and their FPGA implementations use the same text of canonical.h.
cmp "$SOURCE_DIR/include/pelton/canonical.h" "$SOURCE_DIR/hls/canonical.h" || complain "hls/canonical.h is not that of include/pelton/"
[ "$failed" -eq 0 ]
