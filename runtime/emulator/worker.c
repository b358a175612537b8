/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "interrupted.h"

#include "worker-fault.h"
#include "worker-window.h"

typedef void (*thunk_fn)(const unsigned char *regs, unsigned char *const *pointers);

static struct {
	struct pel_emu_worker_options options;
	thunk_fn call;
	struct pel_emu_views views;
	struct pel_emu_windows windows;
} worker;

static int find_thunk(void *library, struct pel_emu_hello *hello)
{
	const unsigned *abi = dlsym(library, "pel_emu_abi");
	char name[256];
	void *symbol;

	if (!abi || *abi != 1) {
		snprintf(hello->text, sizeof(hello->text),
			 abi ? "the kernels were packed for another emulator: ABI %u, this is 1"
			     : "the xclbin was not made by 'pelton xclbin pack': its library has no pel_emu_abi%.0u",
			 abi ? *abi : 0);
		return -ENOEXEC;
	}
	snprintf(name, sizeof(name), "pel_emu_call_%s", worker.options.kernel->name);
	symbol = dlsym(library, name);
	if (!symbol) {
		snprintf(hello->text, sizeof(hello->text), "the library has no %.200s", name);
		return -ENOEXEC;
	}
	memcpy(&worker.call, &symbol, sizeof(symbol));
	return 0;
}

static void load_library(struct pel_emu_hello *hello)
{
	void *library = dlopen(worker.options.library, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		snprintf(hello->text, sizeof(hello->text), "%.250s", dlerror());
		hello->code = -ENOEXEC;
		return;
	}
	hello->code = find_thunk(library, hello);
}

/* "TracerPid:\t123" */
static bool traced(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	int tracer = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (file)
		fclose(file);
	return tracer != 0;
}

static void wait_for_debugger(void)
{
	fprintf(stderr, "pelton-emulator: kernel '%s' (CU %s) waits for a debugger: gdb -p %ld\n",
		worker.options.kernel->name, worker.options.cu, (long)getpid());
	while (!traced())
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
}

/* End the worker because of a failure that the kernel did not cause. */
static _Noreturn void give_up(const char *what, int code)
{
	char why[PEL_ERRNO_BYTES];

	snprintf(worker.options.slot->words, sizeof(worker.options.slot->words), "%s: %s", what,
		 pel_errno_text(code, why));
	raise(SIGKILL);
	_exit(1);
}

static void run_call(const struct pel_emu_order *order, const int *fds, size_t n_fds)
{
	struct pel_emu_slot *slot = worker.options.slot;
	unsigned char *pointers[PEL_EMU_ARGS_MAX] = { 0 };
	pid_t self = getpid();

	if (pel_emu_views_take(&worker.views, order, fds, n_fds, pointers) < 0 ||
	    pel_emu_windows_take(&worker.windows, order, pointers) < 0)
		give_up("cannot map its buffers", errno);
	pel_emu_fault_expect(order, pointers);
	worker.call(slot->registers, pointers);
	if (getpid() != self)
		_exit(0); /* the kernel has forked, and this is the child */
	fflush(NULL);
	pel_emu_views_check(&worker.views, order, slot);
	pel_emu_windows_give(&worker.windows, order, slot);
	/* Release: when the supervisor sees DONE, it also sees everything that the kernel wrote. */
	atomic_store_explicit(&slot->state, PEL_EMU_CALL_DONE, memory_order_release);
}

/* Receive the next order and its descriptors. False: the supervisor has ended. */
static bool receive(struct pel_emu_order *order, int *fds, size_t *n_fds)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(PEL_EMU_ARGS_MAX * sizeof(int))];
	struct iovec iov = { order, sizeof(*order) };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	unsigned interrupted = 0;
	ssize_t n;

	do
		n = recvmsg(worker.options.socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && pel_interrupted(&interrupted));
	if (n < 0)
		give_up("cannot receive a call", errno);
	*n_fds = 0;
	for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL; c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), *n_fds * sizeof(int));
	}
	return n > 0;
}

/* Raise the stack limit as far as allowed: HLS kernels have large local arrays, which are separate memories on a device. */
static void raise_stack(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_STACK, &limit);
	}
}

void pel_emu_worker_main(const struct pel_emu_worker_options *options)
{
	static struct pel_emu_order order;
	struct pel_emu_hello hello = { 0 };
	int fds[PEL_EMU_ARGS_MAX];
	size_t n_fds;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != options->supervisor)
		_exit(0);
	worker.options = *options;
	prctl(PR_SET_NAME, options->cu);
	raise_stack();
	setvbuf(stdout, NULL, _IOLBF, 0); /* so that output before a crash is not lost */
	load_library(&hello);
	fflush(NULL);
	pel_emu_fault_init(options->slot, &worker.views, &worker.windows);
	if (send(options->socket, &hello, sizeof(hello), MSG_NOSIGNAL) < 0 || hello.code < 0)
		_exit(0);
	if (options->wait)
		wait_for_debugger();
	while (receive(&order, fds, &n_fds)) {
		if (order.kind == PEL_EMU_ORDER_CALL)
			run_call(&order, fds, n_fds);
		else
			pel_emu_views_drop(&worker.views, order.serial);
	}
	_exit(0);
}
