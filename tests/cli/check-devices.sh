#!/usr/bin/env bash
# `pelton check` binds FPGA forms where their xclbin or source is there, and says what `pelton run --emulate` would.
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
# form NAME KERNEL FILES ARGUMENTS: a graph with that FPGA form.
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
both few "few.xml:3:1: error: FPGA kernel 'add' in k.c has 3 arguments, but actor 'a' (k) gives it 2
hint: they are 'in', 'out', 'n'"
form order add 'source="k.c"' "<arg port=\"in\"/>$count<arg port=\"out\"/>"
both order "order.xml:3:49: error: argument 1 ('out') of FPGA kernel 'add' in k.c is a pointer, but actor 'a' (k) gives it a value
order.xml:3:70: error: argument 2 ('n') of FPGA kernel 'add' in k.c is a scalar, but actor 'a' (k) gives it a buffer"
form large add 'source="k.c"' "$ports<arg value=\"5000000000\"/>"
both large "large.xml:3:66: error: argument 2 ('n') of FPGA kernel 'add' is uint, but actor 'a' gives it 5000000000 in a call for 1 firing"
form odd odd 'source="k.c"' "$ports$count"
both odd "odd.xml:3:1: error: actor 'a' (k): cannot be a kernel (k.c:2): 'odd' returns something: a kernel returns void"
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
