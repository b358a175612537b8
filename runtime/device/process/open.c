/* SPDX-License-Identifier: Apache-2.0 */
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bo-device.h"
#include "bo-pool.h"
#include "process-report.h"
#include "watch.h"
#include "xrt-workaround.h"

static struct self *forking; /* set while XRT may fork a child that starts the device model */

static int say(char *text, int code, const char *what, const struct self *self)
{
	char words[256];

	pel_process_words(self, words, sizeof(words));
	snprintf(text, TEXT_BYTES, "%s%s%s%s", what, *words ? " (XRT: " : "", words, *words ? ")" : "");
	return code;
}

/* ---- before XRT ---- */

static bool exists(const char *folder, const char *name, int mode)
{
	char path[4096];

	return snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) &&
	       access(path, mode) == 0;
}

/* XRT aborts or exits if these are missing. */
static int check_emulation(const char *mode, char *text, char *hint)
{
	static const char *const models[] = {
		"data/emulation/unified/cpu_em/generic_pcie/model/genericpciemodel",
		"data/emulation/unified/sw_emu/generic_pcie/model/genericpciemodel",
	};
	const char *xrt = getenv("XILINX_XRT"), *vitis = getenv("XILINX_VITIS");

	if (strcmp(mode, "sw_emu") == 0) {
		if (!vitis || (!exists(vitis, models[0], X_OK) && !exists(vitis, models[1], X_OK))) {
			snprintf(text, TEXT_BYTES,
				 "XCL_EMULATION_MODE is sw_emu, but XILINX_VITIS (%s) has no device model",
				 vitis ? vitis : "not set");
			snprintf(hint, TEXT_BYTES,
				 "unset XCL_EMULATION_MODE, and let Pelton set up emulation: --emulate");
			return -EINVAL;
		}
		if (xrt && !exists(xrt, "lib/libxrt_swemu.so.2", R_OK) &&
		    !exists(xrt, "lib/x86_64-linux-gnu/libxrt_swemu.so.2", R_OK)) {
			snprintf(text, TEXT_BYTES,
				 "XCL_EMULATION_MODE is sw_emu, but XILINX_XRT (%s) has no lib/libxrt_swemu.so.2",
				 xrt);
			snprintf(hint, TEXT_BYTES,
				 "unset XCL_EMULATION_MODE, and let Pelton set up emulation: --emulate");
			return -EINVAL;
		}
	}
	return 0;
}

/* ---- starting the device model ---- */

/* Kernels print to the run's standard error, because its standard output may carry data. XRT's own output stays in the log. */
static void in_child(void)
{
	if (!forking)
		return;
	dup2(forking->err, STDOUT_FILENO);
	dup2(forking->err, STDERR_FILENO);
}

/* Make the pipe of events. Returns the model's end of it. */
static int make_events(struct self *self)
{
	char number[16];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(fds[1], F_SETFD, 0) < 0)
		return -errno;
	atomic_store(&self->events, fds[0]);
	snprintf(number, sizeof(number), "%d", fds[1]);
	if (setenv("PELTON_EMULATOR_EVENTS", number, 1) < 0)
		return -errno;
	return fds[1];
}

/* Make the socket that windows.h describes. Returns the model's end of it. */
static int make_windows(struct self *self)
{
	char number[16];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	if (fcntl(fds[1], F_SETFD, 0) < 0)
		return -errno;
	self->windows = fds[0];
	snprintf(number, sizeof(number), "%d", fds[1]);
	if (setenv("PELTON_EMULATOR_WINDOWS", number, 1) < 0)
		return -errno;
	return fds[1];
}

static void default_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGABRT, SIGUSR1, SIGCHLD };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- opening ---- */

static int open_device(struct self *self, uint32_t index, char *text, char *hint)
{
	char words[256];

	/* XRT 2.13 aborts if XILINX_XRT is not set. */
	if (!self->emulated && exists("/opt/xilinx/xrt", "lib/libxrt_core.so.2", R_OK))
		setenv("XILINX_XRT", "/opt/xilinx/xrt", 0);
	errno = 0;
	self->device = xrtDeviceOpen(index);
	if (!self->device) {
		pel_process_words(self, words, sizeof(words));
		snprintf(text, TEXT_BYTES, PEL_DEVICE_NONE, index);
		snprintf(hint, TEXT_BYTES, PEL_DEVICE_NONE_HINT, words);
		return -ENODEV;
	}
	/* Pelton's own emulation already uses a repaired library. */
	return self->emulated && !self->remove_folders ? pel_xrt_workaround(self->device, text) : 0;
}

static int load(struct self *self, const char *xclbin, char *text)
{
	char what[512];
	pid_t pid = getpid();
	int r;

	errno = 0;
	r = xrtDeviceLoadXclbinFile(self->device, xclbin);
	/* If XRT 2.25 cannot start a device model, its forked child returns from the call, too. */
	if (getpid() != pid)
		_exit(127);
	default_signals();
	if (r == 0)
		return 0;
	snprintf(what, sizeof(what), "the device refuses the xclbin %.400s", xclbin);
	return say(text, -EINVAL, what, self);
}

