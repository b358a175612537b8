#!/usr/bin/env bash
# The doctor tells what is there, what is missing and how to mend it.
. "$SOURCE_DIR/tests/cli/support/check.bash"
export PELTON_MODULE_PATH=$BUILD_DIR/modules

pelton doctor
check_status 0
check_err ""
check_out_has "ok       version           pelton 0.2.0"
for module in audio bench core dsp file image; do
	check_out_has "ok       module            $module, "
done
for library in libpelton.so libxml2.so libhwloc.so libjpeg.so libpng libsndfile.so; do
	check "a line on $library" 1 "$(grep -c "^ok       library           .*$library" <<<"$out")"
done
check_out_has "ok       shared memory     memfd with seals"
check_out_has "cores online"

# The instruction set: the best there is, or a lower one that is asked for. Another is an error wherever kernels are used.
set=$(sed -n 's/^ok       instruction set   \(.*\), for kernels$/\1/p' <<<"$out")
case $set in
default) ;;
avx2 | avx512f)
	PELTON_CPU=default pelton doctor
	check_status 0
	check_out_has "note     instruction set   default, for kernels
                           -> this machine has $set; unset PELTON_CPU"
	;;
*) check "instruction set" "default, avx2 or avx512f" "$set" ;;
esac
PELTON_CPU=mmx pelton doctor
check_status 1
check_out_has "MISSING  environment       PELTON_CPU is 'mmx', but kernels are not built for an instruction set of that name
                           -> this machine supports "

# What a variable is to blame for is not laid on libraries.
for wrong in PELTON_CPU=avx9 PELTON_LIBEXEC=/none; do
	out=$(env "$wrong" "$PELTON" doctor)
	command="$wrong doctor"
	check_out_has "MISSING  environment       "
	check_out_has "${wrong%=*}"
	check "no library is to blame" "" "$(grep 'is not loaded' <<<"$out")"
done
PELTON_LIBEXEC=/none pelton doctor
check_out_has "MISSING  environment       the environment variable PELTON_LIBEXEC is '/none'; it must be an existing folder
                           -> correct it, or unset PELTON_LIBEXEC"
PELTON_MODULE_PATH=$BUILD_DIR/modules:/none/a::$tmp/.out pelton doctor
check_out_has "note     module            '/none/a', which is searched for modules, is not a folder
                           -> correct PELTON_MODULE_PATH, or unset it
note     module            '$tmp/.out', which is searched for modules, is not a folder
                           -> correct PELTON_MODULE_PATH, or unset it"

# Without Graphviz, with a module that does not load, with little memory: notes, each with a remedy.
mkdir bad empty
echo 'not a module' >bad/broken.so
search=$tmp/empty PELTON_MODULE_PATH=$tmp/bad pelton doctor
check_status 0
check_out_has "note     graphviz          there is no program 'dot', for pictures other than .dot files
                           -> install the package graphviz"
check_out_has "note     module            module 'broken' cannot be loaded: $tmp/bad/broken.so: file too short"

mkdir dot
printf '#!/bin/sh\n' >dot/dot
chmod +x dot/dot
search=$tmp/empty:$tmp/dot pelton doctor
check_out_has "ok       graphviz          $tmp/dot/dot, for pictures"

# XRT is looked for, never loaded: an empty file will do.
mkdir -p xrt/lib
XILINX_XRT='' LD_LIBRARY_PATH=$tmp/xrt/lib pelton doctor
case $out in
*"ok       xrt"*) ;; # it is installed here
*) check_out_has "note     xrt               libxrt_coreutil.so.2 is not found: graphs run on the CPU only
                           -> install XRT (package libxrt2) to run kernels on an FPGA device" ;;
esac
: >xrt/lib/libxrt_coreutil.so.2
XILINX_XRT=$tmp/xrt pelton doctor
check_out_has "ok       xrt               $tmp/xrt/lib/libxrt_coreutil.so.2, for FPGA devices"
XILINX_XRT='' LD_LIBRARY_PATH=$tmp/xrt/lib pelton doctor
check_out_has "ok       xrt               $tmp/xrt/lib/libxrt_coreutil.so.2, for FPGA devices"

few=$(ulimit -n 64 && "$PELTON" doctor 2>/dev/null | grep -A1 'open files')
check "few open files" "note     open files        64, for channels and ports (ulimit -n)
                           -> ulimit -n 1024" "$few"

# Something that a run cannot do without, here memory to share, as no file may grow: status 1.
shared=$(trap '' XFSZ && ulimit -f 0 && "$PELTON" doctor 2>&1; echo "status $?")
check "no shared memory" "MISSING  shared memory     cannot make a sealed memfd: File too large
                           -> let the sandbox allow memfd_create, or raise the limits on open files and file size
status 1" "$(grep -A1 -e '^MISSING' -e '^status' <<<"$shared")"

# What emulation and packing need: each is said with a remedy.
check_out_has "ok       compiler          "
PELTON_CC=/none/cc PELTON_CXX=nocc pelton doctor
check_out_has "note     compiler          there is no program '/none/cc' to pack FPGA kernels in C
                           -> correct PELTON_CC, or unset it"
check_out_has "note     compiler          there is no program 'nocc' to pack FPGA kernels in C++
                           -> correct PELTON_CXX, or unset it"
search=$tmp/empty pelton doctor
check_out_has "note     compiler          there is no program 'cc' to pack FPGA kernels in C
                           -> install the package gcc, or name a compiler in PELTON_CC"
TMPDIR=$tmp/none pelton doctor
check_out_has "note     TMPDIR            $tmp/none is not a writable folder: compilers may fail
                           -> unset TMPDIR, or make the folder"
OCL_ICD_VENDORS=/none pelton doctor
check_out_has "note     opencl            OCL_ICD_VENDORS=/none: OpenCL programs find only those platforms
                           -> unset it; 'pelton emulate' then points them to XRT"
out=$(ulimit -n 12 && "$PELTON" doctor 2>&1)
check "12 open files: emulation is not well" "" "$(grep '^ok       emulation' <<<"$out")"
check "why" "note     packing           cannot start the compiler 'cc': Too many open files (the limit is 12; ulimit -n raises it)" \
	"$(grep '^[a-z]*  *packing' <<<"$out")"

# Where name spaces of one's own are allowed: a /tmp without execution, or that cannot be written; no /proc.
changed() { out=$(unshare -m sh -c "$1"' && exec "$PELTON" doctor' 2>&1); command="$1"; }
if unshare -m true 2>/dev/null; then
	changed 'mount -t tmpfs -o noexec,mode=1777 none /tmp'
	check_out_has "note     /tmp              code in it cannot be executed, which emulation and packing need
                           -> it is mounted noexec: mount -o remount,exec /tmp"
	check "emulation is not well" "" "$(grep '^ok       emulation' <<<"$out")"
	changed 'mount -t tmpfs -o ro none /tmp'
	check_out_has "note     /tmp              files cannot be made there, which emulation and packing need: Read-only file system
                           -> make it writable for everybody, with free space: chmod 1777 /tmp; df /tmp"
	changed 'mount -t tmpfs none /proc'
	check_out_has "note     /proc             not mounted: devices cannot be used, and cores and limits are unknown
                           -> mount it: mount -t proc proc /proc"
	check "emulation is not well" "" "$(grep '^ok       emulation' <<<"$out")"
fi
finish
