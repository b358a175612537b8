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
	before=$(leftovers)
}

# What devices and their emulation could leave behind: folders, processes.
leftovers() {
	find /tmp -maxdepth 1 -name 'pelton-??????' 2>/dev/null | sort
	# What has ended, and waits for init to take notice, is gone.
	ps -eo pid,stat,comm | awk '$2 !~ /^Z/ && $3 ~ /^(pelton-device|pelton-emulator|genericpciemode)/ { print }'
}

no_leftovers() {
	check "what was left behind" "$before" "$(leftovers)"
}
