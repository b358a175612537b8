#!/usr/bin/env bash
# Kernels there are, all about one, and the manual's page, which is what the program writes.
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

# A kernel of a module that must be named says how; one that is always there does not.
pelton kernels audio.write
check "module" "audio.write (module audio; stateful; on cpu)
  module audio: <use library=\"audio\"/>" "$(head -n 2 <<<"$out")"
pelton kernels core.scale
check "module" "" "$(grep "<use" <<<"$out")"
graph forgotten '<actor id="s" kernel="bench.source"><set name="tokens" value="9"/></actor>
<actor id="w" kernel="audio.write"><set name="file" value="a.wav"/><set name="rate" value="8000"/></actor><channel from="s" to="w"/>'
pelton check forgotten.xml
check_status 1
check_err "forgotten.xml:3:15: error: there is no kernel 'audio.write'
hint: it is in the module 'audio': add <use library=\"audio\"/>"
sed 's/audio.write/audio.wrote/' forgotten.xml >misspelt.xml
pelton check misspelt.xml
check_err "misspelt.xml:3:15: error: there is no kernel 'audio.wrote'
hint: 'pelton kernels audio' lists the kernels of the module 'audio'"

pelton kernels image.sobl
check_status 1
check_out ""
check_err "error: there is no kernel or module 'image.sobl'
hint: did you mean 'image.sobel'?"

# A folder of modules that is none is said where one is missing.
PELTON_MODULE_PATH=/none:$BUILD_DIR/modules pelton kernels qqqqqqqqqq.wwwwww
check_status 1
check_err "error: there is no kernel or module 'qqqqqqqqqq.wwwwww'
hint: '/none', which is searched for modules, is not a folder: correct PELTON_MODULE_PATH"
graph library '<use library="qqqqqqqqqq"/><actor id="a" kernel="core.counter"/>'
graph kernel '<actor id="a" kernel="core.wwwwwwwwwwwwwww"/>'
PELTON_MODULE_PATH=/none pelton check library.xml
check_err_has "error: there is no module 'qqqqqqqqqq'
hint: '/none', which is searched for modules, is not a folder: correct PELTON_MODULE_PATH"
PELTON_MODULE_PATH=/none pelton check kernel.xml
check_err_has "error: there is no kernel 'core.wwwwwwwwwwwwwww'
hint: '/none', which is searched for modules, is not a folder: correct PELTON_MODULE_PATH"

# A module that cannot be loaded is named, and the others are there all the same.
mkdir bad
echo 'not a module' >bad/broken.so
broken="module 'broken' cannot be loaded: $tmp/bad/broken.so: file too short"
PELTON_MODULE_PATH=$tmp/bad pelton kernels
check_status 0
check_out_has "core.copy"
check_err "warning: $broken"
# Who asks for another module does not hear of it.
for name in core core.copy broke; do
	PELTON_MODULE_PATH=$tmp/bad pelton kernels $name
	check "words on another module" "" "$(grep broken <<<"$err")"
done
for name in broken broken.x; do
	PELTON_MODULE_PATH=$tmp/bad pelton kernels $name
	check_status 1
	check_err_has "error: $broken
error: there is no kernel or module '$name'"
done

pelton kernels --markdown
check_status 0
page=$SOURCE_DIR/docs/kernels.md
if ! difference=$(diff "$page" "$tmp/.out"); then
	check "docs/kernels.md (write it anew: pelton kernels --markdown > docs/kernels.md)" "" "$difference"
fi
finish
