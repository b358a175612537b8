#!/usr/bin/env bash
# No fused multiply-add is in the library or its modules: exact kernels round every product. -ffp-contract=off forbids
# it, but compilers have bugs, and tests on this processor do not run the code for another one.
set -euo pipefail
: "${BUILD_DIR:?}"
command -v objdump >/dev/null || {
	echo "skipped: objdump is not there; it is of the package binutils"
	exit 77
}
# The instructions of a processor, as objdump writes them.
architecture=$(objdump -f "$BUILD_DIR/libpelton.so" 2>/dev/null | sed -nE 's/^architecture: ([^,]+),.*/\1/p')
case $architecture in
i386:x86-64)
	fused='vf(n?m(add|sub)|maddsub|msubadd)[0-9]*[ps][sdh]'
	compiler=(gcc -mfma)
	;;
aarch64)
	fused='(fn?m(add|sub)|fn?ml[as]|fn?m(ad|sb)|fml[as]l[2bt]?|fcmla|fmmla|bf(mla|mls|mlal|mlalb|mlalt|dot|mmla))'
	compiler=(gcc)
	[ "$(uname -m)" = aarch64 ] || compiler=(aarch64-linux-gnu-gcc)
	;;
*)
	echo "skipped: the fused multiply-adds of the architecture '$architecture' are not known here"
	exit 77
	;;
esac
# The functions in the object $1 that have one.
fused_in() {
	objdump -d --no-show-raw-insn "$1" |
		awk -v fused="\t$fused[ \t]" '/^[0-9a-f]+ <.*>:$/ { name = $2 } $0 ~ fused { print name }' | sort -u
}
failed=0
# One that is there is found.
if command -v "${compiler[0]}" >/dev/null; then
	probe=$(mktemp)
	trap 'rm -f "$probe"' EXIT
	echo 'double probe(double a, double b, double c) { return __builtin_fma(a, b, c); }' |
		"${compiler[@]}" -O2 -x c -c -o "$probe" -
	[ "$(fused_in "$probe")" = '<probe>:' ] || {
		echo "the fused multiply-add of ${compiler[*]} is not recognised" >&2
		failed=1
	}
fi
for object in "$BUILD_DIR"/libpelton.so "$BUILD_DIR"/modules/*.so; do
	found=$(fused_in "$object")
	if [ -n "$found" ]; then
		echo "$object has fused multiply-adds in: $(tr '\n' ' ' <<<"$found")" >&2
		failed=1
	fi
done
[ "$failed" -eq 0 ]
