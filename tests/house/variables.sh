#!/usr/bin/env bash
# Every environment variable that Pelton reads is in docs/debugging.md, and none that it does not.
set -u
: "${SOURCE_DIR:?}"
cd "$SOURCE_DIR" || exit 1
read_by_code=$({
	grep -rhoE 'getenv\("PELTON_[A-Z_]+"\)' --include='*.[ch]' runtime tests
	grep -rhoE '\$\{?PELTON_[A-Z_]+' --include='*.sh' tests/cli
} 2>/dev/null | grep -oE 'PELTON_[A-Z_]+' | sort -u)
listed=$(grep -oE '^\| `PELTON_[A-Z_]+`' docs/debugging.md | grep -oE 'PELTON_[A-Z_]+' | sort -u)
[ -n "$listed" ] || { echo "docs/debugging.md lists no variable" >&2; exit 1; }
difference=$(diff <(printf '%s\n' "$read_by_code") <(printf '%s\n' "$listed")) && exit 0
echo "variables that the code reads (<) and docs/debugging.md lists (>) differ:" >&2
printf '%s\n' "$difference" >&2
exit 1
