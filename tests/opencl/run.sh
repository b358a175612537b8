#!/usr/bin/env bash
# OpenCL programs, as anybody writes them, find the emulated device through the loader though no ICD file names it.
set -u
: "${SOURCE_DIR:?}" "${PELTON:?}" "${HOSTS:?}"
"$PELTON" emulate -- true 2>/dev/null || {
	echo "skipped: XRT is not installed here"
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
failed=0
complain() {
	echo "$1" >&2
	failed=$((failed + 1))
}

"$PELTON" xclbin pack -o k.xclbin "$SOURCE_DIR/tests/opencl/kernels.c" || {
	echo "the kernels cannot be packed" >&2
	exit 1
}
unset OCL_ICD_VENDORS OCL_ICD_FILENAMES
for name in events sub-buffers two-kernels; do
	timeout 60 "$PELTON" emulate -- "$HOSTS/$name" k.xclbin >out 2>&1 && grep -qx 'all right' out ||
		complain "$name: $(tail -n 5 out)"
done

# What the user has set stays.
found=$(OCL_ICD_VENDORS=/nowhere "$PELTON" emulate -- sh -c 'echo "$OCL_ICD_VENDORS"')
[ "$found" = /nowhere ] || complain "OCL_ICD_VENDORS of the user became '$found'"
found=$(OCL_ICD_VENDORS='' "$PELTON" emulate -- sh -c 'echo "${OCL_ICD_VENDORS-unset}"')
[ "$found" = "" ] || complain "OCL_ICD_VENDORS, set and empty, became '$found'"
found=$("$PELTON" emulate -- sh -c 'echo "$OCL_ICD_VENDORS"')
[ "$found" = libxilinxopencl.so.2 ] || complain "OCL_ICD_VENDORS is '$found'"
[ "$failed" -eq 0 ]
