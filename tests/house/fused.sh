#!/usr/bin/env bash
# No fused multiply-add is in the library or its modules: exact kernels round every product. -ffp-contract=off forbids
# it, but compilers have bugs, and tests on this processor do not run the code for another one.
set -euo pipefail
: "${BUILD_DIR:?}"
command -v objdump >/dev/null || {
	echo "skipped: objdump is not there; it is of the package binutils"
	exit 77
}
failed=0
for object in "$BUILD_DIR"/libpelton.so "$BUILD_DIR"/modules/*.so; do
	found=$(objdump -d --no-show-raw-insn "$object" |
		awk '/^[0-9a-f]+ <.*>:$/ { name = $2 } /\tvf(n?m(add|sub)|maddsub|msubadd)[0-9]*[ps][sdh] / { print name }' |
		sort -u)
	if [ -n "$found" ]; then
		echo "$object has fused multiply-adds in: $(tr '\n' ' ' <<<"$found")" >&2
		failed=1
	fi
done
[ "$failed" -eq 0 ]
