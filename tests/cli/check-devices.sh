#!/usr/bin/env bash
# `pelton check` binds FPGA implementations where their xclbin or source is there, and says what `pelton run --emulate` would.
. "$SOURCE_DIR/tests/cli/support/check.bash"
if [ ! -e "$BUILD_DIR/pelton-dwarf.so" ]; then
	echo "skipped: no source can be looked at without elfutils"
	exit 77
fi

cat >k.c <<-'TEXT'
	void add(const float *in, float *out, unsigned n) { for (unsigned i = 0; i < n; i++) out[i] = in[i] + 1; }
	int odd(const float *in, float *out, unsigned n) { return 1; }
TEXT
echo 'void broken(' >broken.c
# form NAME KERNEL FILES ARGUMENTS: a graph with that FPGA implementation.
form() {
	graph "$1" "<kernel name=\"k\" stateless=\"true\"><in name=\"in\" type=\"f32\"/><out name=\"out\" type=\"f32\"/>
<fpga kernel=\"$2\" $3>$4</fpga></kernel>
<actor id=\"s\" kernel=\"bench.source\"><set name=\"tokens\" value=\"9\"/></actor>
<actor id=\"a\" kernel=\"k\" on=\"fpga\"/><actor id=\"n\" kernel=\"core.null\"/>
<channel from=\"s\" to=\"a\"/><channel from=\"a\" to=\"n\"/>"
}
ports='<arg port="in"/><arg port="out"/>'
count='<arg value="$batch"/>'

# Both commands say WANTED of the graph.
both() {
	local wanted=$2
	pelton check "$1.xml"
	check_status 1
	check_err "$wanted"
	if [ -x "$BUILD_DIR/pelton-device" ]; then
		pelton run --emulate "$1.xml"
		check_status 1
		check_err "$wanted"
	fi
}

form right add 'source="k.c"' "$ports$count"
pelton check right.xml
check_status 0
check_err ""
form near ad 'source="k.c"' "$ports$count"
both near "near.xml:3:1: error: actor 'a' (k): the sources define no kernel 'ad'
hint: did you mean 'add'?"
form nowhere add 'source="nowhere.c"' "$ports$count"
both nowhere "nowhere.xml:3:1: error: actor 'a' (k): cannot read the source 'nowhere.c': No such file or directory"
form few add 'source="k.c"' "$ports"
both few "few.xml:3:1: error: FPGA kernel 'add' in k.c has 3 arguments, but actor 'a' (k) passes 2
hint: they are 'in', 'out', 'n'"
form order add 'source="k.c"' "<arg port=\"in\"/>$count<arg port=\"out\"/>"
both order "order.xml:3:49: error: argument 1 ('out') of FPGA kernel 'add' in k.c is a pointer, but actor 'a' (k) passes a value
order.xml:3:70: error: argument 2 ('n') of FPGA kernel 'add' in k.c is a scalar, but actor 'a' (k) passes a buffer"
form large add 'source="k.c"' "$ports<arg value=\"5000000000\"/>"
both large "large.xml:3:66: error: argument 2 ('n') of FPGA kernel 'add' is uint, but actor 'a' passes 5000000000
hint: uint: an integer from 0 to 4294967295"
# A number that does not fit its argument, of any width and sign, is refused, each with its line; the least and the most are taken.
echo 'void all(const float *in, float *out, _Bool b, signed char i8, unsigned char u8, short i16, unsigned short u16, int i32, unsigned u32,
	long i64, unsigned long u64, float f) { out[0] = in[0] + b + i8 + u8 + i16 + u16 + i32 + u32 + i64 + u64 + f; }' >all.c
"$PELTON" xclbin pack -o all.xclbin all.c
# all NAME VALUE...: a graph with these values, one a line.
all() {
	local name=$1 values="$ports" value
	shift
	for value; do values+=$'\n'"<arg value=\"$value\"/>"; done
	form "$name" all 'xclbin="all.xclbin"' "$values"
	pelton check "$name.xml"
}
# said GIVEN...: what is said of the arguments that do not fit.
names=(in out b i8 u8 i16 u16 i32 u32 i64 u64 f)
types=(float* float* bool char uchar short ushort int uint long ulong float)
ranges=("" "" "0 or 1" "an integer from -128 to 127" "an integer from 0 to 255" "an integer from -32768 to 32767" "an integer from 0 to 65535"
	"an integer from -2147483648 to 2147483647" "an integer from 0 to 4294967295"
	"an integer from -9223372036854775808 to 9223372036854775807" "an integer from 0 to 18446744073709551615")
