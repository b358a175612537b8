#!/usr/bin/env bash
# The completion knows every option that help tells, and no others. (Of the manual pages tests/house/manual.sh shows the same.)
. "$SOURCE_DIR/tests/cli/support/check.bash"
completion=$SOURCE_DIR/runtime/cli/pelton.bash-completion

# Completion as bash would do it, with the two functions of the package bash-completion that it uses.
_init_completion() {
	words=("${COMP_WORDS[@]}")
	cword=$COMP_CWORD
	cur=${words[cword]}
	prev=${words[cword - 1]}
}
_filedir() { COMPREPLY=("files ${1:-}"); }
compopt() { :; }
. "$completion"

complete_words() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_pelton
}

for name in check plan analyze run draw kernels import emulate doctor help version; do
	pelton help $name
	options=$(grep -oE -- '^  (-., )?--[a-z-]+' <<<"$out" | grep -oE -- '--[a-z-]+' | sort)
	complete_words pelton $name --
	check "completion of $name" "$options" "$(printf '%s\n' "${COMPREPLY[@]}" | sed 's/=$//' | sort -u)"
done
# What it understands depends on what it is to do.
pelton help xclbin
options=$(grep -oE -- '^  (-., )?--[a-z-]+' <<<"$out" | grep -oE -- '--[a-z-]+' | sort)
completed=
for verb in pack show link-config; do
	complete_words pelton xclbin $verb --
	completed+=" ${COMPREPLY[*]}"
done
check "completion of xclbin" "$options" "$(printf '%s\n' $completed | sort -u)"
unset -f pelton # completion calls the program
PATH=$(dirname "$PELTON"):$PATH
complete_words pelton kernels core.sc
check "completion of kernels" "core.scale" "${COMPREPLY[*]}"
complete_words pelton ru
check "completion of commands" "run" "${COMPREPLY[*]}"
complete_words pelton run ''
check "completion of graphs" "files xml" "${COMPREPLY[*]}"
complete_words pelton run g.xml --in a=
check "completion of files" "files " "${COMPREPLY[*]}"
complete_words pelton plan g.xml --dump-after fu
check "completion of passes" "fuse" "${COMPREPLY[*]}"
finish
