#!/usr/bin/env bash
# The live line: on a terminal only, erased at the end, with a bar where the length is known.
. "$SOURCE_DIR/tests/cli/support/check.bash"
command -v script >/dev/null || { echo "script(1) is not there: a terminal cannot be had" >&2; exit 77; }

# 1000 tokens are expected, and each needs one from outside: what has come in decides how far it is.
graph half '<in name="x" type="f32"/>
<actor id="source" kernel="bench.source"><set name="tokens" value="1000"/></actor>
<actor id="add" kernel="core.add"/>
<actor id="sink" kernel="bench.sink"/>
<channel from="x" to="add.a"/>
<channel from="source" to="add.b" capacity="1"/>
<channel from="add" to="sink" capacity="1"/>'
mkfifo in screen
# $1: environment of the command
on_terminal() {
	script -qefc "stty cols 100; $1 '$PELTON' run half.xml --in x=in" /dev/null >screen </dev/null 2>/dev/null &
	run=$!
}
# Read the screen until a line has what is wanted.
wait_for() {
	line=''
	while IFS= read -r -d $'\r' -t 60 line <&5; do
		[[ $line =~ $1 ]] && return
	done
}

on_terminal TERM=xterm
exec 5<screen 3>in
head -c 2000 /dev/zero >&3 # 500 tokens
wait_for 'half +50%' # it may be drawn on the way there
command="pelton run on a terminal"
check "bar" "half  50% [##########----------]" "$(grep -oE 'half +[0-9]+% \[[#-]+\]' <<<"$line")"
wait_for 'tokens/s into sink'
check "time and rate" yes "$([[ $line =~ tokens/s\ into\ sink.*\ [0-9]+:[0-9][0-9] ]] && echo yes)"
check "narrower than the terminal" yes "$([ ${#line} -le 105 ] && echo yes)"
head -c 2000 /dev/zero >&3
exec 3>&-
rest=$(cat <&5)
wait $run
check "status" 0 $?
check "the line is erased at the end" $'\r\e[K' "${rest: -4}"
exec 5<&-

# No terminal, or a dumb one: not a byte.
for term in dumb ''; do
	on_terminal "TERM=$term"
	exec 5<screen 3>in
	head -c 4000 /dev/zero >&3
	exec 3>&-
	rest=$(cat <&5)
	wait $run
	check "status with TERM=$term" 0 $?
	check "words with TERM=$term" "" "$rest"
	exec 5<&-
done

# Patience ends there too, though the command looks at the run again and again to draw the line.
script -qefc "stty cols 100; TERM=xterm timeout 60 '$PELTON' run half.xml --in x=in --stall-after 0.5" /dev/null >screen </dev/null 2>/dev/null &
run=$!
exec 5<screen 3>in
rest=$(cat <&5)
command="pelton run --stall-after on a terminal"
wait $run
check "status" 3 $?
check "words" 1 "$(grep -c "stalled: " <<<"$rest")"
exec 5<&- 3>&-

head -c 4000 /dev/zero >in &
TERM=xterm pelton run half.xml --in x=in
check_status 0
check_out ""
check_err ""
finish
