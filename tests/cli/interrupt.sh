#!/usr/bin/env bash
# A signal while a helper works (a compiler, Graphviz, a device that opens): the command ends in order with 130, and leaves no process and no file.
. "$SOURCE_DIR/tests/cli/support/check.bash"

# What is started instead of the real thing: it says so, then sleeps with a child of its own. Both hold the pipe `alive`.
mkdir fake libexec
cat >fake/hang <<-TEXT
	#!/bin/sh
	exec 9>"$tmp/alive"
	printf '%s\n' "\$PWD" "\$EMCONFIG_PATH" | grep ^/tmp/pelton- >>"$tmp/folders"
	sleep 600 &
	echo >&9
	exec sleep 600
TEXT
chmod +x fake/hang
ln -s hang fake/dot
for part in "$BUILD_DIR"/pelton-* "$BUILD_DIR/hls"; do
	ln -s "$part" libexec/
done
ln -sf "$tmp/fake/hang" libexec/pelton-device
mkfifo alive

cat >k.c <<-'TEXT'
	void k(const float *in, float *out, unsigned n) { for (unsigned i = 0; i < n; i++) out[i] = in[i]; }
TEXT
graph chain '<actor id="src" kernel="core.counter"><set name="tokens" value="4"/></actor>
<actor id="end" kernel="core.null"/>
<channel from="src" to="end"/>'
graph fpga '<kernel name="h" stateless="true"><in name="in" type="f32"/><out name="out" type="f32"/>
<fpga kernel="k" source="k.c"><arg port="in"/><arg port="out"/><arg value="$batch"/></fpga></kernel>
<actor id="s" kernel="bench.source"><set name="tokens" value="1000"/></actor><actor id="a" kernel="h" on="fpga"/>
<actor id="n" kernel="core.null"/><channel from="s" to="a"/><channel from="a" to="n"/>'

# Those private folders that helpers have seen and that are still there.
folders() { for folder in $(cat folders); do [ ! -e "$folder" ] || echo "$folder"; done; }

# interrupt SIGNAL ARGS...: run, wait until a helper works, send the signal, wait for all to be gone.
interrupt() {
	local signal=$1 run line
	shift
	command="SIG$signal: pelton $*"
	exec 8<>alive
	"$PELTON" "$@" >.out 2>.err &
	run=$!
	check "a helper works" 0 "$(read -r -t 60 line <&8; echo $?)"
	exec 7<alive 8>&-
	SECONDS=0
	kill -"$signal" $run
	wait $run
	status=$?
	check "soon" yes "$([ $SECONDS -lt 20 ] && echo yes)"
	check "nobody holds the pipe" "" "$(timeout 20 cat <&7 || echo 'a helper lives')"
	exec 7<&-
}

for signal in INT TERM HUP; do
	PELTON_CC=$tmp/fake/hang interrupt $signal xclbin pack -o k.xclbin k.c
	check_status 130
	check "words" "" "$(cat .err)"
done
PELTON_CC=$tmp/fake/hang interrupt KILL xclbin pack -o k.xclbin k.c
check_status 137
"$PELTON" xclbin pack -o swept.xclbin k.c # the next removes the folder of who was killed
for signal in INT TERM; do
	PATH=$tmp/fake:$PATH interrupt $signal draw chain.xml -o chain.svg
	check_status 130
	check "words" "" "$(cat .err)"
	PATH=$tmp/fake:$PATH interrupt $signal run chain.xml --draw chain.svg
	check_status 130
	check "words" "warning: stopped by SIG$signal" "$(cat .err)"
done
if [ -x "$BUILD_DIR/pelton-device" ] && [ -e "$BUILD_DIR/pelton-dwarf.so" ]; then
	for signal in INT TERM; do
		PELTON_CC=$tmp/fake/hang interrupt $signal run fpga.xml --emulate
		check_status 130
		check "words" "warning: stopped by SIG$signal" "$(cat .err)"
		PELTON_LIBEXEC=$tmp/libexec interrupt $signal run fpga.xml --emulate
		check_status 130
		check "words" "warning: stopped by SIG$signal" "$(cat .err)"
		PELTON_CC=$tmp/fake/hang interrupt $signal doctor
		check_status 130
		PELTON_CC=$tmp/fake/hang interrupt $signal check fpga.xml chain.xml
		check_status 130
		check "words" "" "$(cat .out .err)"
	done
fi
check "folders were made" yes "$([ -s folders ] && echo yes)"
check "folders are left" "" "$(folders)"
check "files" "" "$(ls k.xclbin* chain.svg* 2>/dev/null)"

# Nothing runs without a limit.
PELTON_HELPER_LIMIT_S=1 PELTON_CC=$tmp/fake/hang pelton xclbin pack -o k.xclbin k.c
check_status 1
check_err "error: the compiler '$tmp/fake/hang' did not finish within 1 s and was stopped
hint: set PELTON_HELPER_LIMIT_S to allow it more time"
PELTON_HELPER_LIMIT_S=1 search=$tmp/fake:$PATH pelton draw chain.xml -o chain.svg
check_status 1
check_err "error: the program 'dot' of Graphviz did not finish within 1 s and was stopped
hint: set PELTON_HELPER_LIMIT_S to allow it more time"
PELTON_HELPER_LIMIT_S=1 search=$tmp/fake:$PATH pelton run chain.xml --report r.html
check_status 0
check "the page says why there is no picture" yes "$(has "$(cat r.html)" "did not finish within 1 s")"
finish
