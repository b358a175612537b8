#!/usr/bin/env bash
# Every folder of runtime/ includes only the folders that DESIGN.md's one-way rule allows it, and every library has
# the one home that includes it.
set -u
: "${SOURCE_DIR:?}"
cd "$SOURCE_DIR/runtime" || exit 1
failed=0
complain() {
	echo "$1" >&2
	failed=$((failed + 1))
}

# folder: the folders it may include, besides itself
declare -A allowed=(
	[device/process]="base device" [base]="" [analysis]="" [channel]=""
	[xml]="base" [graph]="base xml analysis" [kernel]="base" [device]="base xml" [emulator]="base xml"
	[plan]="base graph kernel analysis"
	[harness]="base graph kernel plan"
	[exec]="base plan channel kernel graph device"
	[observe]="base graph kernel plan exec device analysis"
	[cli]="" [kernel/image]="" [kernel/audio]=""
)
# header of another project: the folders that may include it
declare -A home=(
	["libxml/"]="xml" ["hwloc"]="plan exec"
	["jpeglib.h"]="kernel/image" ["png.h"]="kernel/image" ["sndfile.h"]="kernel/audio"
	["xrt/"]="device/process" ["check.h"]=""
)

# The folder of file $1, into `folder`. A module under kernel/ is a folder of its own; the other folders there belong to the built-in kernels.
# So is the device process. (No process is started for a file or a line: there are thousands.)
find_folder() {
	case $1 in
	kernel/image/* | kernel/audio/* | device/process/*) folder=${1%/*} ;;
	*) folder=${1%%/*} ;;
	esac
}

declare -A place=()
while read -r file; do
	name=${file##*/}
	if [ -n "${place[$name]:-}" ]; then
		complain "runtime/$file: a header of this name is in ${place[$name]} too; header names are unique"
	fi
	find_folder "$file"
	place[$name]=$folder
done < <(find . -name '*.h' -printf '%P\n' | sort)

included='[<"]([^>"]*)[>"]'
while IFS=: read -r file line text; do
	find_folder "$file"
	own=$folder
	[[ $text =~ $included ]] || continue
	name=${BASH_REMATCH[1]}
	case $text in
	*\"*)
		target=${place[${name##*/}]:-}
		if [ -z "$target" ]; then
			complain "runtime/$file:$line: no folder of runtime/ has a header $name"
		elif [ "$target" != "$own" ] && [[ " ${allowed[$own]:-} " != *" $target "* ]]; then
			complain "runtime/$file:$line: $own may not include $name of $target"
		fi
		;;
	*)
		for prefix in "${!home[@]}"; do
			[[ $name == "$prefix"* ]] || continue
			[[ " ${home[$prefix]} " == *" $own "* ]] ||
				complain "runtime/$file:$line: $own may not include <$name>; it is for: ${home[$prefix]:-nobody}"
		done
		;;
	esac
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' --include='*.[ch]' . | sed 's|^\./||')

[ "$failed" -eq 0 ]
