#!/usr/bin/env bash
# pelton xclbin: what is packed is what the sources say, and all that cannot be packed or shown is refused with its reason.
. "$SOURCE_DIR/tests/cli/support/check.bash"
. "$SOURCE_DIR/tests/cli/support/xrt.bash"
need_xrt

# One line for each argument of kernel $2 in file $1: name kind type offset size.
args() {
	pelton xclbin show --json "$1"
	grep -F "{\"name\": \"$2\", \"control\"" <<<"$out" | grep -oE '\{"name": "[^"]*", "kind"[^}]*' |
		sed -E 's/[^:]*: "([^"]*)", "kind": "([^"]*)", "type": "([^"]*)", "offset": ([0-9]*), "size": ([0-9]*)/\1 \2 \3 \4 \5/'
}
# One line for each kernel of file $1: its name, and its compute units with the banks of their arguments.
units() {
	pelton xclbin show --json "$1"
	sed -nE 's/^    \{"name": "([^"]*)", "control".*"cus": (.*)\},?$/\1 \2/p' <<<"$out" |
		sed -E 's/[[{]+"name": "([^"]*)", "base": [0-9]*, "banks": \[([^]]*)\][]}]*/\1(\2)/g; s/, / /g; s/"//g'
}
pack() { pelton xclbin pack -o out.xclbin "$@"; }
packs() {
	rm -f out.xclbin
	pack "$@"
	check_status 0
	check_err ""
}
# Refused with these words: status 1, and no file.
refuses() {
	local wanted=$1
	shift
	rm -f out.xclbin
	pack "$@"
	check_status 1
	check_err "$wanted"
	check "files left" "" "$(find . -name 'out.xclbin*')"
}
# The same of one source in language $1 whose text is $2.
refuses_text() {
	printf '%s\n' "$2" >"text.$1"
	refuses "$3" "text.$1" "${@:4}"
}

# ---- types ----

cat >types.c <<'C'
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
enum mode { SLOW, FAST };
enum sign { MINUS = -1, PLUS };
typedef float sample;
typedef sample gain_type;
struct pair { int a, b; };
void scalars(char a, signed char b, unsigned char c, short d, unsigned short e, int f, unsigned g, long h, unsigned long i,
	     long long j, unsigned long long k, float l, double m, bool n, int8_t o, uint16_t p, size_t q, gain_type r,
	     enum mode s, enum sign t, const volatile int u)
{
}
void pointers(char *a, const unsigned char *b, short *c, const uint16_t *restrict d, int *e, unsigned *f, int64_t *g,
	      uint64_t *h, float *i, double *j, bool *k, sample *l, void *m, const struct pair *n, int **o, int p[16],
	      enum mode *q, volatile int *r, float s[4][4])
{
}
void none(void)
{
}
C
packs types.c
check "scalars" 'a scalar char 16 4
b scalar char 24 4
c scalar uchar 32 4
d scalar short 40 4
e scalar ushort 48 4
f scalar int 56 4
g scalar uint 64 4
h scalar long 72 8
i scalar ulong 84 8
j scalar long 96 8
k scalar ulong 108 8
l scalar float 120 4
m scalar double 128 8
n scalar bool 140 4
o scalar char 148 4
p scalar ushort 156 4
q scalar ulong 164 8
r scalar float 176 4
s scalar uint 184 4
t scalar int 192 4
u scalar int 200 4' "$(args out.xclbin scalars)"
check "pointers" 'a pointer char* 16 8
b pointer uchar* 28 8
c pointer short* 40 8
d pointer ushort* 52 8
e pointer int* 64 8
f pointer uint* 76 8
g pointer long* 88 8
h pointer ulong* 100 8
i pointer float* 112 8
j pointer double* 124 8
k pointer bool* 136 8
l pointer float* 148 8
m pointer void* 160 8
n pointer void* 172 8
o pointer void* 184 8
p pointer int* 196 8
q pointer uint* 208 8
r pointer int* 220 8
s pointer void* 232 8' "$(args out.xclbin pointers)"
check "no arguments" "" "$(args out.xclbin none)"

