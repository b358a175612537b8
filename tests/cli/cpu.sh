#!/usr/bin/env bash
# A graph gives the same bytes on each instruction set; one that the machine lacks is refused.
. "$SOURCE_DIR/tests/cli/support/check.bash"

cat >radio.xml <<'END'
<graph xmlns="urn:pelton:graph:1" name="radio">
  <out name="out"/>
  <actor id="re" kernel="bench.source"> <set name="tokens" value="100000"/> </actor>
  <actor id="im" kernel="bench.source"> <set name="tokens" value="100000"/> <set name="seed" value="777"/> </actor>
  <actor id="join" kernel="core.complex_join"/>
  <actor id="narrow" kernel="core.fir"> <set name="taps" value="0.1,0.2,0.3,0.3,0.2,0.1"/> <set name="decimate" value="4"/> </actor>
  <actor id="demod" kernel="dsp.fm_demod"> <set name="gain" value="10000"/> </actor>
  <actor id="smooth" kernel="core.fir"> <set name="taps" value="0.25,0.5,0.25"/> </actor>
  <actor id="round" kernel="core.convert"> <set name="to" value="i16"/> </actor>
  <channel from="re" to="join.re"/> <channel from="im" to="join.im"/> <channel from="join" to="narrow"/>
  <channel from="narrow" to="demod"/> <channel from="demod" to="smooth"/> <channel from="smooth" to="round"/>
  <channel from="round" to="out"/>
</graph>
END
PELTON_CPU=default pelton run radio.xml --out out=want.raw
check_status 0
check "tokens" 50000 "$(stat -c %s want.raw)"
for cpu in avx2 avx512f; do
	PELTON_CPU=$cpu pelton run radio.xml --out out=got.raw
	case $err in
	"error: PELTON_CPU is $cpu, which this machine does not support"*) check_status 1 ;;
	*)
		check_status 0
		check "bytes with $cpu" "" "$(cmp want.raw got.raw 2>&1)"
		;;
	esac
done
PELTON_CPU=sse pelton check radio.xml
check_status 1
check "error" "error: PELTON_CPU is 'sse', but kernels are not built for an instruction set of that name" "${err%%$'\n'*}"
finish
