#!/usr/bin/env bash
# Fails every system call of Pelton, of its device process and of its device model in turn, over four small graphs (files, a pipe, an emulated
# FPGA, a picture), with strace's fault injection, and asserts of each run:
#   - status 0 means the right bytes;
#   - it ends, within LIMIT_S seconds more than an undisturbed run under strace needs;
#   - it does not crash;
#   - no process and no folder of it is left.
# usage: PELTON=... PELTON_MODULE_PATH=... SOURCE_DIR=... syscalls.sh [--sites] [--sample N] [files] [pipe] [fpga] [picture]; about N in all
#   --sites  each call once from every place in the code that makes it, told by its stack (strace -k), instead of the first few of each process
# Prints how many injections there were, and each that went wrong. A crash inside the very call of the C library or of the loader whose system call
# failed is counted separately, because it is not Pelton's fault (glibc's malloc() and pthread_join() crash in this way). Status 77: strace is
# missing, or may not trace.
set -u
: "${PELTON:?}" "${SOURCE_DIR:?}"
PELTON=$(realpath "$PELTON") SOURCE_DIR=$(realpath "$SOURCE_DIR")
[ -z "${PELTON_MODULE_PATH-}" ] || export PELTON_MODULE_PATH=$(sed -E "s,(^|:)([^/:]),\1$PWD/\2,g" <<<"$PELTON_MODULE_PATH")
LIMIT_S=${LIMIT_S:-2}
sample=0 sites=false
while [[ ${1-} == --* ]]; do
	case $1 in
	--sample) sample=$2 && shift ;;
	--sites) sites=true ;;
	*) echo "unknown option $1" && exit 2 ;;
	esac
	shift
done
graphs=${*:-files pipe fpga picture}
strace -qq -o /dev/null true 2>/dev/null || {
	echo "skipped: strace is not installed, or may not trace"
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export PELTON_TEST_MARK=syscalls-$$ # identifies processes that a run starts

# ---- graphs: run_NAME writes `out` ----

graph() { echo "<graph xmlns=\"urn:pelton:graph:1\" name=\"$1\">$2</graph>" >"$1.xml"; }
chain='<channel from="r" to="a"/><channel from="a" to="w"/>'
scale='<actor id="a" kernel="core.scale"><set name="gain" value="2"/></actor>'
graph files "<actor id=\"r\" kernel=\"file.read\"><set name=\"file\" value=\"in.f32\"/><set name=\"type\" value=\"f32\"/></actor>$scale<actor id=\"w\" kernel=\"file.write\"><set name=\"file\" value=\"out\"/></actor>$chain"
graph pipe "<in name=\"r\"/><out name=\"w\"/>$scale$chain"
graph fpga "<actor id=\"r\" kernel=\"bench.source\"><set name=\"tokens\" value=\"20000\"/></actor>${scale/kernel/on=\"fpga\" kernel}<actor id=\"w\" kernel=\"file.write\"><set name=\"file\" value=\"out\"/></actor>$chain"
graph picture "<use library=\"image\"/><actor id=\"r\" kernel=\"image.read\"><set name=\"file\" value=\"in.png\"/></actor><actor id=\"a\" kernel=\"image.grey\"/><actor id=\"w\" kernel=\"image.write\"><set name=\"file\" value=\"out.png\"/></actor>$chain"
perl -e 'print pack("f<*", map { $_ * 0.25 } 1 .. 20000)' >in.f32
args_files=(run files.xml)
args_pipe=(run pipe.xml --in r=- --out w=-)
args_fpga=(run fpga.xml --emulate --xclbin fpga.xclbin)
args_picture=(run picture.xml)
execute() { # graph, the words before pelton: runs it, and leaves what it wrote in `out`
	local name=$1 status
	local -n args=args_$name
	shift
	rm -f out out.png
	case $name in
	pipe) "$@" "$PELTON" "${args[@]}" <in.f32 >out 2>err ;;
	*) "$@" "$PELTON" "${args[@]}" </dev/null >stdout 2>err ;;
	esac
	status=$?
	[ -e out.png ] && mv out.png out
	return $status
}

