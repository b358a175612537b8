#!/usr/bin/env bash
# A file that is written has no other user: refused before anything is changed, whatever names the file goes by.
. "$SOURCE_DIR/tests/cli/support/check.bash"

graph pass '<in name="x" type="u8"/><out name="y"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>'
graph two '<in name="x" type="u8"/><out name="y"/><out name="z"/>
<actor id="copy" kernel="core.copy"/>
<channel from="x" to="copy"/>
<channel from="copy" to="y"/>
<channel from="copy" to="z"/>'
graph files '<param name="from" type="string" value="a"/><param name="to" type="string" value="b"/>
<actor id="r" kernel="file.read"><set name="file" value="$from"/><set name="type" value="u8"/></actor>
<actor id="w" kernel="file.write"><set name="file" value="$to"/></actor>
<channel from="r" to="w"/>'
graph fir '<in name="x" type="f32"/><out name="y"/>
<actor id="fir" kernel="core.fir"><set name="taps" value="file:taps.txt"/></actor>
<channel from="x" to="fir"/>
<channel from="fir" to="y"/>'
graph outer '<in name="x"/><out name="y"/>
<actor id="inner" graph="pass.xml"/>
<channel from="x" to="inner"/>
<channel from="inner" to="y"/>'
echo '<map xmlns="urn:pelton:map:1"><place actor="copy" on="cpu:0"/></map>' >map.xml
echo 1 >taps.txt
head -c 100000 /dev/urandom >original
mkdir sub

fresh() {
	rm -rf a b new l
	cp original a
	echo old >b
}

# refused STATUS WORDS ARGS...: and nothing has changed.
refused() {
	local wanted=$1 words=$2
	shift 2
	find . -type f ! -name '.*' -exec md5sum {} + | sort >.before
	pelton "$@"
	check_status "$wanted"
	check_err "$words"
	find . -type f ! -name '.*' -exec md5sum {} + | sort >.after
	check "files" "" "$(diff .before .after)"
}

# ---- a report, or an output, over what is read ----

fresh
for option in --stats=a --trace=a; do
	refused 1 "error: option '${option%=*}' would overwrite 'a', which input port 'x' reads
hint: write to another file" run pass.xml --in x=a --out y=b $option
done
ln -s a l
ln a hard
refused 1 "error: option '--trace' would overwrite 'l', which input port 'x' reads (as 'a')
hint: write to another file" run pass.xml --in x=a --out y=b --trace l
refused 1 "error: option '--trace' would overwrite 'hard', which input port 'x' reads (as './a')
hint: write to another file" run pass.xml --in x=./a --out y=b --trace hard
refused 1 "error: output port 'y' would overwrite 'sub/../a', which input port 'x' reads (as 'a')
hint: write to another file" run pass.xml --in x=a --out y=sub/../a
"$PELTON" run pass.xml --in x=- --out y=a <a >/dev/null 2>err
check "status" 1 $?
check "standard input" "error: output port 'y' would overwrite 'a', which input port 'x' reads (as standard input)
hint: write to another file" "$(cat err)"
"$PELTON" run pass.xml --in x=a --out y=- >>a 2>err
check "status" 1 $?
check "standard output" "error: output port 'y' would overwrite standard output, which input port 'x' reads (as 'a')
hint: write to another file" "$(cat err)"
check_same original a
rm hard l

# ---- over what the graph was compiled from ----

refused 1 "error: output port 'y' would overwrite 'pass.xml', which the compiler reads
hint: write to another file" run pass.xml --in x=a --out y=pass.xml
refused 1 "error: output port 'y' would overwrite './pass.xml', which the compiler reads (as 'pass.xml')
hint: write to another file" run outer.xml --in x=a --out y=./pass.xml
refused 1 "error: option '--stats' would overwrite 'taps.txt', which the compiler reads
hint: write to another file" run fir.xml --in x=a --out y=b --stats=taps.txt
refused 1 "error: option '--trace' would overwrite 'map.xml', which the compiler reads
hint: write to another file" run pass.xml --in x=a --out y=b --map map.xml --trace map.xml
refused 1 "error: option '--fix' would overwrite 'pass.xml', which the compiler reads
hint: write to another file" check pass.xml --fix pass.xml
ln pass.xml pass.dot
refused 1 "error: option '--output' would overwrite 'pass.dot', which the compiler reads (as 'pass.xml')
hint: write to another file" draw pass.xml -o pass.dot
rm pass.dot
refused 1 "error: option '--output' would overwrite 'pass.xml', which the compiler reads
hint: write to another file" xclbin link-config pass.xml -o pass.xml
cp "$SOURCE_DIR/tests/sdf3/$(cd "$SOURCE_DIR/tests/sdf3" && find . -name '*.xml' | sort | head -n 1)" sdf3.xml
refused 1 "error: option '--output' would overwrite './sdf3.xml', which 'pelton import' reads (as 'sdf3.xml')
hint: write to another file" import sdf3.xml -o ./sdf3.xml
echo 'void k(int *a) { *a = 1; }' >k.c
refused 1 "error: option '--output' would overwrite 'k.c', which 'pelton xclbin pack' reads
hint: write to another file" xclbin pack k.c -o k.c

