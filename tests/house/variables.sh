#!/usr/bin/env bash
# Every environment variable that Pelton reads is in docs/debugging.md, and none that it does not; the library reads them in one place.
set -u
: "${SOURCE_DIR:?}"
cd "$SOURCE_DIR" || exit 1
read_by_code=$({
	grep -oE '\.name = "PELTON_[A-Z_]+"' runtime/base/environment.c
	grep -rhoE 'getenv\("PELTON_[A-Z_]+"\)' --include='*.[ch]' tests
	grep -rhoE '\$\{?PELTON_[A-Z_]+' --include='*.sh' tests/cli
} 2>/dev/null | grep -oE 'PELTON_[A-Z_]+' | sort -u)
listed=$(grep -oE '^\| `PELTON_[A-Z_]+`' docs/debugging.md | grep -oE 'PELTON_[A-Z_]+' | sort -u)
[ -n "$listed" ] || { echo "docs/debugging.md lists no variable" >&2; exit 1; }
# Variables that the tests set for Pelton are not variables of the tests.
difference=$(diff <(printf '%s\n' "$read_by_code") <(printf '%s\n' "$listed")) || {
	echo "variables that the code reads (<) and docs/debugging.md lists (>) differ:" >&2
	printf '%s\n' "$difference" >&2
	exit 1
}
paged=$(sed -n '/^\.SH ENVIRONMENT/,/^\.SH EXAMPLES/p' docs/man/pelton.1 | grep -oE '^\.B PELTON_[A-Z_]+' | cut -c 4- | sort -u)
for_users=$(sed -nE 's/^\| `(PELTON_[A-Z_]+)` \| ([^|]+) \|.*/\1 \2/p' docs/debugging.md | sed -n '/ the tests$/!s/ .*//p' | sort -u)
difference=$(diff <(printf '%s\n' "$paged") <(printf '%s\n' "$for_users")) || {
	echo "variables in docs/man/pelton.1 (<) and docs/debugging.md (>) differ:" >&2
	printf '%s\n' "$difference" >&2
	exit 1
}
failed=0
# The command and separate programs may read other variables directly, but not Pelton's. A set-user-ID host must ignore all of them.
strays=$({
	grep -rnE '\bgetenv\(' --include='*.[ch]' runtime |
		grep -vE '^runtime/(cli|emulator|device/process)/'
	grep -rnE 'getenv\("PELTON_' --include='*.[ch]' runtime
	grep -rnE 'secure_getenv\("?PELTON' --include='*.[ch]' runtime
} | sort -u)
# Who reads it, by where the code names it.
reader() {
	case $1 in
	runtime/emulator/*) echo pelton-emulator ;;
	runtime/device/process/*) echo pelton-device ;;
	runtime/device/pack*) echo packing ;;
	runtime/cli/*) echo the command ;;
	runtime/*) echo the library ;;
	tests/*) echo the tests ;;
	esac
}
for name in $listed; do
	said=$(sed -nE "s/^\| \`$name\` \| ([^|]+) \|.*/\1/p" docs/debugging.md)
	readers=$(grep -rlF "\"$name\"" --include='*.[ch]' runtime tests | grep -v '^runtime/base/environment\.c' |
		while read -r file; do reader "$file"; done | sort -u)
	grep -qxF -e "$said" <<<"$readers" || {
		echo "docs/debugging.md says that $name is read by $said; it is read by: ${readers//$'\n'/, }" >&2
		failed=1
	}
done
if [ -n "$strays" ]; then
	echo "the environment is read in other places than runtime/base/environment.c:" >&2
	printf '%s\n' "$strays" >&2
	failed=1
fi
exit $failed
