#!/usr/bin/env bash
# NaNs: the same bytes, and as many tokens through core.dedup, on each instruction set, by any number of workers, fused or not.
. "$SOURCE_DIR/tests/cli/support/check.bash"
. "$SOURCE_DIR/tests/cli/support/nan.bash"

run_nan want --workers 1
for cpu in default avx2 avx512f; do
	PELTON_CPU=$cpu pelton check nan.xml
	[ "$status" -eq 0 ] || continue
	for workers in 1 2 3; do
		PELTON_CPU=$cpu run_nan "got" --workers $workers
		check "bytes with $cpu, $workers workers" "" "$(diff -rq want got)"
	done
done
# Every actor by itself: no chain, no chunk is the same.
places=()
for actor in fir dedup scale1 scale2 scale3 add join square demod magnitude resample smooth widen narrow round; do
	places+=(--place "$actor=cpu:$((${#places[@]} / 2 % 2))")
done
run_nan got --workers 2 "${places[@]}"
check "bytes, placed in turn" "" "$(diff -rq want got)"

# What is computed has one NaN: quiet, positive, without payload. Integers have none.
check "NaNs" "angle 1, faster 1, filtered 1, followed 1, length 1, once 1, product 1, scaled 1, sum 1, again 1, " "$(
	for name in angle faster filtered followed length once product scaled sum again; do
		perl -e 'undef $/; my %n; (($_ & 0x7fffffff) > 0x7f800000) && $n{$_}++ for unpack "V*", <>;
			print join("", sort map { $_ == 0x7fc00000 ? 1 : sprintf "%08x ", $_ } keys %n)' "want/$name" | xargs printf '%s %s, ' "$name"
	done)"
check "NaNs of 64 bits" "7ff8000000000000" "$(perl -e 'undef $/; my %n; (($_ & 0x7fffffffffffffff) > 0x7ff0000000000000) && $n{$_}++ for unpack "Q<*", <>;
	printf "%016x", $_ for keys %n' want/wide)"

# By hand: f32 1, NaN, inf, -inf, -0, 70000 and what they are as i16; and the angle of a sample that is NaN, or infinite in both parts.
perl -e 'print pack("f<V5", 1, 0xff800001, 0x7f800000, 0xff800000, 0x80000000, 0x4788b800)' >in.f32
run_nan got
check "as i16" "1 0 32767 -32768 0 32767" "$(perl -e 'undef $/; print join " ", unpack "s<*", <>' got/whole)"
check "angles" "7fc00000 7fc00000 7fc00000 7fc00000" "$(perl -e 'undef $/; print join " ", map { sprintf "%08x", $_ } (unpack "V*", <>)[1 .. 4]' got/angle)"
finish
