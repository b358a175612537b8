#!/usr/bin/env bash
# examples/double-buffer: the XRT program by hand and the graph come to the same.
. "$SOURCE_DIR/tests/cli/support/check.bash"
. "$SOURCE_DIR/tests/cli/support/xrt.bash"
need_xrt
example=$SOURCE_DIR/examples/double-buffer

# The line that the program's own comment gives.
cc -O2 -Wall -Wextra -Werror -o by-hand "$example/by-hand/by-hand.c" -I/usr/include/xrt -lxrt_coreutil
check "by-hand.c is compiled" 0 $?
pelton xclbin pack -o scale.xclbin "$example/kernels/scale.c"
check_status 0
pelton emulate -- ./by-hand scale.xclbin 300000 65536
check_status 0
by_hand=$(sed -E 's/count ([0-9]+) checksum ([0-9]+) .*/\1 \2/' <<<"$out")
for options in "" "--xclbin scale.xclbin"; do
	# shellcheck disable=SC2086 # options are words
	pelton run "$example/scale.xml" --emulate --set tokens=300000 --set block=65536 --stats $options
	check_status 0
	check_err ""
	check "count and checksum ($options)" "$by_hand" \
		"$(sed -nE 's/.*"count": ([0-9]+), "checksum": ([0-9]+).*/\1 \2/p' <<<"$out")"
done
no_leftovers
finish
