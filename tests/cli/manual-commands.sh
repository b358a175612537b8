#!/usr/bin/env bash
# The command lines that README.md and docs/ show do what is said there: each is run, as it stands, in a folder that has the files it names.
. "$SOURCE_DIR/tests/cli/support/check.bash"
. "$SOURCE_DIR/tests/cli/support/xrt.bash"
export PELTON_MODULE_PATH=$BUILD_DIR/modules PATH=$tmp/bin:$PATH HOME=$tmp/home
photo=/usr/share/xplanet/images/earth.jpg
[ -e "$photo" ] || {
	echo "skipped: $photo is not there; it is of the package xplanet-images"
	exit 77
}
need_xrt

# Not run here, and why. What stands in front of a line is enough.
left_out=(
	'./bootstrap '           # .ci/run, tests/install/run
	'cmake --install '       # tests/house/install.sh
	'cc '                    # the same, and cli-demo-readme, cli-kernel-authors, cli-double-buffer
	'CK_FORK=no ' 'setarch ' # a checked build
	'ctest ' 'gdb '
	'platform='              # set below
	'cd demo; '              # this test's own folder
	'pelton-emulator: '      # what the line before it says
	'PELTON_EMULATOR_WAIT=1 ' # waits for a debugger
	'PELTON_MODULE_PATH=. '  # cli-kernel-authors
	'PELTON='                # hunt-syscalls runs a sample
)
is_left_out() {
	local start
	for start in "${left_out[@]}"; do
		[[ $1 == "$start"* ]] && return
	done
	return 1
}

# ---- the files that they name ----

mkdir -p bin home demo build
ln -s "$PELTON" bin/pelton
ln -s "$SOURCE_DIR/graphs" "$SOURCE_DIR/hls" .
ln -s "$BUILD_DIR" build/release
cat >bin/v++ <<'SH'
#!/bin/sh
# Stands in for the vendor's compiler: checks that sources are there, and links by packing them with the same configuration.
case $1 in
-c) for last; do :; done && cp "$last" "$(echo "$*" | sed 's/.* -o \([^ ]*\) .*/\1/').c" && : >"$(echo "$*" | sed 's/.* -o \([^ ]*\) .*/\1/')" ;;
-l) exec pelton xclbin pack --config edges.cfg -o edges.xclbin hls/blur.c hls/sobel.c ;;
esac
SH
# shellcheck disable=SC2016 # expanded by that script
printf '#!/bin/sh\n[ "$XCL_EMULATION_MODE" = sw_emu ] && [ -s "$1" ]\n' >host
cp host my_xrt_program
chmod +x bin/v++ host my_xrt_program
cp "$photo" cat.jpg
cp "$SOURCE_DIR/tests/sdf3/free/hand_lee_cycle.xml" sdf3.xml
cp sdf3.xml h263decoder.xml
mkdir include
echo 'void vadd(const int *a, const int *b, int *c, int n) { for (int i = 0; i < n; i++) c[i] = a[i] + b[i]; }' >vadd.c
echo 'extern "C" void filter(const float *in, float *out, int n) { for (int i = 0; i < n; i++) out[i] = in[i] * WIDTH; }' >filter.cpp
echo 'extern "C" void mine(const float *in, float *out, int n) { for (int i = 0; i < n; i++) out[i] = in[i]; }' >my_kernel.cpp
head -c 4000 /dev/zero >numbers.f32

# A graph of that name: one that fits the line.
make_graph() {
	local file=$1 line=$2
	case $line in
	*--in*) graph sums '<in name="samples" type="f32"/><out name="sums"/><actor id="a" kernel="core.copy"/>
		<channel from="samples" to="a"/><channel from="a" to="sums"/>' ;;
	*--fix*) graph loop '<actor id="n" kernel="core.counter"><set name="tokens" value="5"/></actor><actor id="add" kernel="core.add"><in name="b" tail="drop"/></actor>
		<actor id="print" kernel="core.print"/><channel from="n" to="add.a"/><channel from="add" to="add.b"/><channel from="add" to="print"/>' ;;
	*filter=fpga* | *blur=fpga*) graph fpga '<actor id="source" kernel="bench.source"><set name="tokens" value="100"/></actor>
		<actor id="filter" kernel="core.scale"/><actor id="blur" kernel="core.scale"/><actor id="sink" kernel="bench.sink"/>
		<channel from="source" to="filter"/><channel from="filter" to="blur"/><channel from="blur" to="sink"/>' ;;
	*) graph plain '<actor id="source" kernel="bench.source"><set name="tokens" value="100"/></actor><actor id="sink" kernel="bench.sink"/>
		<channel from="source" to="sink"/>' ;;
	esac
	for made in sums loop fpga plain; do
		[ ! -e $made.xml ] || mv $made.xml "$file"
	done
}

# ---- the lines ----

count=0
while IFS=$'\t' read -r page line; do
	line=${line%%  #*}
	if [ -z "$line" ] || is_left_out "$line"; then
		continue
	fi
	count=$((count + 1))
	folder=$tmp
	case $line in
	*../graphs/*) folder=$tmp/demo ;;
	esac
	[ "$folder" = "$tmp" ] || cp cat.jpg demo/
	case $line in
	*my-graph.xml*) [[ $line == *import* ]] || make_graph my-graph.xml "$line" ;;
	*' graph.xml'*) make_graph graph.xml "$line" ;;
	*GRAPH*) make_graph GRAPH "$line" && line=${line/=PASS/=fuse} ;;
	esac
	# On a card; here the device is emulated.
	[[ $line == *--xclbin\ * && $line == *' run '* ]] && line+=" --emulate"
	command="$page: $line"
	export platform=xilinx_u250
	(cd "$folder" && eval "timeout 60 $line") >"$tmp/.out" 2>"$tmp/.err" </dev/null
	status=$?
	err=$(cat .err)
	check_status 0
done < <(for page in README.md $(cd "$SOURCE_DIR" && echo docs/*.md); do
	(cd "$SOURCE_DIR" && awk -v page="$page" '/^```sh/ { inside = 1; next } /^```/ { inside = 0 } inside { print page "\t" $0 }' "$page")
done)
check "lines that were run" yes "$([ $count -ge 30 ] && echo yes)"
for file in demo/cat.png fixed.xml run.html run.json run.stats load.svg sums.f32 graph.svg h263.xml edges.cfg edges.xclbin vadd.xclbin all.xclbin my.xclbin; do
	check "$file is written" yes "$([ -s "$file" ] && echo yes)"
done
no_leftovers
finish
