#!/usr/bin/env bash
# The program, its manual page and its completion know the same commands, and the manual page has no mistakes.
set -u
: "${SOURCE_DIR:?}" "${PELTON:?}"
failed=0
page=$SOURCE_DIR/docs/man/pelton.1
completion=$SOURCE_DIR/runtime/cli/pelton.bash-completion

offered=$("$PELTON" --help 2>&1 </dev/null | sed -nE 's/^ +(pelton )?([a-z]+)( .*)?$/\2/p' | sort -u)
paged=$(sed -nE 's/^\.B pelton ([a-z]+)$/\1/p' "$page" | sort -u)
completed=$(sed -nE 's/.*compgen -W "([a-z ]+) --help.*/\1/p' "$completion" | tr ' ' '\n' | sort -u)

same() {
	diff <(printf '%s\n' "$offered") <(printf '%s\n' "$2") >&2 && return
	echo "'pelton --help' (<) and $1 (>) differ in their commands" >&2
	failed=1
}
same docs/man/pelton.1 "$paged"
same runtime/cli/pelton.bash-completion "$completed"
bash -n "$completion" || failed=1

if command -v man >/dev/null; then
	warnings=$(MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
	[ -z "$warnings" ] || {
		printf '%s\n' "$warnings" >&2
		failed=1
	}
fi
exit $failed
