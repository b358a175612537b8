#!/usr/bin/env bash
# The kernels there are, all about one, and the manual's page, which is what the program writes.
. "$SOURCE_DIR/tests/cli/support/check.bash"
export PELTON_MODULE_PATH=$BUILD_DIR/modules

pelton kernels
check_status 0
check_err ""
for name in bench.source bench.sink core.copy core.reshape core.head core.interleave core.deinterleave core.print core.scale \
	core.fir core.add core.convert file.read file.write image.read image.write image.grey image.blur image.sobel audio.read \
	audio.write bench.burn dsp.fm_demod; do
	check_out_has "
  $name "
done

pelton kernels core.scale
check_status 0
check_err ""
check "first line" "core.scale (module core; stateless, exact; on cpu and fpga)" "${out%%$'\n'*}"
pelton kernels core.scale --json
check_status 0
check "one kernel" 1 "$(grep -c '"module": ' <<<"$out")"
for key in name module summary doc stateless blocking exact implementations in out params; do
	check_out_has "\"$key\": "
done

pelton kernels image.sobl
check_status 1
check_out ""
check_err "error: there is no kernel or module of kernels 'image.sobl'
hint: did you mean 'image.sobel'?"

# A module that cannot be loaded is named, and the others are there all the same.
mkdir bad
echo 'not a module' >bad/broken.so
PELTON_MODULE_PATH=$tmp/bad pelton kernels core
check_status 0
check_out_has "core.copy"
check_err "warning: module 'broken' cannot be loaded: $tmp/bad/broken.so: file too short"

pelton kernels --markdown
check_status 0
page=$SOURCE_DIR/docs/kernels.md
if ! difference=$(diff "$page" "$tmp/.out"); then
	check "docs/kernels.md (write it anew: pelton kernels --markdown > docs/kernels.md)" "" "$difference"
fi
finish
