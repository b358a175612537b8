#!/usr/bin/env bash
# Every public header compiles alone, as C17 and as C++17, without a warning.
set -u
: "${SOURCE_DIR:?}"
failed=0
count=0
for header in "$SOURCE_DIR"/include/pelton/*.h; do
	[ -e "$header" ] || continue
	name=pelton/$(basename "$header")
	count=$((count + 1))
	for compile in "gcc -std=c17 -x c" "g++ -std=c++17 -x c++"; do
		# Twice, so that a missing include guard shows.
		printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
			$compile -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$SOURCE_DIR/include" - || {
			echo "$name does not compile alone: $compile" >&2
			failed=$((failed + 1))
		}
	done
done
if [ "$count" -eq 0 ]; then
	echo "no public header in include/pelton" >&2
	exit 1
fi
echo "$count headers, $failed failures"
[ "$failed" -eq 0 ]
