#!/usr/bin/env bash
# What v++ is told about a graph's kernels: units by kernel, banks dealt out over the units.
. "$SOURCE_DIR/tests/cli/support/check.bash"
export PELTON_MODULE_PATH=$BUILD_DIR/modules

graph two '<use library="image"/>
<in name="a" type="u8[4,6]"/> <in name="b" type="u8[4,6]"/> <out name="c"/>
<actor id="sum" kernel="core.add" on="fpga"/>
<actor id="blur" kernel="image.blur" on="fpga" copies="3"/>
<actor id="again" kernel="image.blur" on="fpga"/>
<channel from="a" to="sum.a"/> <channel from="b" to="sum.b"/> <channel from="sum" to="blur"/>
<channel from="blur" to="again"/> <channel from="again" to="c"/>'
wanted='# For v++ --link --config. The banks are a suggestion for a card with 4 DDR banks.
[connectivity]
nk=pelton_add_u8:1
nk=pelton_blur:4
sp=pelton_add_u8_1.a:DDR[0]
sp=pelton_add_u8_1.b:DDR[0]
sp=pelton_add_u8_1.out:DDR[0]
sp=pelton_blur_1.in:DDR[1]
sp=pelton_blur_1.out:DDR[1]
sp=pelton_blur_2.in:DDR[2]
sp=pelton_blur_2.out:DDR[2]
sp=pelton_blur_3.in:DDR[3]
sp=pelton_blur_3.out:DDR[3]
sp=pelton_blur_4.in:DDR[0]
sp=pelton_blur_4.out:DDR[0]'
pelton xclbin link-config two.xml
check_status 0
check_err ""
check_out "$wanted"
pelton xclbin link-config two.xml -o two.cfg
check_status 0
check_out ""
check two.cfg "$wanted" "$(cat two.cfg)"

# Constant data and a state are pointers, too; scalars are not.
graph filters '<in name="x" type="f32"/> <out name="y"/>
<actor id="f" kernel="core.fir" on="fpga"><set name="taps" value="1,2"/></actor>
<actor id="s" kernel="core.smooth"><set name="alpha" value="0.5"/></actor>
<channel from="x" to="f"/> <channel from="f" to="s"/> <channel from="s" to="y"/>'
pelton xclbin link-config filters.xml --place s=fpga
check_status 0
check_out '# For v++ --link --config. The banks are a suggestion for a card with 4 DDR banks.
[connectivity]
nk=pelton_fir_f32:1
nk=pelton_smooth_f32:1
sp=pelton_fir_f32_1.in:DDR[0]
sp=pelton_fir_f32_1.out:DDR[0]
sp=pelton_fir_f32_1.taps:DDR[0]
sp=pelton_smooth_f32_1.in:DDR[1]
sp=pelton_smooth_f32_1.out:DDR[1]
sp=pelton_smooth_f32_1.state:DDR[1]'

pelton xclbin link-config two.xml --place sum=cpu --place blur=cpu --place again=cpu
check_status 1
check_out ""
check_err 'error: no actor of the graph is placed on an FPGA
hint: place some with on="fpga" in the graph, or --place ACTOR=fpga'
finish