# ---- which functions are kernels ----

mkdir include
echo 'static inline void one_more(int *a) { ++*a; } void from_header(int *a);' >include/more.h
cat >two.c <<'C'
#include "more.h"
static void hidden(int *a) { *a = SCALE; }
int returns(int a) { return a; }
void takes_any(const char *format, ...) { (void)format; }
void one(int *a, int n) { *a = n; hidden(a); one_more(a); }
void two(float *x) { *x = 1; }
C
echo 'void three(int *a) { *a = 3; }' >three.c
packs -I include -D SCALE=3 two.c three.c
check "kernels" 'one one_1(bank0 null)
three three_1(bank0)
two two_1(bank0)' "$(units out.xclbin)"
packs -Iinclude -DSCALE=3 --kernel two --cu three=2 --kernel three two.c three.c
check "chosen kernels" 'three three_1(bank0) three_2(bank0)
two two_1(bank0)' "$(units out.xclbin)"

cat >names.cpp <<'C'
#include <cstdint>
using number = std::int32_t;
enum class level : std::uint8_t { low };
template <typename T> void generic(T *p) { *p = 0; }
struct thing { void method(int *a); };
void thing::method(int *a) { generic(a); }
void mangled(int *a) { thing().method(a); }
extern "C" {
void plain(const number *a, level l, char16_t w, bool y) {}
}
namespace inner {
extern "C" void within(number n) {}
}
C
packs names.cpp three.c
check "kernels in C++" 'plain plain_1(bank0 null null null)
three three_1(bank0)
within within_1(null)' "$(units out.xclbin)"
check "arguments in C++" 'a pointer int* 16 8
l scalar uchar 28 4
w scalar ushort 36 4
y scalar bool 44 4' "$(args out.xclbin plain)"
refuses "error: cannot be a kernel (names.cpp:7): 'mangled' is a C++ function: declare it extern \"C\"" names.cpp --kernel mangled
refuses "error: cannot be a kernel (two.c:3): 'returns' returns a value: a kernel must return void" \
	-Iinclude -DSCALE=3 two.c --kernel returns
refuses "error: the sources define no kernel 'hidden'
hint: 'hidden' in 'two.c' is static, so nothing outside that file can call it: remove 'static'" -Iinclude -DSCALE=3 two.c --kernel hidden
refuses "error: the sources define no kernel 'thre'
hint: did you mean 'three'?" three.c --cu thre=2

no_kernel() { refuses_text "$1" "$2" "error: cannot be a kernel (text.$1:1): $3" --kernel k; }
argument() { no_kernel "$1" "$2" "argument 'x' of 'k' is $3, which is neither a number nor a pointer to data"; }
argument c 'void k(long double x) {}' 'long double'
argument c 'void k(__int128 x) {}' __int128
argument c 'void k(float _Complex x) {}' 'complex float'
argument c 'struct s { int a; }; void k(struct s x) {}' s
argument c 'void k(void (*x)(void)) {}' 'a pointer to a function'
argument cpp 'extern "C" void k(int &x) {}' 'a reference'
no_kernel c 'void k(int n, ...) {}' "'k' is variadic: a kernel must have a fixed number of arguments"
refuses_text c 'int x;' "error: the sources define no kernel
hint: a kernel is a function that is not static, returns void, and takes numbers and pointers"
refuses_text c 'int k(void) { return 0; }' "error: the sources define no kernel
hint: 'k' returns a value: a kernel must return void"
list() { seq -f 'double *a%.0f' -s, "$1"; }
refuses_text c "void k($(list 129)) {}" "error: kernel 'k' has 129 arguments; at most 128 are possible"
echo "void k($(list 128)) {}" >text.c
packs text.c
check "arguments" 128 "$(args out.xclbin k | wc -l)"

# ---- what does not compile or link ----

