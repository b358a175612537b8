#!/usr/bin/env bash
# The lists and numbers in the manual agree with the code: folders, headers, examples, modules, kernels, functions, passes, statuses, limits.
set -u
: "${SOURCE_DIR:?}" "${PELTON:?}" "${BUILD_DIR:?}"
cd "$SOURCE_DIR" || exit 1
failed=0
compared=0
complain() {
	echo "lists: $1" >&2
	failed=$((failed + 1))
}
# same WHAT LISTED FOUND: two lists of words, in any order
same() {
	local difference

	compared=$((compared + 1))
	[ -n "$3" ] || complain "$1: nothing is found to compare with"
	difference=$(diff <(tr -s ' ' '\n' <<<"$2" | sort) <(tr -s ' ' '\n' <<<"$3" | sort)) ||
		complain "$1: what is listed (<) and what is there (>) differ:
$(grep '^[<>]' <<<"$difference")"
}
# A list in words: "a, b and c" becomes "a b c".
words() { sed -E 's/ and /, /g; s/[`,]//g'; }
folders() { find "$1" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }
pages=(README.md CONTRIBUTING.md docs/*.md examples/*/README.md)

# ---- the tree ----

tree=$(awk '/^```text/ { inside = 1; next } /^```/ { inside = 0 } inside' CONTRIBUTING.md)
listed=$(grep -oE '^[a-z/]+/' <<<"$tree" | sed 's|/$||')
same "CONTRIBUTING.md, folders" "$(grep -v '^docs$' <<<"$listed")" "include/pelton $(folders runtime | sed 's|^|runtime/|') hls graphs examples tests"
same "CONTRIBUTING.md, folders of tests/" "$(sed -n 's/^tests\/ *//p' <<<"$tree" | grep -oE '[a-z0-9]+/' | tr -d /)" "$(folders tests)"

# ---- the manual ----

for page in docs/*.md docs/man/*.[0-9]; do
	[ "$page" = docs/README.md ] || grep -qF "(${page#docs/})" docs/README.md ||
		complain "docs/README.md does not lead to $page"
done
for example in $(folders examples); do
	grep -qF "(../examples/$example)" docs/README.md || complain "docs/README.md does not lead to examples/$example"
done
for graph in graphs/*.xml; do
	grep -qF "($graph)" README.md || complain "README.md does not lead to $graph"
done

# ---- headers ----

left_out=$(comm -23 <(printf '%s\n' include/pelton/*.h | sed 's|^include/||' | sort) \
	<(sed -nE 's/^#include <(.*)>$/\1/p' include/pelton/pelton.h | sort) | grep -vx pelton/pelton.h)
same "pelton.h, headers that it says it leaves out" "$(sed -nE 's/^ \*   <(pelton\/.*)>$/\1/p' include/pelton/pelton.h | words)" "$left_out"
same "docs/embedding.md, headers that pelton.h leaves out" \
	"$(sed -nE 's/^`#include <pelton\/pelton\.h>` gives everything but[^`]*(`pelton\/.*\.h`).*/\1/p' docs/embedding.md | words)" "$left_out"

