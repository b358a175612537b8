#!/usr/bin/env bash
# NaNs on an emulated device: the bytes that the CPU gives.
. "$SOURCE_DIR/tests/cli/support/check.bash"
. "$SOURCE_DIR/tests/cli/support/xrt.bash"
need_xrt
. "$SOURCE_DIR/tests/cli/support/nan.bash"

run_nan want --workers 1
places=()
for actor in fir scale1 scale2 scale3 add smooth widen narrow round; do
	places+=(--place "$actor=fpga")
done
for workers in 1 2; do
	run_nan got --workers $workers --emulate "${places[@]}" --stats=stats.json
	check "bytes, $workers workers" "" "$(diff -rq want got)"
	check "stages on the device" 9 "$(grep -o '"where": "fpga' stats.json | wc -l)"
done
finish