said() {
	local number=2 given
	for given; do
		[ "$given" = - ] || echo "$graph_name.xml:$((number + 2)):1: error: argument $number ('${names[number]}') of FPGA kernel 'all' is ${types[number]}, but actor 'a' passes $given${ranges[number]:+
hint: ${types[number]}: ${ranges[number]}}"
		number=$((number + 1))
	done
}
# misfit NAME GIVEN...: `values` are refused like that; -: this one is not.
misfit() {
	graph_name=$1
	shift
	all "$graph_name" "${values[@]}"
	check_status 1
	check_err "$(said "$@")"
}
values=(0 -128 0 -32768 0 -2147483648 0 -9223372036854775807 0 -3.4e38)
all least "${values[@]}"
check_status 0
check_err ""
values=(1 127 255 32767 65535 2147483647 4294967295 9223372036854775807 18446744073709551615 3.4e38)
all most "${values[@]}"
check_status 0
values=(true false true '$batch % 7' '$batch % 7' '$batch' '$batch' '-$batch' '$batch' 16777217)
all other "${values[@]}"
check_status 0
check_err ""
values=(2 128 256 32768 65536 2147483648 4294967296 18446744073709551615 0 1e39)
misfit above 2 128 256 32768 65536 2147483648 4294967296 18446744073709551615 - 1e+39
values=(-1 -129 -1 -32769 -1 -2147483649 -1 0 -1 -1e39)
misfit below -1 -129 -1 -32769 -1 -2147483649 -1 - -1 -1e+39
values=(2 200 -1 40000 -1 3000000000 -1 0 -1 0)
misfit signs 2 200 -1 40000 -1 3000000000 -1 - -1 -
values=(1.0 2.0 2.0 2.5 1e3 2.0 2.0 2.0 2.0 2.0)
real='a real number,'
misfit real "$real 1.0" "$real 2.0" "$real 2.0" "$real 2.5" "$real 1000.0" "$real 2.0" "$real 2.0" "$real 2.0" "$real 2.0" -
# Of what a call is for only where the value depends on it.
values=(0 0 0 0 0 0 '-$batch' 0 '1 - 2 * $batch' 0)
misfit calls - - - - - - "-262144 in a call for 262144 firings" - "-524287 in a call for 262144 firings" -
values=(0 0 0 0 0 0 '$batch - 2' 0 0 0)
misfit single - - - - - - "-1 in a call for 1 firing" - - -
form one add 'source="k.c"' "$ports<arg value=\"-1\"/>"
both one "one.xml:3:66: error: argument 2 ('n') of FPGA kernel 'add' is uint, but actor 'a' passes -1
hint: uint: an integer from 0 to 4294967295"
cp k.c k.txt
form text add 'source="k.txt"' "$ports$count"
both text "text.xml:3:1: error: actor 'a' (k): 'k.txt' is not a source file: its name must end in .c, .cpp, .cc or .cxx"
form odd odd 'source="k.c"' "$ports$count"
both odd "odd.xml:3:1: error: actor 'a' (k): cannot be a kernel (k.c:2): 'odd' returns a value: a kernel must return void"
form broken broken 'source="broken.c"' "$ports$count"
pelton check broken.xml
check_status 1
check_err_has "broken.xml:3:1: error: actor 'a' (k): 'broken.c' does not compile:"
check_err_has "    broken.c:1:1: error: "

# An xclbin that is there is looked into, whatever it is for; where there is none, the source is.
"$PELTON" xclbin pack -o k.xclbin k.c
form inside ad 'xclbin="k.xclbin"' "$ports$count"
both inside "inside.xml:3:1: error: actor 'a' (k): there is no FPGA kernel 'ad' in k.xclbin
hint: did you mean 'add'?"
form either add 'xclbin="later.xclbin" source="k.c"' "$ports$count"
pelton check either.xml
check_status 0
form later add 'xclbin="later.xclbin"' "$ports$count"
pelton check later.xml
check_status 0

# Several graphs, as JSON; and nothing wrong is said where nothing can be compiled.
pelton check --json near.xml right.xml
check_status 1
check_out_has "\"text\": \"actor 'a' (k): the sources define no kernel 'ad'\""
PELTON_CC=/none/cc pelton check right.xml near.xml broken.xml
check_status 0
check_err ""
finish
