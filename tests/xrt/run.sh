#!/usr/bin/env bash
# Runs ordinary XRT programs on Pelton's emulated devices; lets kernels fail in many ways, and compares the messages; then looks for what was
# left behind.
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

"$PELTON" xclbin pack -o k.xclbin --kernel vadd --kernel scale --kernel nap --kernel count --kernel empty --kernel bad --cu vadd=2 --cu nap=3 --cu count=2 "$SOURCE_DIR/tests/xrt/kernels.c" || {
	echo "the kernels cannot be packed" >&2
	exit 1
}
for name in c-api buffers runs registers processes; do
	timeout 60 "$PELTON" emulate --devices 2 -- "$HOSTS/$name" k.xclbin >out 2>&1 && grep -qx 'all right' out ||
		complain "$name: $(tail -n 5 out)"
done

# Without the repair of XRT's scheduler, calls of unit N may be started on units N + 32, N + 64, N + 96.
"$PELTON" xclbin pack -o units.xclbin "$SOURCE_DIR/tests/xrt/units.c" || complain "128 kernels cannot be packed"
units=$("$PELTON" emulate -- printenv PELTON_EMULATOR_UNITS)
if [ "$units" = 128 ]; then
	timeout 100 "$PELTON" emulate -- "$HOSTS/units" units.xclbin 128 8 >out 2>&1 && grep -qx 'all right' out ||
		complain "128 units: $(tail -n 5 out)"
fi
PELTON_EMULATOR_UNITS=32 timeout 60 "$PELTON" emulate -- env PELTON_EMULATOR_UNITS=32 "$HOSTS/units" units.xclbin 128 64 >out 2>&1 &&
	complain "units that XRT cannot distinguish are not refused"
grep -qx 'pelton-emulator: the xclbin has 128 compute units; this XRT can distinguish only 32 in emulation' out ||
	complain "units that XRT cannot distinguish: $(tail -n 5 out)"
"$PELTON" xclbin pack -o many.xclbin --cu k000=2 "$SOURCE_DIR/tests/xrt/units.c" 2>out && complain "129 units are packed"
grep -q '129 compute units' out || complain "129 units: $(cat out)"

# how, where, the expected message
fault() {
	PELTON_EMULATOR_TIMEOUT_MS=300 timeout 60 "$PELTON" emulate -- "$HOSTS/faults" k.xclbin "$1" "$2" >out 2>&1 ||
		complain "fault $1 $2: status $?, $(tail -n 3 out)"
	local said
	said=$(grep '^pelton-emulator: ' out)
	[ "$said" = "pelton-emulator: kernel 'bad' (CU bad_1), call 1: $3" ] || complain "fault $1 $2: said '$said'"
}
fault 1 4096 "crashed: segmentation fault, it wrote just past the end of argument 'out'"
fault 1 4104 "crashed: segmentation fault, it wrote 8 bytes past the end of argument 'out'"
fault 1 -4 "crashed: segmentation fault, it wrote 4 bytes before the start of argument 'out'"
fault 2 5000 "crashed: segmentation fault, it read 904 bytes past the end of argument 'out'"
fault 3 0 "crashed: segmentation fault, it wrote to address 0x40, which is in no buffer"
fault 4 0 "crashed: division by zero"
fault 5 0 "crashed: aborted"
fault 6 0 "crashed: aborted: free(): invalid next size (normal)"
fault 7 0 "called exit(3)"
fault 8 0 "called exit(4)"
fault 9 0 "did not end within 300 ms"
fault 10 0 "crashed: illegal instruction"
fault 12 0 "was killed: Killed"
fault 14 0 "crashed: aborted: free(): invalid pointer"
fault 100 0 "received a value for argument 'out' that is not the address of a buffer"
timeout 60 "$PELTON" emulate -- "$HOSTS/faults" k.xclbin 11 >out 2>/dev/null
grep -q 'a word from the kernel, value 5' out || complain "the kernel's own words are lost"
timeout 60 "$PELTON" emulate -- "$HOSTS/faults" k.xclbin 13 >out 2>&1 || complain "a great array on the stack: $(tail -n 3 out)"

# ---- buffers of more than 4 GiB, of which little is touched ----
for bytes in 65536 0xfffff000 0x100000000 0x140000000; do
	timeout 60 "$PELTON" emulate -- "$HOSTS/large" k.xclbin $bytes >out 2>&1 && grep -qx 'all right' out ||
		complain "a buffer of $bytes bytes: $(tail -n 5 out)"
done

# ---- if the device model itself fails, it reports that, and the program ends ----
broken() { # what is said, command...
	local said=$1 status
	shift
	timeout 60 "$PELTON" emulate -- "$@" >out 2>&1
	status=$?
	[ $status = 143 ] || complain "$said: status $status"
	grep -qx 'all right' out && complain "$said: all right nevertheless"
	[ "$(grep '^pelton-emulator: ' out)" = "pelton-emulator: $said" ] || complain "$said: $(tail -n 5 out)"
}
broken "the device model cannot make a buffer of 2002944 bytes: File too large (the limit is 1024000 bytes; ulimit -f raises it)" \
	bash -c 'ulimit -f 1000; exec "$@"' bash "$HOSTS/large" k.xclbin 2002944
if strace -qq -o /dev/null true 2>/dev/null; then
	fails() { # call:error=E:when=N, what is said
		broken "$2" strace -f -qq -o /dev/null -e trace="${1%%:*}" -e signal=none -e inject="$1" "$HOSTS/c-api" k.xclbin
	}
	fails memfd_create:error=ENOSPC:when=3 "the device model cannot make a buffer of 20480 bytes: No space left on device"
	fails ftruncate:error=ENOMEM:when=2 "the device model cannot make a buffer of 20480 bytes: Cannot allocate memory"
	fails pwrite64:error=EIO:when=1 "the device model cannot write to a buffer: Input/output error"
	# What XRT fails to send: the head of the message that loads the kernels (number 3), and the rest of it.
	timeout 60 "$PELTON" emulate -- strace -qq -o writes -e trace=write -e signal=none "$HOSTS/c-api" k.xclbin >out 2>&1
	head=$(grep -nm 1 -F '\25\3\0\0\0", 14)' writes | cut -d : -f 1)
	sends() { broken "$2" strace -qq -o /dev/null -e trace=write -e signal=none -e inject="write:error=EIO:when=$1" "$HOSTS/c-api" k.xclbin; }
	sends "$head" "the device model received a message from XRT that it does not understand"
	sends "$((head + 1))" "XRT has not sent all of a message to the device model"
	sends "$head..$((head + 1))" "XRT waits for the answer to a message that it has not sent to the device model"
fi

"$PELTON" emulate -- sh -c 'exit 7'
[ $? -eq 7 ] || complain "the status is not the program's"
"$PELTON" emulate -- sh -c 'kill -TERM $$'
[ $? -eq 143 ] || complain "the status does not tell the signal"
"$PELTON" emulate -- ./nosuch 2>/dev/null
[ $? -eq 127 ] || complain "a program that is not there: wrong status"
dir=$("$PELTON" emulate -- sh -c 'echo "$EMCONFIG_PATH"')
[ -n "$dir" ] && [ ! -e "$dir" ] || complain "the folder $dir is left"
# Not looked for: .run in the current folder, which XRT 2.13 leaves where two devices are used (processes).
[ "$failed" -eq 0 ]
