#!/usr/bin/env bash
# Ordinary OpenCL programs find the emulated device through the loader, although no ICD file names it.
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

# If the device model itself fails, it reports that, and the program ends.
if strace -qq -o /dev/null true 2>/dev/null; then
	fails() { # call:error=E:when=N, what is said
		local status
		timeout 60 "$PELTON" emulate -- strace -f -qq -o /dev/null -e trace="${1%%:*}" -e signal=none -e inject="$1" "$HOSTS/events" k.xclbin >out 2>&1
		status=$?
		[ $status = 143 ] || complain "$2: status $status"
		grep -qx 'all right' out && complain "$2: all right nevertheless"
		[ "$(grep '^pelton-emulator: ' out)" = "pelton-emulator: $2" ] || complain "$2: $(tail -n 5 out)"
	}
	fails memfd_create:error=ENOSPC:when=3 "the device model cannot make a buffer of 8192 bytes: No space left on device"
	fails pwrite64:error=EIO:when=1 "the device model cannot write to a buffer: Input/output error"
fi

# Variables that the user has set are kept.
found=$(OCL_ICD_VENDORS=/nowhere "$PELTON" emulate -- sh -c 'echo "$OCL_ICD_VENDORS"')
[ "$found" = /nowhere ] || complain "OCL_ICD_VENDORS of the user became '$found'"
found=$(OCL_ICD_VENDORS='' "$PELTON" emulate -- sh -c 'echo "${OCL_ICD_VENDORS-unset}"')
[ "$found" = "" ] || complain "OCL_ICD_VENDORS, set and empty, became '$found'"
found=$("$PELTON" emulate -- sh -c 'echo "$OCL_ICD_VENDORS"')
[ "$found" = libxilinxopencl.so.2 ] || complain "OCL_ICD_VENDORS is '$found'"
[ "$failed" -eq 0 ]
