# Sourced by tests that need XRT and what is built with it.

# Skip the test where XRT, or a part of Pelton that is built only with it, is missing.
need_xrt() {
	local part
	for part in pelton-device pelton-emulator pelton-dwarf.so; do
		if [ ! -e "$BUILD_DIR/$part" ]; then
			echo "skipped: $part was not built, as XRT (libxrt-dev) or elfutils (libdw-dev) is not installed"
			exit 77
		fi
	done
	export PELTON_TEST_MARK=$$-$RANDOM # what this test starts is known by it
	before=$(leftovers)
}

# What devices and their emulation could leave behind: folders that nobody holds, processes of this test.
leftovers() {
	local folder process
	for folder in /tmp/pelton-??????; do
		[ -e "$folder/lock" ] && flock -n "$folder/lock" true && echo "$folder"
	done
	for process in /proc/[0-9]*; do
		[ "${process#/proc/}" = "$$" ] && continue
		if grep -qzxF "PELTON_TEST_MARK=$PELTON_TEST_MARK" "$process/environ" 2>/dev/null; then
			case $(cat "$process/comm" 2>/dev/null) in
			pelton-* | genericpcie*) echo "$(cat "$process/comm") $process" ;;
			esac
		fi
	done
}

# Others may have left something before, and it may have been swept since.
no_leftovers() {
	check "what was left behind" "" "$(comm -13 <(sort <<<"$before") <(leftovers | sort))"
}
