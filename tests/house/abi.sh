#!/usr/bin/env bash
# The binary interface of libpelton is the one that tests/house/abi.txt lists: exported symbols with their versions, the prototypes of the functions,
# sizes and members of the structs, values of constants and enumerators. So it cannot change by accident. CONTRIBUTING.md, "The ABI", says what may change.
# usage: tests/house/abi.sh [--update]      as a test, or to write the list anew (SOURCE_DIR and BUILD_DIR are set, see below)
set -euo pipefail
: "${SOURCE_DIR:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}" "${BUILD_DIR:=$SOURCE_DIR/build/release}"
list=$SOURCE_DIR/tests/house/abi.txt
map=$SOURCE_DIR/runtime/libpelton.map
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in gcc nm readelf; do
	command -v $tool >/dev/null || {
		echo "skipped: $tool is not there; it is of the package build-essential"
		exit 77
	}
done
macros=$(gcc -E -dM -x c /dev/null)
if ! grep -q '__LP64__ 1' <<<"$macros"; then
	echo "skipped: the list is for machines with 64-bit pointers and longs (LP64); all of these have the same"
	exit 77
fi

printf '#include <pelton/%s>\n' $(cd "$SOURCE_DIR/include/pelton" && LC_ALL=C ls -- *.h) >"$work/all.c"

symbols() {
	nm -D --defined-only --with-symbol-versions "$BUILD_DIR/libpelton.so" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort
}

# One line a function, as the compiler sees it: without the names of parameters, which nobody relies on.
prototypes() {
	gcc -std=c17 -fsyntax-only -aux-info "$work/prototypes" -I "$SOURCE_DIR/include" "$work/all.c"
	sed -nE 's|^/\* .*/include/pelton/.* \*/ extern (.*\bpel_.*)$|\1|p' "$work/prototypes" | LC_ALL=C sort
}

# Numbers that are macros, PEL_KERNEL_ABI and the flags among them.
constants() {
	gcc -std=c17 -E -dM -I "$SOURCE_DIR/include" "$work/all.c" | sed -nE 's/^#define (PEL_[A-Z0-9_]+ .*[0-9].*)/\1/p' |
		grep -vE '^PEL_VERSION |__' | LC_ALL=C sort
}

# Structs and enumerations, from the debug information.
layouts() {
	gcc -std=c17 -g -gdwarf-4 -fno-eliminate-unused-debug-types -I "$SOURCE_DIR/include" -c "$work/all.c" -o "$work/all.o"
	readelf --debug-dump=info "$work/all.o" | awk '
		function hex(text) { gsub(/[<>]/, "", text); return text }
		# The size of a type, or of the type that it is another name for.
		function bytes(id) {
			if (tag[id] == "DW_TAG_array_type") return count[id] * bytes(type[id])
			return id in size ? size[id] : bytes(type[id])
		}
		/Abbrev Number: [1-9]/ {
			match($0, /<[0-9a-f]+><[0-9a-f]+>/); split(substr($0, RSTART, RLENGTH), at, "><")
			depth = hex(at[1]); id = hex(at[2])
			match($0, /DW_TAG_[a-z_]+/); tag[id] = substr($0, RSTART, RLENGTH)
			order[++n] = id; above[id] = depth ? last[depth - 1] : ""; last[depth] = id
		}
		/DW_AT_name/ { name[id] = $NF }
		/DW_AT_byte_size/ { size[id] = $NF }
		/DW_AT_type/ { type[id] = substr(hex($NF), 3) }
		/DW_AT_upper_bound/ { count[above[id]] = $NF + 1 }
		/DW_AT_data_member_location/ { place[id] = $NF }
		/DW_AT_const_value/ { value[id] = $NF }
		END {
			for (i = 1; i <= n; i++) {
				id = order[i]; up = above[id]
				if (name[up] !~ /^pel_/ && name[id] !~ /^pel_/) continue
				if (tag[id] == "DW_TAG_structure_type" && id in size) printf "struct %s: %d bytes\n", name[id], size[id]
				if (tag[id] == "DW_TAG_member") printf "struct %s: %4d +%d %s\n", name[up], place[id], bytes(type[id]), name[id]
				if (tag[id] == "DW_TAG_enumerator") printf "enum %s: %d %s\n", name[up], value[id], name[id]
			}
		}' | LC_ALL=C sort -s -k1,2
}

describe() {
	echo "# The ABI of libpelton on LP64 machines. tests/house/abi.sh compares it; tests/house/abi.sh --update writes it anew."
	echo "# Symbols and versions"
	symbols
	echo "# Functions"
	prototypes
	echo "# Constants"
	constants
	echo "# Structs (bytes; of members: offset, size, name) and enumerations"
	layouts
}

# New members of structs with a size, in list $2, that begin before the size that the struct had in list $1: in padding or a hole, where a program
# that was built earlier may have any bytes, so that its size does not tell whether it has set them.
misplaced() {
	awk '
		$1 != "struct" { next }
		{ struct = $2; sub(/:$/, "", struct) }
		FNR == NR && $4 == "bytes" { bytes[struct] = $3 }
		FNR == NR && $4 != "bytes" { known[struct, $5] = 1 }
		FNR == NR && $5 == "size" && $3 == 0 { grows[struct] = 1 }
		FNR != NR && $4 != "bytes" && grows[struct] && !((struct, $5) in known) && $3 + 0 < bytes[struct] {
			print "struct " struct ": the new member " $5 " begins at byte " $3 ", before the old size of " bytes[struct]
		}' "$1" "$2"
}
printf 'struct pel_a: %s\n' '24 bytes' '   0 +8 size' '   8 +8 one' '  16 +4 two' >"$work/old"
{
	cat "$work/old"
	printf 'struct pel_a: %s\n' '  20 +4 hidden' '  24 +8 behind'
} >"$work/new"
[ "$(misplaced "$work/old" "$work/new")" = "struct pel_a: the new member hidden begins at byte 20, before the old size of 24" ] || {
	echo "abi: a new member in padding is not found" >&2
	exit 1
}

describe >"$work/abi.txt"
found=$(misplaced "$list" "$work/abi.txt")
[ -z "$found" ] || {
	echo "abi: $found
abi: a new member begins at or after the old size; put padding, or wider members, before it. See CONTRIBUTING.md, \"The ABI\"" >&2
	exit 1
}
if [ "${1:-}" = --update ]; then
	cp "$work/abi.txt" "$list"
	exit
fi

failed=0
declared=$(prototypes | sed -nE 's/^[^(]*\b(pel_[a-z0-9_]+) \(.*/\1/p' | LC_ALL=C sort)
mapped=$(sed -nE 's/^\t(pel_[a-z0-9_]+);$/\1/p' "$map" | LC_ALL=C sort)
[ -n "$declared" ] || {
	echo "abi: no function is found in include/pelton" >&2
	failed=1
}
diff <(printf '%s\n' "$declared") <(printf '%s\n' "$mapped") >&2 || {
	echo "abi: the functions that the headers declare (<) and runtime/libpelton.map lists (>) differ" >&2
	failed=1
}
diff <(printf '%s\n' "$mapped") <(symbols | sed 's/@.*//') >&2 || {
	echo "abi: the symbols that runtime/libpelton.map lists (<) and libpelton.so exports (>) differ" >&2
	failed=1
}
diff "$list" "$work/abi.txt" >&2 || {
	echo "abi: tests/house/abi.txt (<) and what is built (>) differ. See CONTRIBUTING.md, \"The ABI\"; then: tests/house/abi.sh --update" >&2
	failed=1
}
exit $failed
