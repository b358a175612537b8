#!/usr/bin/env bash
# The order inside the folders of runtime/ that tests/house/layers/ lists: a lower layer neither includes nor calls a higher one, and no files
# use each other in a cycle. Such uses are found in #include lines and, with nm, in the built object files.
#
# A file of tests/house/layers/ has these lines:
#
#	folder exec				a folder of runtime/; its subfolders belong to it, but for those with a list of their own
#	layer NAME: FILE FILE...		a layer, the lowest first; a file is named without its ending, and may have * in it
#	allow FROM TO				this use goes the wrong way or closes a cycle, and is to be mended; it must exist
#
# A header and the source of the same name are one file. Without `layer` lines only cycles are looked for. LAYERS_PRINT=uses lists all uses.
# LAYERS names other lists (the test of this script).
set -u
: "${SOURCE_DIR:?}" "${BUILD_DIR:?}"
lists=${LAYERS:-$SOURCE_DIR/tests/house/layers}
command -v nm >/dev/null || {
	echo "skipped: nm is not there; it is of the package binutils"
	exit 77
}
shopt -s nullglob globstar
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Defined and undefined symbols of all objects: "D|U symbol file", the file as in runtime/. The objects of one source are one.
symbols() {
	(cd "$BUILD_DIR/runtime" && find . -name '*.c.o' -print0 | xargs -0r nm -A -g --) | awk '
		{
			at = index($0, ".c.o:")
			file = substr($0, 3, at - 1)
			sub(/CMakeFiles\/[^\/]*\.dir\//, "", file)
			n = split(substr($0, at + 5), word, " ")
			print (word[n - 1] == "U" || word[n - 1] == "w" ? "U" : "D"), word[n], file
		}' | sort -u
}
symbols >"$work/symbols"
[ -s "$work/symbols" ] || {
	echo "layers: there are no object files in $BUILD_DIR/runtime" >&2
	exit 1
}

folders=$(sed -n 's/^folder  *//p' "$lists"/*.txt)

# The files of folder $1, as paths within it.
files_of() {
	local folder=$1 file other
	for file in "$SOURCE_DIR/runtime/$folder"/**/*.[ch]; do
		file=${file#"$SOURCE_DIR/runtime/"}
		for other in $folders; do
			[[ $other == "$folder"/* && $file == "$other"/* ]] && continue 2
		done
		echo "${file#"$folder"/}"
	done
}

# "include|call FROM TO" of the files of folder $1, with paths within it and endings.
uses_of() {
	local folder=$1
	files_of "$folder" | while read -r file; do
		sed -nE "s|^[[:space:]]*#[[:space:]]*include[[:space:]]*\"(.*)\".*|$file \1|p" "$SOURCE_DIR/runtime/$folder/$file"
	done | awk -v list="$work/files" '
		BEGIN { while ((getline file < list) > 0) { name = file; sub(/.*\//, "", name); place[name] = file } }
		{ name = $2; sub(/.*\//, "", name); if (name in place) print "include", $1, place[name] }'
	awk -v folder="$folder/" -v list="$work/files" '
		BEGIN { while ((getline file < list) > 0) mine[folder file] = file }
		!($3 in mine) { next }
		$1 == "D" { home[$2] = mine[$3]; next }
		{ wanted[++n] = $2; by[n] = mine[$3] }
		END { for (i = 1; i <= n; i++) if (wanted[i] in home && home[wanted[i]] != by[i]) print "call:" wanted[i], by[i], home[wanted[i]] }
	' "$work/symbols"
}

# Looks for what is wrong: the list, then the uses.
check='
	function stem(file) { sub(/\.[ch]$/, "", file); return file }
	function complain(text) { print "layers: runtime/" folder ": " text > "/dev/stderr"; bad = 1 }
	function matches(file, pattern) { gsub(/\./, "\\.", pattern); gsub(/\*/, "[^/]*", pattern); return file ~ "^" pattern "$" }
	# Tarjan, with a stack of our own: who is in a cycle with whom.
	function visit(v,    i, w, text, size) {
		number[v] = low[v] = ++count; stack[++top] = v; on[v] = 1
		for (i = 1; i <= degree[v]; i++) {
			w = next_of[v, i]
			if (!(w in number)) { visit(w); if (low[w] < low[v]) low[v] = low[w] }
			else if (on[w] && number[w] < low[v]) low[v] = number[w]
		}
		if (low[v] != number[v]) return
		do { w = stack[top--]; on[w] = 0; text = " " w text; cycle[w] = v; size++ } while (w != v)
		if (size > 1) { complain("these files use each other in a cycle:" text); looped[v] = 1 }
	}
	FNR == 1 { part++ }
	part == 1 { known[stem($1)] = 1; next }
	part == 2 && $1 == "layer" {
		level++; label = $2; sub(/:$/, "", label); names[level] = label
		for (i = 3; i <= NF; i++) { found = 0
			for (file in known) if (matches(file, $i)) { found = 1
				if (file in of) complain(file " is in two layers, " names[of[file]] " and " label)
				of[file] = level }
			if (!found) complain("layer " label ": there is no file " $i) }
		next
	}
	part == 2 && $1 == "allow" { allowed[stem($2) SUBSEP stem($3)] = $2 " to " $3; next }
	part == 2 { next }
	{
		from = stem($2); to = stem($3)
		if (from == to) next
		if ((from, to) in allowed) { used[from, to] = 1; next }
		how = $1 == "include" ? "includes " $3 : $3
		if ($1 != "include") { name = $1; sub(/^call:/, "", name); how = "uses " name " of " $3 }
		if (level && (from in of) && (to in of) && of[from] < of[to])
			complain($2 ", of layer " names[of[from]] ", " how ", of the higher layer " names[of[to]])
		if (!((from, to) in edge)) { edge[from, to] = how; next_of[from, ++degree[from]] = to }
	}
	END {
		for (file in known) if (level && !(file in of)) complain(file " is in no layer: add it to " list)
		for (pair in allowed) if (!(pair in used)) complain("the use of " allowed[pair] " is allowed, and is not there any more: remove the line from " list)
		for (file in known) if (!(file in number)) visit(file)
		for (pair in edge) { split(pair, ends, SUBSEP)
			if (cycle[ends[1]] == cycle[ends[2]] && looped[cycle[ends[1]]]) print "    " ends[1] " " edge[pair] > "/dev/stderr" }
		exit bad
	}'

for list in "$lists"/*.txt; do
	folder=$(sed -n 's/^folder  *//p' "$list")
	files_of "$folder" >"$work/files"
	if [ ! -s "$work/files" ]; then
		echo "layers: $list: there are no files in runtime/$folder" >&2
		failed=1
		continue
	fi
	uses_of "$folder" | sort -u >"$work/uses"
	[ "${LAYERS_PRINT:-}" = uses ] && sed "s|^|$folder: |" "$work/uses"
	# A missing build must not count as success.
	for source in $(grep '\.c$' "$work/files"); do
		grep -qF " $folder/$source" "$work/symbols" || {
			echo "layers: runtime/$folder/$source has no object file in $BUILD_DIR" >&2
			failed=1
		}
	done
	# mawk reads no empty file as one: the list has at least a line.
	awk -v folder="$folder" -v list="${list##*/}" "$check" "$work/files" "$list" "$work/uses" || failed=1
done
[ "$failed" -eq 0 ]
