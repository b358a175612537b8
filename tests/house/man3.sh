#!/usr/bin/env bash
# Each public function has a manual page of section 3, made from its own comment in its header, without a warning of Doxygen.
set -u
: "${SOURCE_DIR:?}" "${BUILD_DIR:?}"
failed=0
complain() {
	echo "man3: $1" >&2
	failed=$((failed + 1))
}

# A function without a comment of its own would have an empty entry.
bare=$(awk 'FNR == 1 { last = "" } /^PEL_API/ && last !~ /\*\/$/ { print FILENAME ":" FNR ": " $0 } { last = $0 }' "$SOURCE_DIR"/include/pelton/*.h)
[ -z "$bare" ] || complain "functions without a comment of their own:
$bare"

man=$BUILD_DIR/man
if [ ! -e "$man/made" ]; then
	[ $failed -eq 0 ] || exit 1
	echo "skipped: doxygen is not there, so there are no pages"
	exit 77
fi
[ ! -s "$man/warnings" ] || complain "Doxygen warns: $(cat "$man/warnings")"

count=0
while read -r name; do
	count=$((count + 1))
	page=$man/man3/$name.3
	[ -e "$page" ] || {
		complain "$name has no page"
		continue
	}
	target=$(sed -n 's/^\.so //p' "$page")
	grep -qE "^\.SS .*\b$name \(" "$man/${target:-man3/$name.3}" || complain "the page of $name (${target:-its own}) does not describe it"
	if command -v man >/dev/null && ! man -M "$man" -w 3 "$name" >/dev/null 2>&1; then
		complain "'man $name' finds nothing"
	fi
done < <(sed -nE 's/^\t(pel_[a-z0-9_]+);$/\1/p' "$SOURCE_DIR/runtime/libpelton.map")
[ $count -gt 0 ] || complain "runtime/libpelton.map lists no function"
echo "$count functions, $failed failures"
[ "$failed" -eq 0 ]