int pel_process_open(struct self *self, uint32_t index, const char *xclbin, char *text, char *hint)
{
	const char *mode = getenv("XCL_EMULATION_MODE");
	char why[PEL_ERRNO_BYTES];
	int model_end = -1, windows_end = -1, r;

	self->emulated = mode && *mode;
	if (self->emulated && (r = check_emulation(mode, text, hint)) < 0)
		return r;
	/* XRT's threads sleep for 10 us at a time and inherit our timer slack, which is added to that. */
	prctl(PR_SET_TIMERSLACK, 1);
	/* Otherwise malloc() would map, and fault in, XRT's messages of several MiB anew each time. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 64 << 20);
	if (self->emulated && (model_end = make_events(self)) < 0) {
		snprintf(text, TEXT_BYTES, "cannot make a pipe: %s", pel_errno_text(-model_end, why));
		return model_end;
	}
	if (self->emulated && self->remove_folders && (windows_end = make_windows(self)) < 0) {
		snprintf(text, TEXT_BYTES, "cannot make a socket: %s", pel_errno_text(-windows_end, why));
		return windows_end;
	}
	forking = self;
	pthread_atfork(NULL, NULL, in_child);
	r = open_device(self, index, text, hint);
	if (r == 0)
		r = load(self, xclbin, text);
	forking = NULL;
	if (model_end >= 0)
		close(model_end);
	if (windows_end >= 0)
		close(windows_end);
	/* Without its greeting we would not hear of faults, either. Device models other than ours send none. */
	if (r == 0 && self->remove_folders && !pel_model_greets(self)) {
		snprintf(text, TEXT_BYTES, "the device model has sent no greeting");
		r = -EIO;
	}
	return r;
}

/* ---- kernels ---- */

static struct cu *find_cu(struct self *self, const char *name)
{
	for (uint32_t i = 0; i < self->n_cus; i++)
		if (strcmp(self->cus[i]->name, name) == 0)
			return self->cus[i];
	return NULL;
}

static struct cu *open_cu(struct self *self, const char *kernel, const char *name, char *text)
{
	char what[512], full[600];
	xuid_t uuid;
	struct cu *cu;
	xrtKernelHandle handle = NULL;

	snprintf(full, sizeof(full), "%.256s:{%.256s}", kernel, name);
	errno = 0;
	if (xrtDeviceGetXclbinUUID(self->device, uuid) == 0)
		handle = xrtPLKernelOpen(self->device, uuid, full);
	if (!handle) {
		snprintf(what, sizeof(what), "the xclbin has no kernel '%.200s' with a compute unit '%.200s'",
			 kernel, name);
		say(text, -EINVAL, what, self);
		return NULL;
	}
	cu = pel_process_alloc(sizeof(*cu));
	cu->name = strdup(name);
	cu->handle = handle;
	for (size_t i = 0; i < PEL_DEVICE_ARGS_MAX; i++)
		cu->groups[i] = GROUP_UNKNOWN;
	return cu;
}

#define CUS_MAX 4096

/* The unit of that name, opened if it is not yet; another kernel number may already use it. */
static struct cu *add_cu(struct self *self, const char *kernel, const char *name, char *text)
{
	struct cu *cu = find_cu(self, name);
	uint32_t n_cus = self->n_cus;

	if (cu)
		return cu;
	cu = n_cus == CUS_MAX ? NULL : open_cu(self, kernel, name, text);
	if (!cu)
		return NULL;
	if (!self->cus)
		self->cus = pel_process_alloc(CUS_MAX * sizeof(struct cu *));
	self->cus[n_cus] = cu;
	atomic_store_explicit(&self->n_cus, n_cus + 1, memory_order_release);
	return cu;
}

int pel_process_add_kernel(struct self *self, const struct pel_device_message *message, char *text, char *hint)
{
	uint32_t n = atomic_load(&self->n_kernels);
	struct kernel *kernel = &self->kernels[n];
	const char *name = message->text, *end = message->text + message->text_bytes;

	(void)hint;
	if (n == PEL_DEVICE_KERNELS_MAX || message->index != n || message->n_cus == 0 ||
	    message->n_cus > message->text_bytes) {
		snprintf(text, TEXT_BYTES, "kernel %u is not valid", message->index);
		return -EINVAL;
	}
	*kernel = (struct kernel){ .name = strdup(name),
				   .timeout_ms = message->timeout_ms,
				   .floats = message->floats,
				   .pointers = message->pointers };
	kernel->cus = pel_process_alloc(message->n_cus * sizeof(struct cu *));
	for (; kernel->n_cus < message->n_cus; kernel->n_cus++) {
		name += strlen(name) + 1;
		if (name >= end) {
			snprintf(text, TEXT_BYTES, "the message about kernel '%s' is cut off", kernel->name);
			return -EINVAL;
		}
		kernel->cus[kernel->n_cus] = add_cu(self, kernel->name, name, text);
		if (!kernel->cus[kernel->n_cus])
			return -EINVAL;
	}
	atomic_store_explicit(&self->n_kernels, n + 1, memory_order_release);
	return 0;
}

/* XRT crashes in exit handlers unless everything is closed, in this order. */
void pel_process_close(struct self *self)
{
	for (uint32_t i = 0; i < self->n_cus; i++)
		for (uint32_t k = 0; k < self->cus[i]->n_runs; k++)
			xrtRunClose(self->cus[i]->runs[k]);
	for (uint32_t i = 0; i < self->n_cus; i++)
		xrtKernelClose(self->cus[i]->handle);
	pel_bo_pool_close();
	pel_bo_device_close();
	if (self->device)
		xrtDeviceClose(self->device);
}
