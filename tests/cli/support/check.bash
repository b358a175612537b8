# Sourced by the tests of the command. `pelton ARGS...` runs it and keeps $status, $out and $err; check_* then compare,
# say what differs, and go on. With $search set, that is the command's PATH. The script ends with `finish`.
set -u
: "${PELTON:?}" "${SOURCE_DIR:?}" "${BUILD_DIR:?}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
failures=0
checks=0
status=0 out='' err=''

pelton() {
	PATH=${search-$PATH} "$PELTON" "$@" >"$tmp/.out" 2>"$tmp/.err"
	status=$?
	out=$(tr -d '\0' <"$tmp/.out")
	err=$(tr -d '\0' <"$tmp/.err")
	command="pelton $*"
}
command=''

# check NAME WANTED FOUND
check() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] && return
	failures=$((failures + 1))
	printf '%s:%s: %s: %s\n--- wanted\n%s\n--- found\n%s\n' "$0" "${BASH_LINENO[1]}" "$command" "$1" "$2" "$3" >&2
}

check_status() { check 'exit status' "$1" "$status$([ "$1" = "$status" ] || printf '\n%s' "$err")"; }
check_out() { check stdout "$1" "$out"; }
check_err() { check stderr "$1" "$err"; }
check_out_has() { check "stdout has '$1'" yes "$(has "$out" "$1")"; }
check_err_has() { check "stderr has '$1'" yes "$(has "$err" "$1")"; }
check_same() { check "$1 and $2 are the same" "" "$(cmp "$1" "$2" 2>&1)"; }

has() {
	case $1 in
	*"$2"*) echo yes ;;
	*) printf 'no: %s' "$1" ;;
	esac
}

# A graph of that name from its body.
graph() {
	printf '<graph xmlns="urn:pelton:graph:1" name="%s">\n%s\n</graph>\n' "$1" "$2" >"$1.xml"
}

finish() {
	echo "$checks checks, $failures failures"
	[ "$checks" -gt 0 ] && [ "$failures" -eq 0 ]
	exit
}