echo 'void k(int *a) { *a = missing; }' >text.c
# The compiler's words differ from one to the next.
refuses_begin() {
	rm -f out.xclbin
	pack "${@:2}"
	check_status 1
	check_err_has "$1"
	check "files left" "" "$(find . -name 'out.xclbin*')"
}
refuses_begin "error: 'text.c' does not compile:
    text.c: In function" text.c three.c
check_err_has "text.c:1:23: error:"
echo 'void outside(void); void k(int *a) { outside(); }' >text.c
refuses_begin "error: the kernels cannot be linked:" text.c
check_err_has "undefined reference to \`outside'"
cp three.c again.c
refuses_begin "multiple definition of \`three'" three.c again.c
refuses "error: cannot read the source 'none.c': No such file or directory" none.c
PELTON_CC=/none/cc refuses "error: cannot start the compiler '/none/cc': No such file or directory
hint: install a C compiler (package gcc), or name yours in PELTON_CC and PELTON_CXX" three.c
pelton xclbin pack -o none/out.xclbin three.c
check_status 1
check_err "error: cannot write 'none/out.xclbin': No such file or directory"

# A failure leaves the file that was there.
packs three.c
cp out.xclbin before.xclbin
pack text.c
check_status 1
check_same before.xclbin out.xclbin

# ---- units and banks ----

echo 'void one(int *a, float *b, int n) { *a = n; *b = 0; }' >one.c
packs --cu one=3 one.c three.c
check "units" 'one one_1(bank0 bank0 null) one_2(bank0 bank0 null) one_3(bank0 bank0 null)
three three_1(bank0)' "$(units out.xclbin)"
cat >link.cfg <<'CFG'
# as for v++
platform=anything
[advanced]
nk=nothing:7
[connectivity]
; sp= before nk= is as good
sp = left.a:DDR[1]
sp=left.b:DDR[2]
sp=right.m_axi_gmem0:HBM[3:4]
sp=three_1.a:bank1
nk=one:2:left.right
slr=left:SLR0
CFG
packs --config link.cfg one.c three.c
check "units of the configuration" 'one left(bank1 bank2 null) right(bank3 bank3 null)
three three_1(bank1)' "$(units out.xclbin)"
pelton xclbin show --json out.xclbin
check_out_has '{"tag": "bank3", "used": true, "base": 12884901888, "bytes": 4294967296}'

config() {
	printf '[connectivity]\n%s\n' "$1" >bad.cfg
	refuses "$2" --config bad.cfg one.c three.c
}
bad() { config "$1" "bad.cfg:2:1: error: $2"; }
bad 'nk=one:' "nk= must be KERNEL:NUMBER or KERNEL:NUMBER:NAME.NAME: 'one:'"
bad 'nk=one:two' "nk= must be KERNEL:NUMBER or KERNEL:NUMBER:NAME.NAME: 'one:two'"
bad 'nk=one:129' "nk= must be KERNEL:NUMBER or KERNEL:NUMBER:NAME.NAME: 'one:129'"
bad 'nk=one:0' "kernel 'one' cannot have 0 compute units; 1 to 128 are possible"
bad 'nk=four:1' "nk= names a kernel that the sources do not define: 'four'"
bad 'nk=one:2:x' "nk= requests 2 compute units of kernel 'one' but names 1"
bad 'nk=one:1:x.y' "nk= requests 1 compute unit of kernel 'one' but names 2"
bad 'nk=one:2:x.' "'' cannot be the name of a compute unit"
bad 'nk=one:1:a b' "'a b' cannot be the name of a compute unit"
bad 'sp=one_1.a' "sp= must be UNIT.ARGUMENT:BANK: 'one_1.a'"
bad 'sp=one_1:DDR[0]' "sp= must be UNIT.ARGUMENT:BANK: 'one_1:DDR[0]'"
bad 'sp=one_1.a:DDR[64]' "sp= must be UNIT.ARGUMENT:BANK: 'one_1.a:DDR[64]'"
bad 'sp=one_1.a:0' "sp= must be UNIT.ARGUMENT:BANK: 'one_1.a:0'"
bad 'sp=one_2.a:DDR[0]' "sp= names an unknown compute unit: 'one_2'"
bad 'sp=one_1.n:DDR[0]' "sp= names an argument that is not a pointer argument of its kernel: 'n'"
bad 'sc=one_1.a:three_1.a' "streams between kernels cannot be emulated yet: 'one_1.a:three_1.a'"
bad 'nonsense' "a line must be KEY=VALUE: 'nonsense'"
config 'nk=one:2:x.x' "error: two compute units are called 'x': of kernel 'one' and of kernel 'one'"
config $'nk=one:1:x\nnk=three:1:x' "error: two compute units are called 'x': of kernel 'one' and of kernel 'three'"
config $'nk=one:100\nnk=three:29' "error: the kernels have 129 compute units in total; an xclbin can hold 128"
refuses "error: cannot read the configuration 'none.cfg': there is no such file" --config none.cfg three.c
long=$(printf 'k%.0s' {1..31})
refuses_text c "void $long(int *a) {}" \
	"error: the names of kernel '$long' and its compute unit '${long}_1' have more than 63 characters in total"

