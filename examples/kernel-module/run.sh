#!/usr/bin/env bash
# Runs the example in EXAMPLE_BUILD, from C and with the command (PELTON), and checks the output.
set -euo pipefail
graph=$EXAMPLE_DIR/collatz.xml modules=$EXAMPLE_BUILD

# CMake also builds the module. If only the program was built, build the module with the command in kernels/collatz.c.
if [ ! -e "$modules/pelton-collatz.so" ]; then
	modules=$PWD
	# shellcheck disable=SC2046 # flags are words
	cc -std=c17 -O2 -ffp-contract=off -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror \
		-o pelton-collatz.so "$EXAMPLE_DIR/kernels/collatz.c" $(pkg-config --cflags --libs pelton)
fi

# The first numbers of sequence A006877 of the On-Line Encyclopedia of Integer Sequences; 871 needs 178 steps.
cat >expected <<'TEXT'
1
2
3
6
7
9
18
25
27
54
73
97
129
171
231
313
327
649
703
871
TEXT

"$EXAMPLE_BUILD/kernel-module" "$graph" "$modules" above=0 >said
{
	tail -n +2 expected # 1 needs no step at all
	printf 'records.%s\n' 'records = 19' 'number = 871' 'steps = 178'
} | diff - said

# The same with the command, if there is one.
if [ -n "${PELTON:-}" ]; then
	PELTON_MODULE_PATH=$modules "$PELTON" run "$graph" --set above=0 --out record=records.u64
	od -An -v -t u8 -w8 records.u64 | tr -d ' ' | diff <(tail -n +2 expected) -
fi

# If a kernel rejects a parameter, the message names the actor.
status=0
"$EXAMPLE_BUILD/kernel-module" "$graph" "$modules" above=-1 2>errors || status=$?
cat errors
[ "$status" -eq 1 ]
grep -q "is -1; it must be 0 or more" errors