# Functions and macros that the manual names are in the public headers, but for those that CONTRIBUTING.md and architecture.md name as private.
while read -r name; do
	compared=$((compared + 1))
	grep -rqw -- "$name" include || { [[ $name == pel_malloc || $name == pel_arena_sized || $name == PEL_OPTIONS_TAKE ]] && grep -qw "$name" runtime/base/*.h; } ||
		{ grep -qw -- "$name" docs/architecture.md && grep -rqw --include='*.h' -- "$name" runtime; } ||
		complain "the manual names $name, which no header in include/ has"
done < <(cat "${pages[@]}" | grep -oE '\bpel_[a-z0-9_]+\(\)|\bPEL_[A-Z0-9_]+\b' | sed 's/()//' | sort -u)

# Each function that takes a struct with a size (pelton/base.h) is tried with wrong ones.
headers=$(cat include/pelton/*.h)
sized=$(grep -oE '/\* sizeof\(struct pel_[a-z_]+\) \*/' <<<"$headers" | grep -oE 'pel_[a-z_]+')
same "runtime/base/sized-options.h, structs with a size" "$(sed -nE 's/^#define PEL_LAST_([a-z_0-9]+).*/\1/p' runtime/base/sized-options.h)" "$sized"
while read -r name; do
	compared=$((compared + 1))
	grep -qE "\b$name\(" tests/unit/test-options.c || complain "tests/unit/test-options.c does not call $name(), which takes a struct with a size"
done < <(tr '\n\t' '  ' <<<"$headers" | sed 's/PEL_API/\nPEL_API/g; s/;/;\n/g' | grep '^PEL_API' |
	grep -E "const struct ($(tr '\n' '|' <<<"$sized" | sed 's/|$//')) \*" | sed -nE 's/^[^(]*\b(pel_[a-z0-9_]+)\(.*/\1/p')

# Source files that comments name.
while read -r file; do
	compared=$((compared + 1))
	[ -n "$(find runtime hls include tests -name "$file" -print -quit)" ] ||
		complain "a comment names $file, which is not there: $(grep -rlwF "$file" --include='*.[ch]' runtime include | tr '\n' ' ')"
done < <(grep -rhoE '\([a-z0-9-]+\.[ch]\)|---- [a-z0-9-]+\.[ch]\b' --include='*.[ch]' runtime include | grep -oE '[a-z0-9-]+\.[ch]' | sort -u)

# ---- modules and kernels ----

export PELTON_MODULE_PATH=$BUILD_DIR/modules
builtin=$(sed -nE 's/.*\{ *"([a-z]+)", *&.*/\1/p' runtime/kernel/builtin.c)
for page in docs/language.md docs/reference.md; do
	same "$page, modules that are always there" \
		"$(tr '\n' ' ' <"$page" | sed -nE 's/.*[mM]odules ((`[a-z]+`(, | and )?)+) are always (available|known).*/\1/p' | words)" "$builtin"
done
same "CONTRIBUTING.md, modules" "$(sed -nE 's/^runtime\/kernel\/.*built-in modules \((.*); (.*) are loaded\)$/\1 \2/p' CONTRIBUTING.md | words)" \
	"$(folders runtime/kernel)"
while read -r name; do
	compared=$((compared + 1))
	"$PELTON" kernels "$name" >/dev/null 2>&1 || complain "the manual names the kernel $name, which is not there"
done < <(cat "${pages[@]}" | grep -oE "\`(core|dsp|bench|file|image|audio)\.[a-z_]+\`" | tr -d '`' | sort -u)

# ---- the command ----

passes=$("$PELTON" plan graphs/crossover.xml --dump-after=none 2>&1 | sed -n 's/^hint: the passes are //p' | words)
same "docs/man/pelton-plan.1, passes" "$(sed -n '/^The passes are/,/^\./p' docs/man/pelton-plan.1 | grep -v '^\.' | sed 's/^The passes are //; s/\.$//' | words | tr '\n' ' ' | sed 's/ $//')" "$passes"
same "the completion, passes" "$(grep -A1 -e '--dump-after)' runtime/cli/pelton.bash-completion | sed -nE 's/.*_pelton_words "(.*)"/\1/p')" "$passes"

statuses=$(awk '/CLI_OK/ { inside = 1 } /};/ { inside = 0 } inside' runtime/cli/status.h | grep -oE '= [0-9]+' | tr -d '= ')
same "docs/man/pelton.1, exit statuses" "$(sed -n '/^.SH EXIT STATUS/,/^.SH ENV/p' docs/man/pelton.1 | grep -xE '[0-9]+')" "$statuses"
same "pelton help, exit statuses" "$("$PELTON" help | sed -n '/^Exit status/,$p' | grep -oE '\b[0-9]+\b')" "$statuses"

# Options that the manual shows are some command's.
options=$(for name in $("$PELTON" help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do "$PELTON" help "$name"; done | grep -oE -- '--[a-z][a-z-]*' | sort -u)
while read -r line; do
	for option in $(sed 's/ -- .*//' <<<"$line" | grep -oE -- ' --[a-z][a-z-]*'); do
		compared=$((compared + 1))
		grep -qxF -e "$option" <<<"$options" || complain "the manual shows an option $option, which no command has: $line"
	done
done < <(cat "${pages[@]}" | grep -oE '(^|`)pelton [a-z]+ [^`#]*')

echo "$compared comparisons, $failed failures"
[ "$failed" -eq 0 ]
