#!/usr/bin/env bash
# Values of variables that are not allowed are said: the name, the value, what is allowed.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph small '<actor id="src" kernel="core.counter"><set name="tokens" value="4"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="src" to="end"/>'

# wrong NAME VALUE ALLOWED
wrong() {
	export "$1=$2"
	for verb in check run; do
		pelton $verb small.xml
		command="$1='$2' $command"
		check_status 1
		check_err "error: the environment variable $1 is '$2'; $3
hint: correct it, or unset $1"
	done
	unset "$1"
}
for value in abc -1 +5 1.5 '7 ' 0x10 86400001 18446744073709551616 99999999999999999999999; do
	wrong PELTON_EMULATOR_TIMEOUT_MS "$value" "it must be a number of milliseconds, from 0 to 86400000"
done
wrong PELTON_HELPER_LIMIT_S 0 "it must be a number of seconds, from 1 to 86400"
wrong PELTON_EMULATOR_EVENTS x "it must be a descriptor number, from 0 to 1048576"
for name in LOG QUIET WAIT; do
	wrong PELTON_EMULATOR_$name yes "it must be 0 or 1"
done
for value in mappe 'user mapped'; do
	wrong PELTON_DEVICE_BUFFERS "$value" "it must be one of: user mapped"
done
wrong PELTON_CC '  ' "it must not be blank"
wrong PELTON_CXX ' ' "it must not be blank"
libexec=$PELTON_LIBEXEC
wrong PELTON_LIBEXEC /none/at/all "it must be an existing folder"
export PELTON_LIBEXEC=$libexec

# All at once; what is empty counts as not given; what is allowed passes.
PELTON_EMULATOR_LOG=2 PELTON_HELPER_LIMIT_S=x pelton run small.xml
check_status 1
check "two errors" 2 "$(grep -c '^error: ' <<<"$err")"
PELTON_EMULATOR_LOG='' PELTON_DEVICE_BUFFERS='' PELTON_EMULATOR_TIMEOUT_MS='' PELTON_CC='' pelton run small.xml
check_status 0
PELTON_EMULATOR_TIMEOUT_MS=0 PELTON_DEVICE_BUFFERS=mapped PELTON_EMULATOR_WAIT=0 PELTON_HELPER_LIMIT_S=86400 PELTON_CC='gcc -O1' pelton run small.xml
check_status 0

# Commands that compile no graph check too.
PELTON_EMULATOR_LOG=2 pelton emulate -- true
check_status 1
check_err_has "PELTON_EMULATOR_LOG is '2'"
echo 'void k(int *a) { a[0] = 1; }' >k.c
PELTON_HELPER_LIMIT_S=0 pelton xclbin pack -o k.xclbin k.c
check_status 1
check_err_has "PELTON_HELPER_LIMIT_S is '0'"
finish