# ---- two that write one file ----

fresh
refused 1 "error: output port 'y' and option '--stats' would both write 'b'
hint: give each a file of its own" run pass.xml --in x=a --out y=b --stats=b
refused 1 "error: output port 'y' and output port 'z' would both write 'new' (as './new')
hint: give each a file of its own" run two.xml --in x=a --out y=new --out z=./new
ln -s new l
refused 1 "error: output port 'y' and output port 'z' would both write 'new' (as 'l')
hint: give each a file of its own" run two.xml --in x=a --out y=new --out z=l
refused 1 "error: option '--stats' and option '--trace' would both write 'new' (as 'sub/../new')
hint: give each a file of its own" run pass.xml --in x=a --out y=b --stats=new --trace sub/../new
check "nothing new" no "$([ -e new ] && echo yes || echo no)"
exec 9>>b
refused 1 "error: output port 'y' and output port 'z' would both write '/dev/fd/9' (as 'b')
hint: give each a file of its own" run two.xml --in x=a --out y=/dev/fd/9 --out z=b
exec 9>&-
mkfifo pipe
refused 1 "error: output port 'y' and output port 'z' would both write 'pipe'
hint: give each a file of its own" run two.xml --in x=a --out y=pipe --out z=pipe
refused 2 "error: output ports 'y' and 'z' cannot both use standard output" \
	run two.xml --in x=a --out y=- --out z=/dev/stdout
# Where it does no harm.
pelton run two.xml --in x=a --out y=/dev/null --out z=/dev/null
check_status 0

# ---- actors ----

fresh
refused 1 "files.xml:4:1: error: actor 'w' (file.write) would overwrite 'a', which actor 'r' (file.read) reads
hint: write to another file" run files.xml --set to=a
refused 1 "files.xml:4:1: error: actor 'w' (file.write) and option '--stats' would both write 'new'
hint: give each a file of its own" run files.xml --set to=new --stats=new
refused 1 "error: option '--trace' would overwrite 'a', which actor 'r' (file.read) reads
hint: write to another file" run files.xml --trace a
refused 1 "files.xml:3:1: error: actor 'r' (file.read): cannot open 'none' to read: No such file or directory" \
	run files.xml --set from=none
refused 1 "files.xml:4:1: error: actor 'w' (file.write): cannot open 'none/b' to write: No such file or directory" \
	run files.xml --set to=none/b
refused 1 "files.xml:4:1: error: actor 'w' (file.write): 'sub' is a directory" run files.xml --set to=sub
pelton run files.xml
check_status 0
check_same a b

# ---- rows of files ----

graph row '<param name="to" type="string" value="f%02d.png"/><param name="first" type="i64" value="0"/>
<use library="image"/>
<actor id="r" kernel="image.read"><set name="file" value="f%02d.png"/></actor>
<actor id="w" kernel="image.write"><set name="file" value="$to"/><set name="first" value="$first"/></actor>
<channel from="r" to="w"/>'
cp "$SOURCE_DIR/docs/edges.png" f00.png
cp f00.png f01.png
refused 1 "row.xml:5:1: error: actor 'w' (image.write) would overwrite 'f%02d.png', which actor 'r' (image.read) reads
hint: write to another file" run row.xml
ln -s f01.png g7.png
refused 1 "row.xml:5:1: error: actor 'w' (image.write) would overwrite 'g7.png', which actor 'r' (image.read) reads (as 'f01.png')
hint: write to another file" run row.xml --set 'to=g%d.png'
rm g7.png
refused 1 "row.xml:5:1: error: actor 'w' (image.write) and option '--draw' would both write 'h%d.png' (as 'h12.png')
hint: give each a file of its own" run row.xml --set 'to=h%d.png' --draw h12.png
pelton run row.xml --set first=2
check_status 0
check "copies" "f00.png f01.png f02.png f03.png" "$(echo f*.png)"

