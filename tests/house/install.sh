#!/usr/bin/env bash
# Installs Pelton into an empty prefix, moves that prefix, and builds every project in examples/ against it as a
# stranger would: once by pkg-config, once by find_package(pelton). Then runs what was built.
#
# An example is a folder with sources. By pkg-config: its Makefile if it has one, else every *.c into one program of
# the folder's name. By find_package: its CMakeLists.txt, which every example must have. It is run in an empty
# folder: run.sh if there is one (told EXAMPLE_DIR, the sources; EXAMPLE_BUILD, what was built; PELTON, the program),
# else the program of the folder's name.
set -euo pipefail
: "${SOURCE_DIR:?}" "${BUILD_DIR:?}" "${CMAKE:=cmake}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
complain() {
	echo "install: $1" >&2
	failed=$((failed + 1))
}

"$CMAKE" --install "$BUILD_DIR" --prefix "$work/first" >"$work/install.log" || {
	cat "$work/install.log"
	exit 1
}
prefix="$work/moved"
mv "$work/first" "$prefix"

# The environment of the build tree must not help.
unset PELTON_MODULE_PATH LD_LIBRARY_PATH CPATH LIBRARY_PATH
pc=$(find "$prefix" -name pelton.pc -printf '%h\n')
[ -n "$pc" ] || {
	complain "no pelton.pc is installed"
	exit 1
}
export PKG_CONFIG_PATH=$pc
libdir=$(pkg-config --variable=libdir pelton)
libdir=$(realpath "$libdir")
if [ -e "$prefix/bin/pelton" ]; then
	export PELTON=$prefix/bin/pelton
	# The program finds the library through its run path, and the modules next to the library.
	"$PELTON" kernels >"$work/kernels" </dev/null || complain "the installed program cannot list its kernels"
	for module in "$libdir"/pelton/pelton-*.so; do
		name=$(basename "$module" .so)
		name=${name#pelton-}
		grep -q "^ *$name\\." "$work/kernels" ||
			complain "the installed program does not find the kernels of module $name"
	done
fi
if grep -rlIF -e "$BUILD_DIR" -e "$SOURCE_DIR" "$prefix" >"$work/leaks"; then
	complain "installed files name the build tree: $(tr '\n' ' ' <"$work/leaks")"
fi
for page in man1/pelton.1 man1/pelton-run.1 man5/pelton-graph.5; do
	[ -e "$prefix/share/man/$page" ] || complain "share/man/$page is not installed"
done
# A manual page names only what is installed, and has no Markdown.
if grep -rnE '\]\(|\bdocs/' "$prefix/share/man" >"$work/markdown"; then
	complain "manual pages have Markdown, or name files that are not installed: $(cat "$work/markdown")"
fi
# Pages of functions are installed if Doxygen was found, and all their names are Pelton's.
if [ -e "$BUILD_DIR/man/made" ]; then
	[ -e "$prefix/share/man/man3/pel_run_start.3" ] || complain "no page of pel_run_start() is installed"
	strangers=$(find "$prefix/share/man/man3" -type f ! -name 'pel_*' ! -name 'PEL_*' ! -name 'pelton_*' -printf '%f ')
	[ -z "$strangers" ] || complain "pages are installed that are not Pelton's by name: $strangers"
fi
export LD_LIBRARY_PATH=$libdir

by_pkg_config() {
	local from=$1 to=$2 name=$3
	cp -r "$from" "$to" && cd "$to" || return 1
	if [ -e Makefile ]; then
		make
	else
		# shellcheck disable=SC2046 # flags are words
		cc -std=c17 -Wall -Wextra -Werror -o "$name" ./*.c $(pkg-config --cflags --libs pelton)
	fi
}

by_find_package() {
	local from=$1 to=$2
	cp -r "$from" "$to.source" &&
		"$CMAKE" -S "$to.source" -B "$to" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release &&
		"$CMAKE" --build "$to"
}

run_example() {
	local from=$1 build=$2 name=$3
	mkdir "$build.run" && cd "$build.run" || return 1
	export EXAMPLE_DIR=$from EXAMPLE_BUILD=$build
	if [ -e "$from/run.sh" ]; then
		timeout 60 bash "$from/run.sh"
	else
		timeout 60 "$build/$name"
	fi
}

count=0
for example in "$SOURCE_DIR"/examples/*/; do
	example=${example%/}
	ls "$example"/*.c >/dev/null 2>&1 || continue
	name=$(basename "$example")
	count=$((count + 1))
	for way in by_pkg_config by_find_package; do
		build=$work/$name.$way
		if ! ("$way" "$example" "$build" "$name") >"$work/log" 2>&1; then
			cat "$work/log" >&2
			complain "examples/$name does not build $way"
		elif ! (run_example "$example" "$build" "$name") >"$work/log" 2>&1; then
			cat "$work/log" >&2
			complain "examples/$name, built $way, does not run"
		fi
	done
done

# The helper for kernel authors builds a module that loads, even if no example uses it.
mkdir "$work/module"
printf '#include <pelton/pelton.h>\nextern int pel_probe;\nint pel_probe = PEL_KERNEL_ABI;\n' >"$work/module/probe.c"
cat >"$work/module/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(probe C)
find_package(pelton 0.2 REQUIRED)
pelton_add_kernel_module(probe probe.c)
CMAKE
if ! { "$CMAKE" -S "$work/module" -B "$work/module/build" -DCMAKE_PREFIX_PATH="$prefix" &&
	"$CMAKE" --build "$work/module/build"; } >"$work/log" 2>&1 || [ ! -e "$work/module/build/pelton-probe.so" ]; then
	cat "$work/log" >&2
	complain "pelton_add_kernel_module() does not make a module"
fi

echo "$count examples, each built two ways; $failed failures"
[ "$failed" -eq 0 ]
