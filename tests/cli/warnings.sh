#!/usr/bin/env bash
# What kernels warn of: on standard error, in the statistics and in the report.
. "$SOURCE_DIR/tests/cli/support/check.bash"

# The header that a recorder wrote when it began, 4 frames of 16 bits, and no end.
printf 'RIFF\0\0\0\0WAVEfmt \20\0\0\0\1\0\1\0\100\37\0\0\200\76\0\0\2\0\20\0data\0\0\0\0\0\0\0\100\0\300\0\40' >killed.wav

graph sound '<use library="audio"/>
<actor id="read" kernel="audio.read"><set name="file" value="'"$PWD"'/killed.wav"/></actor>
<actor id="write" kernel="file.write"><set name="file" value="out.raw"/></actor>
<channel from="read" to="write"/>'
said="the header of '$PWD/killed.wav' says 0 frames of sound, and 4 are there"

pelton run sound.xml --stats=stats.json --report page.html
check_status 0
check_err "warning: actor 'read': $said"
check_out ""
check "bytes" 16 "$(stat -c %s out.raw)"
check "in the statistics" yes "$(grep -qF "\"warnings\": [\"$said\"]" stats.json && echo yes)"
check "in the report" yes "$(grep -qF "Warning: the header of" page.html && echo yes)"

# Without anything else that asks for statistics.
pelton run sound.xml
check_status 0
check_err "warning: actor 'read': $said"

finish
