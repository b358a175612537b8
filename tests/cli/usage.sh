#!/usr/bin/env bash
# Wrong usage is told exactly, with exit status 2 and nothing on standard output; help is a result.
. "$SOURCE_DIR/tests/cli/support/check.bash"

wrong() {
	local wanted=$1
	shift
	pelton "$@"
	check_status 2
	check_out ""
	check_err "$wanted"
}

wrong "error: unknown command 'rnu'
hint: did you mean 'pelton run'?" rnu
wrong "error: unknown command 'something-else'
hint: 'pelton help' lists the commands" something-else
wrong "error: unknown command '--bad'
hint: 'pelton help' lists the commands" --bad
wrong "error: unknown command ''
hint: 'pelton help' lists the commands" ''
wrong "error: unknown command 'frobnicate'
hint: 'pelton help' lists the commands" help frobnicate
wrong "error: 'pelton run' needs a GRAPH
hint: usage: pelton run GRAPH [OPTIONS]" run
wrong "error: 'pelton emulate' needs a PROGRAM
hint: usage: pelton emulate [OPTIONS] -- PROGRAM..." emulate
wrong "error: 'pelton draw' needs a GRAPH
hint: usage: pelton draw GRAPH -o FILE [OPTIONS]" draw
wrong "error: 'pelton check' needs a GRAPH
hint: usage: pelton check GRAPH... [OPTIONS]" check --json
wrong "error: unexpected argument 'b.xml' of 'pelton run'
hint: usage: pelton run GRAPH [OPTIONS]" run a.xml b.xml
wrong "error: unexpected argument '-z' of 'pelton run'
hint: usage: pelton run GRAPH [OPTIONS]" run a.xml -- -z
wrong "error: unexpected argument 'out.json' of 'pelton run'
hint: did you mean --stats=out.json?" run a.xml --stats out.json
wrong "error: unexpected argument 'x' of 'pelton doctor'
hint: usage: pelton doctor" doctor x
wrong "error: unknown option '--sats' of 'pelton run'
hint: did you mean '--stats'?" run a.xml --sats
wrong "error: unknown option '--sats' of 'pelton run'
hint: did you mean '--stats'?" run a.xml --sats=x
wrong "error: unknown option '--json' of 'pelton run'
hint: 'pelton help run' lists its options" run a.xml --json
wrong "error: unknown option '--xlcbin' of 'pelton run'
hint: did you mean '--xclbin'?" run a.xml --xlcbin a.xclbin
wrong "error: option '--xclbin': '2=' names no file" run a.xml --xclbin 2=
wrong "error: unknown option '--xlcbin' of 'pelton run'
hint: did you mean '--xclbin'?" run a.xml --xlcbin a.xclbin
wrong "error: option '--xclbin': '2=' names no file" run a.xml --xclbin 2=
wrong "error: unknown option '-x' of 'pelton plan'
hint: 'pelton help plan' lists its options" plan -x
wrong "error: option '--workers' needs a value: --workers N" run a.xml --workers
wrong "error: option '--json' takes no value" plan a.xml --json=yes
wrong "error: option '--map' is given twice" run a.xml --map=a --map b
wrong "error: option '--set': 'n' is not NAME=VALUE" run a.xml --set n
wrong "error: option '--set': '=4' is not NAME=VALUE" check a.xml --set =4
wrong "error: option '--place': 'fir' is not ACTOR=WHERE" plan a.xml --place fir
for command_name in check plan analyze run; do
	wrong "error: option '--place' is given twice for 'b': 'cpu' and 'fpga'" $command_name a.xml --place b=cpu --place c=cpu --place=b=fpga
	wrong "error: option '--set' is given twice for 'n': '4' and '4'" $command_name a.xml --set n=4 --set n=4
done
wrong "error: option '--xclbin' is given twice for one device: '0=a.xclbin' and '0=b.xclbin'" \
	run a.xml --xclbin c.xclbin --xclbin 0=a.xclbin --xclbin 1=b.xclbin --xclbin 0=b.xclbin
wrong "error: option '--xclbin' is given twice for all devices: 'a.xclbin' and 'b.xclbin'" run a.xml --xclbin a.xclbin --xclbin b.xclbin
for number in 0 -1 4097 1x '' ' 1' 99999999999999999999; do
	wrong "error: option '--workers': '$number' is not a whole number from 1 to 4096" run a.xml "--workers=$number"
done
for seconds in 0 -1 nan inf 1s ''; do
	wrong "error: option '--stall-after': '$seconds' is not a number of seconds above 0" run a.xml "--stall-after=$seconds"
done
wrong "error: 'pelton draw' needs an output file
hint: usage: pelton draw GRAPH -o FILE [OPTIONS]" draw a.xml
wrong "error: the name 'a.jpg' does not tell the format of the picture
hint: use a name that ends in .svg, .png, .pdf or .dot" draw a.xml -o a.jpg
wrong "error: the name '.svg' does not tell the format of the picture
hint: use a name that ends in .svg, .png, .pdf or .dot" run a.xml --draw .svg
wrong "error: options '--json' and '--markdown' cannot be used together" kernels --json --markdown
wrong "error: options '--json' and '--dump-after' cannot be used together" plan a.xml --json --dump-after=fuse
wrong "error: standard input cannot be both the graph and 'a=-'" run - --in a=-
# What a terminal could obey does not reach it.
wrong "error: unknown command '\\x1b[2J'
hint: 'pelton help' lists the commands" $'\e[2J'

pelton
check_status 2
check_out ""
check_err_has "usage: pelton COMMAND [OPTIONS]"

for form in help --help -h; do
	pelton $form
	check_status 0
	check_err ""
	check_out_has "usage: pelton COMMAND [OPTIONS]"
done
for command_name in check plan analyze run draw kernels import emulate xclbin doctor help version; do
	check_out_has "
  $command_name "
done
for command_name in check plan analyze run draw kernels import emulate xclbin doctor help version; do
	pelton help $command_name
	check_status 0
	check_err ""
	check "usage" "usage: pelton $command_name" "$(head -n 1 <<<"$out" | cut -d ' ' -f 1-3)"
	by_help=$out
	pelton $command_name --help
	check_status 0
	check_out "$by_help"
done
for form in version --version -V; do
	pelton $form
	check_status 0
	check_out "pelton 0.2.0"
	check_err ""
done

# Results that cannot be written are an error; a reader that goes away is not.
"$PELTON" kernels >/dev/full 2>"$tmp/err"
check "status of a full disk" 1 $?
check "words of a full disk" "error: cannot write to standard output: No space left on device" "$(cat "$tmp/err")"
"$PELTON" kernels >&- 2>"$tmp/err"
check "status of a closed output" 1 $?
check "words of a closed output" "error: cannot write to standard output: Bad file descriptor" "$(cat "$tmp/err")"
# The reader has gone for sure: a pipe whose reading end is closed before the program starts.
mkfifo pipe
exec 4<>pipe 5>pipe
exec 4<&-
"$PELTON" kernels >&5 2>"$tmp/err"
check "status of a broken pipe" 0 $?
check "words of a broken pipe" "" "$(cat "$tmp/err")"
exec 5>&-
finish