# ---- the same bytes ----

packs -I include -D SCALE=3 --cu one=2 two.c names.cpp three.c
mv out.xclbin first.xclbin
packs -I include -D SCALE=3 --cu one=2 two.c names.cpp three.c
check_same first.xclbin out.xclbin
identity() { sed -n 's/^uuid *//p' <<<"$out"; }
pelton xclbin show first.xclbin
first=$(identity)
packs three.c
pelton xclbin show out.xclbin
check "another identity" yes "$([ "$first" != "$(identity)" ] && echo yes)"

# ---- show ----

pelton xclbin show out.xclbin
check_out_has "mode      sw_emu"
check_out_has "kernel three (ap_ctrl_hs)
  argument 0   a                pointer  int*         register 0x010, 8 bytes
  unit three_1 at 0x1800000, a in bank0"
shows() {
	pelton xclbin show "$1"
	check_status 1
	check_out ""
	check_err "$2"
	pelton xclbin show --json "$1"
	check_status 1
	check_out ""
	check_err "$2"
}
size=$(stat -c %s out.xclbin)
shows none.xclbin "error: cannot read the xclbin 'none.xclbin': there is no such file"
shows . "error: cannot read the xclbin '.': it is a directory"
shows one.c "one.c: error: not a valid xclbin: it does not begin with 'xclbin2'"
: >empty.xclbin
shows empty.xclbin "empty.xclbin: error: not a valid xclbin: it does not begin with 'xclbin2'"
head -c 100 out.xclbin >short.xclbin
shows short.xclbin "short.xclbin: error: not a valid xclbin: it ends after 100 bytes, within its header of 456"
head -c 5000 out.xclbin >short.xclbin
shows short.xclbin "short.xclbin: error: not a valid xclbin: its header gives a size of $size bytes, but it has 5000: a part is missing"
perl -pe 's/"three_1"><addr/"three_2"><addr/' out.xclbin >other.xclbin
shows other.xclbin "other.xclbin: error: not a valid xclbin: compute unit 'three_2' of kernel 'three' is in its metadata, but not in its IP_LAYOUT"
pelton xclbin show out.xclbin three.c
check_status 2
check_err_has "'pelton xclbin show' needs one xclbin"
pelton xclbin show --cu three=1 out.xclbin
check_status 2
check_err_has "'pelton xclbin show' has no option '--cu'"

# ---- usage ----

usage() {
	local wanted=$1
	shift
	pelton xclbin "$@"
	check_status 2
	check_err_has "$wanted"
}
usage "'pelton xclbin pack' needs an output file: -o FILE.xclbin" pack three.c
usage "'pelton xclbin pack' needs sources: HLS C or C++ files" pack -o x.xclbin
for text in three three= =1 three=0 three=129 three=1x; do
	usage "option '--cu': '$text' is not KERNEL=NUMBER, from 1 to 128" pack -o x.xclbin --cu "$text" three.c
done
usage "'pelton xclbin' has no action 'pakc'" pakc three.c
check_err_has "did you mean 'pelton xclbin pack'?"

