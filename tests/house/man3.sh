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
# The structs that are only declared say who may use them, and how.
count_opaque=0
while read -r name; do
	count_opaque=$((count_opaque + 1))
	[ -e "$man/man3/$name.3" ] || complain "struct $name has no page"
done < <(sed -nE 's/^struct (pel_[a-z0-9_]+);$/\1/p' "$SOURCE_DIR"/include/pelton/*.h)
[ $count_opaque -gt 0 ] || complain "no header declares a struct only"

# What the headers say is on the pages: each line of each comment, letters, digits, quotes and angle brackets.
if command -v man >/dev/null; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	for page in "$man"/man3/pel*.3 "$man"/man3/PEL_*.3; do
		case $(head -c 4 "$page") in
		.so\ ) ;;
		*) LC_ALL=C.UTF-8 MANWIDTH=500 MANROFFOPT='' MANPAGER=cat man --warnings=w -l "$page" 2>>"$work/warnings" ;;
		esac
	done >"$work/text"
	[ ! -s "$work/warnings" ] || complain "man warns: $(head -n 5 "$work/warnings")"
	tr -cd 'A-Za-z0-9"<>' <"$work/text" >"$work/letters"
	# The comments inside of macros, and titles, are for readers of the headers.
	lost=$(awk -v letters="$work/letters" '
		BEGIN { getline text <letters }
		/SPDX/ || /\\$/ || /name##/ || /^\/\* ---- / { next }
		{ said = "" }
		inside { said = $0 }
		!inside && /\/\*/ { said = $0; sub(/^.*\/\*/, "", said); inside = 1 }
		inside && /\*\// { sub(/\*\/.*$/, "", said); inside = 0 }
		{ gsub(/[^A-Za-z0-9"<>]/, "", said) }
		said != "" { n++; if (index(text, said) == 0) print FILENAME ":" FNR ": " $0 }
		END { if (n < 300) print "only " n + 0 " lines of comments are found" }' "$SOURCE_DIR"/include/pelton/[!p]*.h "$SOURCE_DIR"/include/pelton/plan.h)
	grep -qF "$(grep '^#define PEL_VERSION ' "$SOURCE_DIR/include/pelton/base.h")" <(tr -s ' ' <"$work/text") ||
		complain "the value of PEL_VERSION is not that of its header"
	[ -z "$lost" ] || complain "what the headers say is on no page:
$lost"
fi
[ $count -gt 0 ] || complain "runtime/libpelton.map lists no function"
echo "$count functions, $failed failures"
[ "$failed" -eq 0 ]
