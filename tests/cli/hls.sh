#!/usr/bin/env bash
# Built-in kernels on an emulated device: the bytes of the CPU implementations, for whole streams and for what is left over at the end.
. "$SOURCE_DIR/tests/cli/support/check.bash"
. "$SOURCE_DIR/tests/cli/support/xrt.bash"
need_xrt

perl -e 'srand(7); print pack("f<", rand(2000) - 1000) for 1 .. 30001' >all.raw

# same BYTES TYPE KERNEL [SETTINGS [ATTRIBUTES]]: an actor of that kernel, on tokens of BYTES each
same() {
	head -c $((120004 / $1 * $1)) all.raw >x.raw
	shift
	graph one "<use library=\"image\"/><in name=\"x\" type=\"$1\"/> <out name=\"y\"/><actor id=\"k\" kernel=\"$2\" ${4-}>${3-}</actor>
<channel from=\"x\" to=\"k\"/> <channel from=\"k\" to=\"y\"/>"
	pelton run one.xml --place k=cpu --in x=x.raw --out y=cpu.raw
	check_status 0
	pelton run one.xml --place k=fpga --emulate --in x=x.raw --out y=fpga.raw
	check_status 0
	check_same cpu.raw fpga.raw
	check "$2 writes something" yes "$([ -s fpga.raw ] && echo yes)"
}
set_() { printf '<set name="%s" value="%s"/>' "$1" "$2"; }

same 4 f32 core.scale "$(set_ gain 1.1)$(set_ offset -0.3)" 'copies="2"'
same 4 f32 core.smooth "$(set_ alpha 0.01)"
same 4 f32 core.fir "$(set_ taps 0.1,0.2,0.3,0.2,0.1)"
same 4 f32 core.fir "$(set_ taps 0.1,0.2,0.3,0.2,0.1)$(set_ decimate 3)" 'copies="2"'
same 8 cf32 core.fir "$(set_ taps 0.5,-0.25,1)$(set_ decimate 100)"
same 4 f32 core.convert "$(set_ to i16)"
same 4 f32 core.convert "$(set_ to u64)"
same 8 i64 core.convert "$(set_ to f32)"
same 40 'cf32[5]' core.convert "$(set_ to cf64)"
same 231 'u8[7,11,3]' image.grey
same 437 'u8[19,23]' image.blur "$(set_ radius 2)" 'copies="3"'
same 1 'u8[1,1]' image.sobel '' 'max-batch="9"'
finish