# ---- a kernel that does not come back ----

echo '#include <stdlib.h>
void one(const float *a, float *b, int n) { if (n) abort(); *b = *a; }' >abort.c
packs abort.c
check "units" 'one one_1(bank0 bank0 null)' "$(units out.xclbin)"
graph aborts '<kernel name="one" stateless="true"><in name="a" type="f32"/><out name="b" type="f32"/>
<fpga kernel="one" source="abort.c"><arg port="a"/><arg port="b"/><arg value="1"/></fpga></kernel>
<in name="x"/><out name="y"/><actor id="dies" kernel="one"/>
<channel from="x" to="dies"/><channel from="dies" to="y"/>'
head -c 4096 /dev/zero >x.f32
pelton run aborts.xml --emulate --xclbin out.xclbin --in x=x.f32 --out y=y.f32
check_status 1
check_err "aborts.xml:4:30: error: actor 'dies' (one): call 1: kernel 'one' (CU one_1) crashed: aborted"

# ---- link-config ----

graph link '<actor id="source" kernel="bench.source"><set name="tokens" value="100"/></actor>
<actor id="a" kernel="core.scale"/><actor id="b" kernel="core.scale"/>
<actor id="sink" kernel="bench.sink"/>
<channel from="source" to="a"/><channel from="a" to="b"/><channel from="b" to="sink"/>'
pelton xclbin link-config link.xml
check_status 1
check_err "error: no actor of the graph is placed on an FPGA
hint: place some with on=\"fpga\" in the graph, or --place ACTOR=fpga"
pelton xclbin link-config link.xml --place a=fpga --place b=fpga
check_status 0
check_out "# For v++ --link --config. The banks are a suggestion for a card with 4 DDR banks.
[connectivity]
nk=pelton_scale_f32:2
sp=pelton_scale_f32_1.in:DDR[0]
sp=pelton_scale_f32_1.out:DDR[0]
sp=pelton_scale_f32_2.in:DDR[1]
sp=pelton_scale_f32_2.out:DDR[1]"
wanted=$out
pelton xclbin link-config link.xml --place a=fpga --place b=fpga -o link-out.cfg
check_status 0
check_out ""
check "the file" "$wanted" "$(cat link-out.cfg)"
# Which the packer understands.
packs --config link-out.cfg "$SOURCE_DIR/hls/scale.c" --kernel pelton_scale_f32
check "units" 'pelton_scale_f32 pelton_scale_f32_1(bank0 bank0 null null null) pelton_scale_f32_2(bank1 bank1 null null null)' \
	"$(units out.xclbin)"

# What the compiler reads is not written over, by whatever name.
mkdir 'with $ space'
echo '#define GAIN 2' >'with $ space/gain #1.h'
ln -s 'with $ space/gain #1.h' gain.h
printf '#include "gain #1.h"\nvoid gain(int *a) { *a *= GAIN; }\n' >gain.c
for name in 'with $ space/gain #1.h' gain.h; do
	pelton xclbin pack -I 'with $ space' -o "$name" two.c gain.c -Iinclude -DSCALE=3
	check_status 1
	check_err "error: the xclbin would overwrite '$name', which the compiler reads for 'gain.c'
hint: write to another file"
done
check "header" '#define GAIN 2' "$(cat 'with $ space/gain #1.h')"
echo old >old.xclbin
pelton xclbin pack -I 'with $ space' -o old.xclbin gain.c
check_status 0
check "old file" "" "$(grep -x old old.xclbin)"

# Another compiler, and one with options of its own.
printf 'void one(const float *a, float *b, int n) { for (int i = 0; i < n; i++) b[i] = a[i]; }\n' >other.c
for compiler in clang 'gcc -O0'; do
	command -v "${compiler%% *}" >/dev/null || continue
	PELTON_CC=$compiler pelton xclbin pack -o other.xclbin other.c
	check_status 0
	pelton xclbin show other.xclbin
	check_out_has "kernel one"
	check_out_has "float*"
done

no_leftovers
finish