# ---- what cannot be written is said before anything is emptied ----

fresh
refused 1 "error: cannot write '/nonexistent/t': No such file or directory" \
	run pass.xml --in x=a --out y=b --trace /nonexistent/t
refused 1 "error: output port 'z': cannot open 'none/z': No such file or directory" \
	run two.xml --in x=a --out y=b --out z=none/z
refused 1 "error: output port 'z': cannot open 'sub': Is a directory" run two.xml --in x=a --out y=b --out z=sub
refused 1 "error: cannot write 'sub': Is a directory" run pass.xml --in x=a --out y=b --stats=sub
# A run that cannot start leaves its outputs as they were.
head -c 3 original >part
graph part '<in name="x" type="u8"/><out name="y"/><use library="audio"/>
<actor id="w" kernel="file.write"><set name="file" value="w"/></actor>
<actor id="r" kernel="file.read"><set name="file" value="part"/><set name="type" value="f32"/></actor>
<actor id="s" kernel="bench.source"><set name="tokens" value="9"/></actor>
<actor id="v" kernel="audio.write"><set name="file" value="w.wav"/><set name="rate" value="8000"/></actor>
<channel from="x" to="y"/><channel from="r" to="w"/><channel from="s" to="v"/>'
echo old | tee w >w.wav
refused 1 "part.xml:4:1: error: actor 'r' (file.read): 'part' has 3 bytes, 3 more than a whole number of tokens of type f32 (4 bytes)
hint: partial=\"drop\" ignores them" run part.xml --in x=a --out y=b

# A run that fails before the first token of a file leaves the file as it was; one that succeeds without a token leaves it empty.
graph keep '<param name="n" type="i64" value="3"/><use library="audio"/><use library="image"/>
<actor id="s" kernel="bench.source"><set name="tokens" value="$n"/></actor><actor id="g" kernel="core.group"><set name="tokens" value="8"/></actor>
<actor id="none" kernel="core.head"><set name="tokens" value="0"/></actor>
<actor id="i" kernel="core.constant"><set name="type" value="u8[2,2]"/><set name="tokens" value="0"/></actor>
<actor id="fw" kernel="file.write"><set name="file" value="keep.raw"/></actor>
<actor id="nw" kernel="file.write"><set name="file" value="none.raw"/></actor>
<actor id="aw" kernel="audio.write"><set name="file" value="keep.wav"/><set name="rate" value="8000"/></actor>
<actor id="iw" kernel="image.write"><set name="file" value="keep.png"/></actor>
<channel from="s" to="g"/><channel from="g" to="fw"/><channel from="g" to="aw"/><channel from="s" to="none"/><channel from="none" to="nw"/><channel from="i" to="iw"/>'
for workers in 1 2; do
	echo old | tee keep.raw none.raw keep.png >keep.wav
	pelton run keep.xml --workers $workers
	check_status 1
	check_err_has "error: actor 'g' (core.group) never fired: channel s.out->g.in ended with 3 of the 8 tokens that its first firing needs"
	check "files after a run that failed" "old old old old" "$(echo $(cat keep.raw none.raw keep.png keep.wav))"
	pelton run keep.xml --set n=0 --workers $workers --stats=keep.json
	check_status 0
	check "bytes after a run without tokens" "0 0 44 4" "$(echo $(stat -c %s keep.raw none.raw keep.wav keep.png))"
	check "results of actors without tokens" "2 1" "$(echo $(grep -c '"bytes": *0' keep.json) $(grep -c '"frames": *0' keep.json))"
done
# What fails only when the empty file is made fails the run.
# (The signal would end ThreadSanitizer, which writes a file before the command can ignore it.)
said=$( (trap '' XFSZ; ulimit -f 0; "$PELTON" run keep.xml --set n=0; echo "status $?") 2>&1)
check "a run that cannot write its empty file" "keep.xml:8:1: error: actor 'aw' (audio.write): cannot write sound to 'keep.wav': File too large
hint: this process may write files of at most 0 bytes: see ulimit -f
status 1" "$said"
finish
