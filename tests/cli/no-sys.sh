#!/usr/bin/env bash
# Without the kernel's /sys, as in some containers, graphs run all the same, and nothing complains on stderr.
. "$SOURCE_DIR/tests/cli/support/check.bash"

hidden() {
	unshare --mount sh -c 'mount -t tmpfs none /sys && exec "$@"' sh "$@"
}
if ! hidden true 2>/dev/null; then
	echo "skipped: /sys cannot be hidden here (that needs root, or user namespaces)"
	exit 77
fi
graph good '<actor id="a" kernel="bench.source"><set name="tokens" value="4"/></actor>
<actor id="b" kernel="bench.sink"/>
<channel from="a" to="b"/>'
check "/sys is hidden" "" "$(hidden ls /sys)"
for arguments in "check good.xml" "run good.xml" "run good.xml --workers 2 --pin"; do
	# shellcheck disable=SC2086 # several words
	err=$(hidden "$PELTON" $arguments 2>&1 >/dev/null)
	status=$? command="pelton $arguments, without /sys"
	check_status 0
	check_err ""
done
finish
