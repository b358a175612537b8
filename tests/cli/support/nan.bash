# in.f32, tokens of which many are NaN (of any sign and payload, signalling ones too), infinite, subnormal or zeros of both signs; and nan.xml, which
# computes with them in many ways.

perl -e '
	srand 5;
	my @strange = (0x7fc00000, 0xffc00000, 0x7f800001, 0xffbfffff, 0x7fc12345, 0xffffffff, 0x7f800000, 0xff800000, 0, 0x80000000, 1, 0x807fffff);
	for (1 .. 12000) {
		my $dense = int($_ / 1500) % 2 ? 2 : 40;
		print rand() * $dense < 1 ? pack("V", $strange[rand @strange]) : pack("f<", int(rand(200)) - 100);
	}' >in.f32

cat >nan.xml <<'END'
<graph xmlns="urn:pelton:graph:1" name="nan">
  <in name="in"/>
  <out name="filtered"/> <out name="once"/> <out name="scaled"/> <out name="sum"/> <out name="product"/> <out name="angle"/>
  <out name="length"/> <out name="faster"/> <out name="followed"/> <out name="wide"/> <out name="again"/> <out name="whole"/>
  <actor id="fir" kernel="core.fir"> <set name="taps" value="1,2,-3,4,5"/> </actor>
  <actor id="dedup" kernel="core.dedup"/>
  <actor id="scale1" kernel="core.scale"> <set name="gain" value="-0.5"/> </actor>
  <actor id="scale2" kernel="core.scale"> <set name="offset" value="3"/> </actor>
  <actor id="scale3" kernel="core.scale"> <set name="gain" value="1e-38"/> </actor>
  <actor id="add" kernel="core.add"/>
  <actor id="join" kernel="core.complex_join"/>
  <actor id="square" kernel="core.multiply"/>
  <actor id="demod" kernel="dsp.fm_demod"/>
  <actor id="magnitude" kernel="dsp.magnitude"/>
  <actor id="resample" kernel="dsp.resample"> <set name="up" value="3"/> <set name="down" value="2"/> <set name="taps" value="1,2,3,2,1"/> </actor>
  <actor id="smooth" kernel="core.smooth"> <set name="alpha" value="0.25"/> </actor>
  <actor id="widen" kernel="core.convert"> <set name="to" value="f64"/> </actor>
  <actor id="narrow" kernel="core.convert"> <set name="to" value="f32"/> </actor>
  <actor id="round" kernel="core.convert"> <set name="to" value="i16"/> </actor>
  <channel from="in" to="fir"/> <channel from="fir" to="filtered"/> <channel from="fir" to="dedup"/> <channel from="dedup" to="once"/>
  <channel from="in" to="scale1"/> <channel from="scale1" to="scale2"/> <channel from="scale2" to="scale3"/> <channel from="scale3" to="scaled"/>
  <channel from="in" to="add.a"/> <channel from="fir" to="add.b"/> <channel from="add" to="sum"/>
  <channel from="in" to="join.re"/> <channel from="scale2" to="join.im"/>
  <channel from="join" to="square.a"/> <channel from="join" to="square.b"/> <channel from="square" to="product"/>
  <channel from="join" to="demod"/> <channel from="demod" to="angle"/>
  <channel from="join" to="magnitude"/> <channel from="magnitude" to="length"/>
  <channel from="in" to="resample"/> <channel from="resample" to="faster"/>
  <channel from="in" to="smooth"/> <channel from="smooth" to="followed"/>
  <channel from="in" to="widen"/> <channel from="widen" to="wide"/> <channel from="widen" to="narrow"/> <channel from="narrow" to="again"/>
  <channel from="in" to="round"/> <channel from="round" to="whole"/>
</graph>
END
outputs="filtered once scaled sum product angle length faster followed wide again whole"

# run_nan FOLDER [options]: the outputs into that folder.
run_nan() {
	local folder=$1 name ports=()
	shift
	mkdir -p "$folder"
	for name in $outputs; do
		ports+=(--out "$name=$folder/$name")
	done
	pelton run nan.xml --in in=in.f32 "${ports[@]}" "$@"
	check_status 0
}
