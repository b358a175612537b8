/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "process.h"

/* What the run asks for before there are calls: a device with an xclbin in it, kernels, buffers. */

static void refuse(struct pel_message *answer, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
static void refuse(struct pel_message *answer, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(answer->text, sizeof(answer->text), fmt, ap);
	va_end(ap);
	answer->code = code;
}

/* What XRT says on stderr while it is asked: for the run, which reads the file. */
static int words_begin(void)
{
	int saved = dup(2);

	if (ftruncate(PEL_FD_WORDS, 0) == 0)
		lseek(PEL_FD_WORDS, 0, SEEK_SET);
	dup2(PEL_FD_WORDS, 2);
	return saved;
}

static void words_end(int saved)
{
	dup2(saved, 2);
	close(saved);
}

/* ---- opening ---- */

/* Large messages of the emulation would be mapped anew each time, and each of their pages would be a fault. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 64 << 20);
}

static int map_memory(struct process *p, const struct pel_message *question)
{
	p->memory_bytes = question->a;
	p->memory = mmap(NULL, p->memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, PEL_FD_MEMORY, 0);
	return p->memory == MAP_FAILED ? -errno : 0;
}

/* XRT starts the model, which is not to say its words into our file, and puts up handlers that would kill the whole session. */
static int load(struct process *p, const char *xclbin)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGABRT, SIGUSR1, SIGCHLD };
	int r = xrtDeviceLoadXclbinFile(p->device, xclbin);

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	return r || xrtDeviceGetXclbinUUID(p->device, p->uuid) ? -1 : 0;
}

static enum pel_buffers strategy_of(uint64_t asked)
{
	const char *given = getenv("PELTON_DEVICE_BUFFERS");

	if (given && strcmp(given, "user") == 0)
		return PEL_BUFFERS_USER;
	if (given && strcmp(given, "mapped") == 0)
		return PEL_BUFFERS_MAPPED;
	return asked <= PEL_BUFFERS_MAPPED ? (enum pel_buffers)asked : PEL_BUFFERS_AUTO;
}

void process_open(struct process *p, const struct pel_message *question, struct pel_message *answer)
{
	int write_end = -1, saved, r;

	p->emulated = question->flag;
	p->strategy = strategy_of(question->b);
	snprintf(p->folder, sizeof(p->folder), "%s", question->more);
	keep_memory();
	prctl(PR_SET_TIMERSLACK, 1);
	if ((r = map_memory(p, question)) < 0) {
		refuse(answer, r, "the channels cannot be mapped: %s", strerror(-r));
		return;
	}
	if (p->emulated && (r = events_open(p, &write_end)) < 0) {
		refuse(answer, r, "cannot make a pipe: %s", strerror(-r));
		return;
	}
	saved = words_begin();
	errno = 0;
	p->device = xrtDeviceOpen(question->number);
	words_end(saved);
	if (!p->device) {
		refuse(answer, -ENODEV, "XRT finds no such device");
		return;
	}
	if (load(p, question->text) < 0)
		refuse(answer, -EINVAL, "XRT does not load '%s'", question->text);
	if (write_end >= 0)
		close(write_end); /* the model has it: so its end is the end of the model */
	if (answer->code == 0 && (r = process_start_threads(p)) < 0)
		refuse(answer, r, "cannot start a thread: %s", strerror(-r));
}

/* ---- kernels ---- */

static struct unit *find_unit(struct process *p, const char *kernel, const char *name)
{
	char whole[256];
	struct unit *unit;

	for (uint32_t i = 0; i < p->n_units; i++)
		if (strcmp(p->units[i]->name, name) == 0)
			return p->units[i];
	if (p->n_units == PROCESS_UNITS_MAX)
		return NULL;
	unit = pel_calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	snprintf(whole, sizeof(whole), "%s:{%s}", kernel, name);
	unit->name = pel_strdup(name);
	unit->kernel = xrtPLKernelOpen(p->device, p->uuid, whole);
	if (!unit->kernel || !unit->name) {
		pel_free((char *)unit->name);
		pel_free(unit);
		return NULL;
	}
	p->units[p->n_units] = unit;
	pthread_mutex_lock(&p->lock); /* the drainer looks at them */
	p->n_units++;
	pthread_mutex_unlock(&p->lock);
	return unit;
}

void process_kernel(struct process *p, const struct pel_message *question, struct pel_message *answer)
{
	struct kernel *kernel = p->n_kernels < PEL_DEVICE_KERNELS_MAX ? pel_calloc(1, sizeof(*kernel)) : NULL;
	const char *at = question->text, *end = question->text + sizeof(question->text);
	int saved;

	if (!kernel || question->number > PROCESS_UNITS_MAX || !(kernel->name = pel_strdup(at))) {
		refuse(answer, -EINVAL, "too many kernels or compute units");
		return;
	}
	kernel->timeout_ms = (uint32_t)question->a;
	saved = words_begin();
	for (uint32_t i = 0; i < question->number && answer->code == 0; i++) {
		at += strlen(at) + 1;
		if (at >= end || !(kernel->units[i] = find_unit(p, kernel->name, at)))
			refuse(answer, -EINVAL, "XRT does not open compute unit '%s' of kernel '%s'",
			       at < end ? at : "", kernel->name);
		kernel->n_units = i + 1;
	}
	words_end(saved);
	if (answer->code < 0)
		return;
	answer->code = (int)p->n_kernels;
	p->kernels[p->n_kernels++] = kernel;
}

/* ---- device buffers ---- */

/* An ordinary buffer, never synced: XRT 2.13 makes no parts of buffers that are on the device only. */
void process_buffer(struct process *p, const struct pel_message *question, struct pel_message *answer)
{
	xrtBufferHandle buffer = NULL;
	int group = -1, saved;

	if (question->number >= p->n_kernels || p->n_device_buffers == PROCESS_BUFFERS_MAX) {
		refuse(answer, -EINVAL, "there is no such kernel, or too many buffers");
		return;
	}
	saved = words_begin();
	group = xrtKernelArgGroupId(p->kernels[question->number]->units[0]->kernel, (int)question->b);
	if (group >= 0)
		buffer = xrtBOAlloc(p->device, question->a, XRT_BO_FLAGS_NONE, (xrtMemoryGroup)group);
	words_end(saved);
	if (!buffer) {
		refuse(answer, -ENOMEM, "XRT gives no buffer of %llu bytes for argument %llu of kernel '%s'",
		       (unsigned long long)question->a, (unsigned long long)question->b,
		       p->kernels[question->number]->name);
		return;
	}
	answer->code = (int)p->n_device_buffers;
	p->device_buffers[p->n_device_buffers] = buffer;
	p->device_buffer_bytes[p->n_device_buffers++] = question->a;
}

void process_close(struct process *p)
{
	for (uint32_t i = 0; i < p->n_units; i++)
		while (p->units[i]->n_runs)
			xrtRunClose(p->units[i]->runs[--p->units[i]->n_runs]);
	buffers_free(p);
	for (uint32_t i = 0; i < p->n_units; i++)
		xrtKernelClose(p->units[i]->kernel);
	if (p->device)
		xrtDeviceClose(p->device);
}
