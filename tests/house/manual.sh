#!/usr/bin/env bash
# The program, its manual pages and its completion know the same commands and options, the pages of files know all of the schemas, and no page has mistakes.
set -u
: "${SOURCE_DIR:?}" "${PELTON:?}"
failed=0
pages=$SOURCE_DIR/docs/man
completion=$SOURCE_DIR/runtime/cli/pelton.bash-completion

# same NAME WHAT THERE: what the program or a schema has, and what the file NAME has
same() {
	diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") >&2 && return
	echo "what there is (<) and $1 (>) differ" >&2
	failed=1
}

# ---- commands and their options ----

offered=$("$PELTON" --help 2>&1 </dev/null | sed -nE 's/^ +(pelton )?([a-z]+)( .*)?$/\2/p' | sort -u)
same docs/man/pelton.1 "$offered" "$(sed -nE 's/^\.B pelton ([a-z]+)$/\1/p' "$pages/pelton.1" | sort -u)"
same runtime/cli/pelton.bash-completion "$offered" "$(sed -nE 's/.*compgen -W "([a-z ]+) --help.*/\1/p' "$completion" | tr ' ' '\n' | sort -u)"
bash -n "$completion" || failed=1
with_page=$(grep -vxE 'help|version' <<<"$offered") # pelton(1) has all there is to say of these
same "the pages of commands in docs/man" "$with_page" "$(cd "$pages" && printf '%s\n' pelton-*.1 | sed -E 's/pelton-(.*)\.1/\1/' | sort)"
same "the list of pages in docs/man/pelton.1" "$with_page" "$(sed -nE 's/^\.BR pelton\\-([a-z]+) \(1\)$/\1/p' "$pages/pelton.1" | sort)"

# Each line of a page's synopsis as text: the words of a macro are joined where it changes the letters only (.BR and the like).
synopsis() {
	sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' "$1" | sed -E '/^\.SH/d; s/\\-/-/g' | awk '
		/^\.br/ { print line; line = ""; next }
		{ joined = ($1 ~ /^\.[BIR][BIR]$/); text = ""; $1 = ""; n = split(substr($0, 2), words, " ")
		  for (i = 1; i <= n; i++) text = text (i > 1 && !joined ? " " : "") words[i]
		  line = line (line ? " " : "") text }
		END { print line }'
}
usage() { "$PELTON" "$1" --help </dev/null | sed -n '1s/^usage: //p'; }
same "the synopsis of docs/man/pelton.1" "$(for name in $offered; do usage "$name"; done | sort)" "$(synopsis "$pages/pelton.1" | sort)"

for name in $with_page; do
	page=$pages/pelton-$name.1
	helped=$("$PELTON" help "$name" | grep -oE -- '^  (-[a-zA-Z], )?--[a-z-]+' | tr -d , | tr -s ' ' '\n' | grep . | sort)
	# What stands right behind .TP is a title.
	titled=$(grep -A1 '^\.TP' "$page" | grep '^\.B' | sed 's/\\-/-/g' | grep -oE -- '(^|[ "])--?[a-zA-Z][a-z-]*' | tr -d ' "' | sort)
	same "the options in docs/man/pelton-$name.1" "$helped" "$titled"
	same "the synopsis of docs/man/pelton-$name.1" "$(usage "$name")" "$(synopsis "$page")"
done

# ---- files ----

for name in graph map profile; do
	schema=$SOURCE_DIR/graphs/pelton-$name.xsd
	page=$(sed 's/\\-/-/g' "$pages/pelton-$name.5")
	elements=$(sed -nE 's/.*<xs:element name="([a-z-]+)".*/\1/p' "$schema" | sort -u)
	same "the elements in docs/man/pelton-$name.5" "$elements" \
		"$(sed -nE 's/^\.SS "<?([a-z]+)( .*|>)?"$/\1/p' <<<"$page" | sort -u)"
	attributes=$(sed -nE 's/.*<xs:attribute name="([a-z-]+)".*/\1/p' "$schema" | sort -u)
	same "the attributes in docs/man/pelton-$name.5" "$attributes" \
		"$(sed -n '/^\.SH ELEMENTS/,/^\.SH [^E]/p' <<<"$page" | grep -A1 '^\.TP' | sed -nE 's/^\\fB([a-z-]+)\\fP[:;].*/\1/p' | sort -u)"
done

# ---- all pages ----

version=$(sed -nE 's/^#define PEL_VERSION "(.*)"/\1/p' "$SOURCE_DIR/include/pelton/base.h")
for page in "$pages"/*.[1-9]; do
	grep -qF "\"pelton $version\"" "$page" || {
		echo "$page is not of version $version" >&2
		failed=1
	}
	command -v man >/dev/null || continue
	warnings=$(MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
	[ -z "$warnings" ] || {
		printf '%s\n' "$warnings" >&2
		failed=1
	}
done
exit $failed
