#!/usr/bin/env bash
# Every link between the pages of this repository leads somewhere.
set -euo pipefail
: "${SOURCE_DIR:?}"
failed=0
count=0
while IFS= read -r -d '' page; do
	# Blocks of code have brackets of their own.
	while read -r target; do
		case $target in
		http://* | https://* | mailto:* | '#'*) continue ;;
		esac
		count=$((count + 1))
		[ -e "$(dirname "$page")/${target%%#*}" ] || {
			echo "${page#"$SOURCE_DIR"/}: nothing is at $target" >&2
			failed=$((failed + 1))
		}
	done < <(awk '/^```/ { inside = !inside } !inside' "$page" | grep -oP '\]\(\K[^)\s]+')
done < <(find "$SOURCE_DIR" -maxdepth 1 -name '*.md' -print0 && find "$SOURCE_DIR/docs" -name '*.md' -print0)
echo "$count links, $failed failures"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