processes() {
	local process
	for process in /proc/[0-9]*; do
		grep -qzxF "PELTON_TEST_MARK=$PELTON_TEST_MARK" "$process/environ" 2>/dev/null || continue
		case $(cat "$process/comm" 2>/dev/null) in
		pelton* | genericpcie*) echo "$(cat "$process/comm") ${process#/proc/}" ;;
		esac
	done
}
folders() {
	local folder
	for folder in /tmp/pelton-??????; do
		[ -e "$folder/lock" ] && flock -n "$folder/lock" true && echo "$folder"
	done
}

# ---- one injection ----

injections=0 bad=0 theirs=0
wrong() {
	bad=$((bad + 1))
	echo "$1: $2 $3:when=$4: $5; $(grep -m 1 -v '^hint' err | cut -c 1-160)"
}
attempt() { # seconds, graph, call, errno, which
	execute "$2" timeout -k 1 "$1" strace -f -qq -o trace -e trace="$3" -e signal=none -e inject="$3:error=$4:when=$5" 2>/dev/null
}
# Does the process die in the call of another library that the injected failure was in? The nearest frames of ours are the same then, or
# there are none, as before main().
is_theirs() { # as inject
	strace -k -o /dev/null true 2>/dev/null || return 1
	execute "$1" timeout -k 1 $((10 * limit)) strace -k -f -qq -o trace -e trace="$2" -e inject="$2:error=$3:when=$4" 2>/dev/null
	awk '/^[0-9]+ / { which = /INJECTED/ ? "call" : /--- SIG(SEGV|ABRT|BUS|ILL|FPE)/ ? "death" : ""; pid = $1 }
		which && /^ > / && /pelton/ && !seen[which, pid]++ {
			frame = $0
			sub(/.*\(/, "", frame)
			at[which, pid] = frame
		}
		which == "death" { died[pid] = 1 }
		END { for (pid in died) if (at["call", pid] != at["death", pid]) exit 1 }' trace
}
inject() { # graph, call, errno, which
	local status left
	injections=$((injections + 1))
	attempt "$limit" "$@"
	status=$?
	if [ $status = 124 ] || [ $status = 137 ]; then # or it is slow, because the machine is busy
		left=$(processes | awk '{ print $2 }')
		[ -z "$left" ] || kill -KILL $left 2>/dev/null
		attempt $((4 * limit)) "$@"
		status=$?
	fi
	if [ $status = 124 ] || [ $status = 137 ]; then
		wrong "$@" "no end within $((4 * limit)) s"
		left=$(processes | awk '{ print $2 }')
		[ -z "$left" ] || kill -KILL $left 2>/dev/null
	elif [ $status -gt 127 ] && [ $status != 130 ] && [ $status != 141 ]; then
		if is_theirs "$@"; then
			theirs=$((theirs + 1))
		else
			wrong "$@" "status $status"
		fi
	elif [ $status = 0 ] && ! cmp -s out "$1.right"; then
		wrong "$@" "status 0 and other bytes"
	fi
	left=$(processes)
	if [ -n "$left" ]; then # they may be just ending
		sleep 1
		left=$(processes)
		[ -z "$left" ] || wrong "$@" "left: $left"
	fi
}

# ---- all of them ----

errors() { # call: what it may fail with
	case $1 in
	open* | memfd_create | socket* | pipe* | eventfd* | epoll_create* | pidfd_open | fcntl | dup*) echo EMFILE EINTR ;;
	mmap | mprotect | munmap | mremap | clone* | fork | vfork) echo ENOMEM ;;
	write* | pwrite* | ftruncate | fallocate | rename* | mkdir* | link* | symlink*) echo EIO ENOSPC EINTR ;;
	poll | ppoll | select | epoll_wait | epoll_pwait | futex | nanosleep | clock_nanosleep | wait4 | waitid | connect | accept*) echo EINTR ;;
	tgkill) echo EAGAIN ;;
	*) echo EIO ENOMEM EINTR ;;
	esac
}
# Which calls, and how often a process has made them by then, from lines of strace.
first_few() {
	awk '{ sub(/^[0-9]+ +/, ""); if (match($0, /^[a-z0-9_]+\(/)) print substr($0, 1, RLENGTH - 1) }' "$1" | sort | uniq -c |
		while read -r count call; do
			for which in 1 2 3 5 8 13 21 34 55; do
				[ $which -le "$count" ] && echo "$call $which"
			done
		done
}
of_each_site() {
	awk 'function flush() { if (call != "" && !seen[call, stack]++) print call, turn[pid, call]; call = "" }
		match($0, /^[0-9]+ +[a-z0-9_]+\(/) {
			flush()
			pid = $1
			call = $2
			sub(/\(.*/, "", call)
			turn[pid, call]++
			stack = ""
			next
		}
		/^ > / { stack = stack $0 }
		END { flush() }' "$1" | sort -u
}
for name in $graphs; do
	if [ "$name" = fpga ]; then
		"$PELTON" emulate -- true 2>/dev/null || continue
		"$PELTON" xclbin pack -o fpga.xclbin --kernel pelton_scale_f32 "$SOURCE_DIR/hls/scale.c" || exit 1
	fi
	if [ "$name" = picture ] && [ ! -e in.png ]; then
		cat >make.xml <<'X'
<graph xmlns="urn:pelton:graph:1" name="make"><use library="image"/><actor id="r" kernel="core.counter"><set name="tokens" value="9216"/></actor>
<actor id="c" kernel="core.convert"><set name="to" value="u8"/></actor><actor id="g" kernel="core.group"><set name="tokens" value="9216"/></actor>
<actor id="s" kernel="core.reshape"><set name="shape" value="48,64,3"/></actor><actor id="w" kernel="image.write"><set name="file" value="in.png"/></actor>
<channel from="r" to="c"/><channel from="c" to="g"/><channel from="g" to="s"/><channel from="s" to="w"/></graph>
X
		"$PELTON" run make.xml || exit 1
	fi
	execute "$name" || { echo "$name does not run: $(cat err)"; exit 1; }
	mv out "$name.right"
	begin=$(date +%s)
	execute "$name" strace -f -qq -o calls -e signal=none || { echo "$name does not run under strace: $(cat err)"; exit 1; }
	limit=$((LIMIT_S + 2 * ($(date +%s) - begin)))
	before=$(folders)
	if $sites; then
		execute "$name" strace -k -f -qq -o calls -e signal=none -e trace='!sched_yield,futex' || { echo "$name does not run under strace -k: $(cat err)"; exit 1; }
		of_each_site calls >turns
	else
		first_few calls >turns
	fi
	while read -r call which; do
		case $call in
		getpid | gettid | getppid | get?uid | get?gid | getpgrp | sched_yield | futex) continue ;; # do not fail so
		brk) continue ;; # when it fails, the kernel returns the old break, never an error: the C library would take one for an address
		execve | exit | exit_group | rt_sigreturn | restart_syscall | arch_prctl | set_tid_address | vfork) continue ;;
		esac
		for error in $(errors "$call"); do
			echo "$call $error $which"
		done
	done <turns >plan
	if [ "$sample" -gt 0 ]; then
		share=$((sample / $(wc -w <<<"$graphs")))
		shuf -n "$share" --random-source=<(yes "${SEED-}") plan >some
		mv some plan
	fi
	while read -r call error which <&3; do
		inject "$name" "$call" "$error" "$which"
	done 3<plan
	echo "$name: $(wc -l <plan) injections"
	[ "$(folders)" = "$before" ] || "$PELTON" emulate -- true 2>/dev/null # it sweeps what killed ones left
	[ "$(folders)" = "$before" ] || {
		echo "$name: folders are left: $(folders)"
		bad=$((bad + 1))
	}
done
echo "$injections injections, $bad of them went wrong; $theirs ended in a crash of the C library or of the loader"
[ "$bad" -eq 0 ]
