#!/usr/bin/env bash
# What `pelton xclbin pack` writes depends on the sources alone, and is there whole or not at all.
. "$SOURCE_DIR/tests/cli/support/check.bash"
if [ ! -e "$BUILD_DIR/pelton-dwarf.so" ]; then
	echo "skipped: nothing can be packed without elfutils"
	exit 77
fi

mkdir -p here/include there/deeper
cat >here/k.cpp <<-'TEXT'
	#include "part.h"
	#include <base.h>
	extern "C" void k(const float *in, float *out, unsigned n)
	{
		for (unsigned i = 0; i < n; i++)
			out[i] = in[i] + offset() + base() + sizeof(__FILE__);
	}
TEXT
echo 'static inline float offset() { return 1; }' >here/part.h
echo 'static inline float base() { return sizeof(__FILE__); }' >here/include/base.h

# The same bytes from any folder, by any path, and wherever the sources lie; by every compiler.
cp -r here there/deeper/copy
for compilers in 'gcc g++' 'clang clang++'; do
	export PELTON_CC=${compilers% *} PELTON_CXX=${compilers#* }
	command -v "$PELTON_CXX" >/dev/null || continue
	pelton xclbin pack -o first.xclbin -I here/include here/k.cpp
	check_status 0
	(cd here && "$PELTON" xclbin pack -o ../second.xclbin -I include k.cpp) || failures=$((failures + 1))
	(cd there/deeper && "$PELTON" xclbin pack -o ../../third.xclbin -I "$tmp/here/include" ../../here/k.cpp) || failures=$((failures + 1))
	(cd / && "$PELTON" xclbin pack -o "$tmp/fourth.xclbin" -I "$tmp/here/include/" "$tmp/here/k.cpp") || failures=$((failures + 1))
	(cd there/deeper/copy && "$PELTON" xclbin pack -o "$tmp/fifth.xclbin" -I ./include ./k.cpp) || failures=$((failures + 1))
	for other in second third fourth fifth; do
		check_same first.xclbin $other.xclbin
	done
	check "no folder of this machine in it" "" "$(strings first.xclbin 2>/dev/null | grep -e "$tmp" -e /tmp/pelton-)"
done
unset PELTON_CXX PELTON_CC

# A compiler is called by the name that was given: of links to one program, clang++ and ccache among them, the name decides what it does.
mkdir bin
cat >bin/either <<-'TEXT'
	#!/bin/sh
	case $0 in
	*/my-cc) exec cc "$@" ;;
	*/my-c++) exec c++ "$@" ;;
	esac
	echo "called as $0" >&2
	exit 1
TEXT
chmod +x bin/either
ln -s either bin/my-cc
ln -s either bin/my-c++
for folder in bin ./bin "$PWD/bin"; do
	PELTON_CC=$folder/my-cc PELTON_CXX=$folder/my-c++ pelton xclbin pack -o linked.xclbin -I here/include here/k.cpp
	check_status 0
done

# Functions with one body are as many kernels: no compiler folds them. In C++, too.
cat >twins.c <<-'TEXT'
	#ifdef __cplusplus
	extern "C" {
	#endif
	void one(const int *in, int *out, unsigned n) { for (unsigned i = 0; i < n; i++) out[i] = in[i] + 1; }
	void two(const int *in, int *out, unsigned n) { for (unsigned i = 0; i < n; i++) out[i] = in[i] + 1; }
	void three(const int *from, int *to, unsigned count) { for (unsigned i = 0; i < count; i++) to[i] = from[i] + 1; }
	#ifdef __cplusplus
	}
	#endif
TEXT
cp twins.c twins.cpp
for compilers in 'gcc g++' 'gcc clang++' 'clang g++' 'clang clang++'; do
	command -v "${compilers% *}" >/dev/null && command -v "${compilers#* }" >/dev/null || continue
	for source in twins.c twins.cpp; do
		PELTON_CC=${compilers% *} PELTON_CXX=${compilers#* } pelton xclbin pack -o twins.xclbin $source
		check_status 0
		pelton xclbin show twins.xclbin
		check "kernels of $source by $compilers" "one three two" "$(sed -n 's/^ *kernel \([a-z]*\).*/\1/p' <<<"$out" | xargs)"
	done
done

# The compiler's words name files as they were given.
echo 'void k(int *a) { a[0] = nothing; }' >here/bad.c
pelton xclbin pack -o bad.xclbin here/bad.c
check_status 1
check_err_has "error: 'here/bad.c' does not compile:"
check_err_has "    here/bad.c:1:25: error: "
echo '#include "wrong.h"' >here/bad.c
echo 'int a = nothing;' >here/include/wrong.h
pelton xclbin pack -o bad.xclbin -I here/include here/bad.c
check_status 1
check_err_has "here/include/wrong.h:1:9: error: "
check "file" no "$([ -e bad.xclbin ] && echo yes || echo no)"

# A function of the same name in the C library is not what a kernel is.
cat >times.c <<-'TEXT'
	void times(const float *in, float *out, unsigned n) { for (unsigned i = 0; i < n; i++) out[i] = in[i] * 3; }
TEXT
graph clash '<kernel name="t" stateless="true"><in name="in" type="f32"/><out name="out" type="f32"/>
<fpga kernel="times" source="times.c"><arg port="in"/><arg port="out"/><arg value="$batch"/></fpga></kernel>
<in name="x" type="f32"/><out name="y"/><actor id="a" kernel="t"/>
<channel from="x" to="a"/><channel from="a" to="y"/>'
if [ -x "$BUILD_DIR/pelton-device" ]; then
	printf '\0\0\200\77\0\0\0\100' >one-two # 1, 2
	pelton run clash.xml --emulate --in x=one-two --out y=three-six
	check_status 0
	check "3, 6" "00 00 40 40 00 00 c0 40" "$(od -An -tx1 three-six | sed 's/^ *//')"
fi

# A disk that is full, a limit: the reason is said, the old file stays, nothing is left beside it.
pelton xclbin pack -o /dev/full times.c
check_status 1
check_err "error: cannot write '/dev/full': No space left on device"
pelton xclbin pack -o none/k.xclbin times.c
check_status 1
check_err "error: cannot write 'none/k.xclbin': No such file or directory"
mkdir full
if unshare -m true 2>/dev/null; then
	command="pelton xclbin pack, on a full disk"
	unshare -m sh -c 'mount -t tmpfs -o size=8k none full && echo old >full/k.xclbin &&
		"$PELTON" xclbin pack -o full/k.xclbin times.c; echo $?; cat full/k.xclbin; ls full' >.out 2>.err
	check "status, old file, files" "1 old k.xclbin" "$(echo $(cat .out))"
	check "words" "error: cannot write 'full/k.xclbin': No space left on device" "$(cat .err)"
fi
command="pelton xclbin pack, ulimit -f"
echo old >k.xclbin
(ulimit -f 8; "$PELTON" xclbin pack -o k.xclbin times.c 2>&1 | cat >.err; exit "${PIPESTATUS[0]}")
check "status" 1 $?
check "words" yes "$(has "$(cat .err)" "File too large")"
check "old file" old "$(cat k.xclbin)"
check "files" "k.xclbin" "$(echo k.xclbin*)"
ln -s k.xclbin link.xclbin
pelton xclbin pack -o link.xclbin times.c
check_status 0
check "link" k.xclbin "$(readlink link.xclbin)"
check "new file" xclbin2 "$(head -c 7 k.xclbin)"
finish
