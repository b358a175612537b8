/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pelton/emulation.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cancel.h"
#include "device-process.h"
#include "environment.h"
#include "file-size.h"
#include "xclbin-file.h"
#include "xrt-library.h"

#define OPEN_MS	     60000 /* a card's xclbin may take that long */
#define REQUEST_MS   10000
#define CLOSE_MS     2000
#define SILENT_TICKS 15 /* without a sign of life */
#define TICK_MIN_MS  90

struct kernel {
	char *name, **cus; /* owned */
	uint32_t n_cus, timeout_ms;
	uint64_t floats, pointers; /* bit i: argument i is one */
};

struct buffer {
	size_t bytes;
	uint32_t kernel, arg;
};

/* A call on its way. The device process knows it by its place alone. */
struct ticket {
	uint64_t cookie;
	bool used;
};

struct sign_of_life {
	uint32_t beat, silent_ticks;
};

/*
 *   I1  n_used tickets are used; each belongs to one call that is on its way or whose completion is in the ring or among `kept`
 */
struct pel_device {
	struct pel_device_options options;
	char *xclbin, *emulation_dir; /* owned */
	char *file;		      /* owned: of place */
	struct pel_xclbin *contents;
	struct pel_place place;
	struct pel_device_process process;
	struct pel_device_shared *shared;
	int shared_fd, bell, done, epoll;

	struct kernel kernels[PEL_DEVICE_KERNELS_MAX];
	uint32_t n_kernels;
	struct buffer *buffers;
	size_t n_buffers, buffers_capacity;

	struct ticket tickets[PEL_DEVICE_CALLS_MAX];
	uint32_t free_tickets[PEL_DEVICE_CALLS_MAX], n_used;
	struct pel_device_completion *kept; /* finished before a restart; first_kept and on are still to be taken */
	uint32_t n_kept, first_kept;

	bool lost;
	char why[512];
	struct sign_of_life process_sign, model_sign;
	int64_t last_tick_ms;
	struct pel_device_counters before; /* of earlier device processes */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- watching ---- */

static void lose(struct pel_device *device, const char *why)
{
	pid_t model = device->shared ? atomic_load_explicit(&device->shared->model_pid, memory_order_relaxed)
				     : 0;

	if (device->lost)
		return;
	device->lost = true;
	snprintf(device->why, sizeof(device->why), "%.*s", (int)sizeof(device->why) - 1, why);
	/* What does not answer might yet write to the channels. */
	pel_device_process_kill(&device->process, model);
}

static void lose_ended(struct pel_device *device)
{
	char fate[64], words[200], why[400];

	pel_device_process_fate(&device->process, fate, sizeof(fate));
	pel_device_process_last_words(&device->process, words, sizeof(words));
	/* Who is killed from outside had no time for words. */
	if (strstr(fate, "signal 9"))
		words[0] = '\0';
	snprintf(why, sizeof(why), "the device process %s%s%s%s", fate, *words ? "; XRT's last words: '" : "",
		 words, *words ? "'" : "");
	lose(device, why);
}

/* What the device process has to say without being asked is why it ends. */
static void hear(struct pel_device *device)
{
	/* Before its words are read: it may speak and end in between, and the words count. */
	bool ended = pel_device_process_ended(&device->process, 0);
	int r;

	while ((r = pel_device_process_receive(&device->process)) == 1)
		if (device->process.message.kind == PEL_MESSAGE_LOST) {
			lose(device, device->process.message.text);
			return;
		}
	if (r < 0 || ended) {
		pel_device_process_ended(&device->process, 100); /* its socket is closed a little earlier */
		lose_ended(device);
	}
}

static bool is_silent(struct sign_of_life *sign, uint32_t beat, bool tick)
{
	if (beat != sign->beat) {
		*sign = (struct sign_of_life){ .beat = beat };
		return false;
	}
	sign->silent_ticks += tick;
	return sign->silent_ticks > SILENT_TICKS;
}

static void listen_for_life(struct pel_device *device)
{
	int64_t now = now_ms();
	bool tick = now - device->last_tick_ms >= TICK_MIN_MS;
	const struct pel_device_shared *shared = device->shared;

	if (tick)
		device->last_tick_ms = now;
	if (is_silent(&device->process_sign, atomic_load_explicit(&shared->beat, memory_order_relaxed), tick))
		lose(device, "the device process does not answer");
	/* Through the device process: while that is silent nothing is heard of the model. */
	else if (atomic_load_explicit(&shared->has_model, memory_order_relaxed) &&
		 is_silent(&device->model_sign, atomic_load_explicit(&shared->model_beat, memory_order_relaxed),
			   tick && device->process_sign.silent_ticks == 0))
		lose(device, "the device model does not answer");
}

int pel_device_check(struct pel_device *device)
{
	if (!device->lost)
		hear(device);
	if (!device->lost)
		listen_for_life(device);
	return device->lost ? -EIO : 0;
}

const char *pel_device_why(const struct pel_device *device)
{
	return device->why;
}

int pel_device_fd(const struct pel_device *device)
{
	return device->epoll;
}

pid_t pel_device_pid(const struct pel_device *device)
{
	return device->process.pid;
}

/* ---- requests ---- */

static int add_text(struct pel_device_message *message, const char *text)
{
	size_t bytes = strlen(text) + 1;

	if (bytes > sizeof(message->text) - message->text_bytes)
		return -ENAMETOOLONG;
	memcpy(message->text + message->text_bytes, text, bytes);
	message->text_bytes += (uint32_t)bytes;
	return 0;
}

/* Send, wait, and explain a refusal as "`what`: words". */
static int ask(struct pel_device *device, struct pel_device_message *message, const int *fds, unsigned n_fds,
	       int timeout_ms, struct pel_place place, struct pel_error *err)
{
	struct pel_device_process *process = &device->process;
	const char *text = "", *hint = "";
	const int give_up[] = { pel_cancel_fd(device->options.give_up), pel_cancel_fd(device->options.cancel) };
	char fate[64], words[200];
	int r = pel_device_process_send(process, message, fds, n_fds);

	if (r == 0)
		r = pel_device_process_answer(process, timeout_ms, give_up, &text, &hint);
	if (r == 0 || r == -ECANCELED)
		return r;
	if (*text) {
		pel_fail(err, r, place, "%s", text);
		if (*hint)
			pel_hint(err, "%s", hint);
		return r;
	}
	if (r == -ETIMEDOUT)
		return pel_fail(err, r, place, "the device process did not answer within %d s",
				timeout_ms / 1000);
	pel_device_process_ended(process, 1000);
	pel_device_process_fate(process, fate, sizeof(fate));
	pel_device_process_last_words(process, words, sizeof(words));
	if (strstr(words, "error while loading shared libraries")) {
		pel_fail(err, -ENOSYS, place, "the device process cannot be started: %s", words);
		pel_hint(err, "install XRT (Debian: libxrt2 or libxrt1)");
		return -ENOSYS;
	}
	if (message->kind == PEL_MESSAGE_OPEN && strstr(fate, "signal 6")) {
		/* XRT 2.13 aborts where later releases return an error. */
		pel_fail(err, -ENODEV, place, PEL_DEVICE_NONE, device->options.index);
		pel_hint(err, PEL_DEVICE_NONE_HINT, words);
		return -ENODEV;
	}
	return pel_fail(err, -EIO, place, "the device process %s%s%s%s", fate,
			*words ? "; XRT's last words: '" : "", words, *words ? "'" : "");
}

static int ask_open(struct pel_device *device, struct pel_place place, struct pel_error *err)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_OPEN,
					      .version = PEL_DEVICE_PROTOCOL,
					      .index = device->options.index,
					      .buffers = device->options.buffers,
					      .bytes = device->options.memory_bytes };
	int host = (int)syscall(SYS_pidfd_open, getpid(), 0), r;
	bool has_err = fcntl(STDERR_FILENO, F_GETFD) >= 0;
	int fds[PEL_FDS] = {
		[PEL_FD_SHARED] = device->shared_fd,
		[PEL_FD_MEMORY] = device->options.memory_fd,
		[PEL_FD_BELL] = device->bell,
		[PEL_FD_DONE] = device->done,
		[PEL_FD_LOG] = device->process.log,
		[PEL_FD_HOST] = host,
		[PEL_FD_ERR] = has_err ? STDERR_FILENO : device->process.log,
	};

	if (host < 0)
		return pel_fail(err, -errno, place, "cannot watch the own process: %s", strerror(errno));
	if ((r = add_text(&message, device->xclbin)) < 0 || (r = add_text(&message, device->emulation_dir)) < 0)
		pel_fail(err, r, place, "the path of the xclbin is too long");
	else
		r = ask(device, &message, fds, PEL_FDS, OPEN_MS, place, err);
	close(host);
	return r;
}

static int ask_kernel(struct pel_device *device, uint32_t number, const struct kernel *kernel,
		      struct pel_place place, struct pel_error *err)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_KERNEL,
					      .index = number,
					      .n_cus = kernel->n_cus,
					      .timeout_ms = kernel->timeout_ms,
					      .floats = kernel->floats,
					      .pointers = kernel->pointers };
	int r = add_text(&message, kernel->name);

	for (uint32_t i = 0; i < kernel->n_cus && r == 0; i++)
		r = add_text(&message, kernel->cus[i]);
	if (r < 0)
		return pel_fail(err, r, place, "the names of kernel '%s' and its compute units are too long",
				kernel->name);
	return ask(device, &message, NULL, 0, REQUEST_MS, place, err);
}

static int ask_buffer(struct pel_device *device, uint32_t number, const struct buffer *buffer,
		      struct pel_place place, struct pel_error *err)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_BUFFER,
					      .index = number,
					      .kernel = buffer->kernel,
					      .arg = buffer->arg,
					      .bytes = buffer->bytes };

	return ask(device, &message, NULL, 0, REQUEST_MS, place, err);
}

/* ---- starting and ending ---- */

static int watch_fd(struct pel_device *device, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(device->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int make_rings(struct pel_device *device)
{
	void *map;
	int r = pel_file_fits(sizeof(*device->shared));

	if (r < 0)
		return r;
	device->shared_fd = memfd_create("pelton-device", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (device->shared_fd < 0 || ftruncate(device->shared_fd, sizeof(*device->shared)) < 0 ||
	    fcntl(device->shared_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	map = mmap(NULL, sizeof(*device->shared), PROT_READ | PROT_WRITE, MAP_SHARED, device->shared_fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	device->shared = map;
	device->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	device->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return device->bell < 0 || device->done < 0 ? -errno : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void end(struct pel_device *device)
{
	pel_device_process_end(&device->process);
	if (device->shared)
		munmap(device->shared, sizeof(*device->shared));
	device->shared = NULL;
	close_fd(&device->shared_fd);
	close_fd(&device->bell);
	close_fd(&device->done); /* closed descriptors leave the epoll set by themselves */
}

static int start(struct pel_device *device, struct pel_place place, struct pel_error *err)
{
	const struct pel_emulation *emulation = device->options.emulation;
	int r = make_rings(device);

	if (r < 0)
		return pel_fail(err, r, place, "cannot make the memory shared with the device process: %s",
				strerror(-r));
	r = pel_device_process_start(&device->process,
				     emulation ? pel_emulation_environment(emulation) : NULL, place, err);
	if (r < 0 || (r = ask_open(device, place, err)) < 0)
		return r;
	for (uint32_t i = 0; i < device->n_kernels; i++)
		if ((r = ask_kernel(device, i, &device->kernels[i], place, err)) < 0)
			return r;
	for (uint32_t i = 0; i < device->n_buffers; i++)
		if ((r = ask_buffer(device, i, &device->buffers[i], place, err)) < 0)
			return r;
	if ((r = watch_fd(device, device->done)) < 0 || (r = watch_fd(device, device->process.pidfd)) < 0 ||
	    (r = watch_fd(device, device->process.control)) < 0)
		return pel_fail(err, r, place, "cannot watch the device process: %s", strerror(-r));
	device->process_sign = device->model_sign = (struct sign_of_life){ 0 };
	device->last_tick_ms = now_ms();
	device->lost = false;
	device->why[0] = '\0';
	return 0;
}

static void forget_calls(struct pel_device *device)
{
	device->n_used = 0;
	for (uint32_t i = 0; i < PEL_DEVICE_CALLS_MAX; i++) {
		device->tickets[i].used = false;
		device->free_tickets[i] = i;
	}
}

/* For tests: both strategies without a card that has only one. */
static enum pel_buffers strategy(enum pel_buffers wanted)
{
	const char *forced = pel_env("PELTON_DEVICE_BUFFERS");

	if (forced && strcmp(forced, "user") == 0)
		return PEL_BUFFERS_USER;
	if (forced && strcmp(forced, "mapped") == 0)
		return PEL_BUFFERS_MAPPED;
	return wanted;
}

static int fill(struct pel_device *device, const struct pel_device_options *options, struct pel_place place)
{
	device->options = *options;
	device->options.buffers = strategy(options->buffers);
	device->xclbin = pel_strdup(options->xclbin);
	device->emulation_dir = pel_strdup(options->emulation ? pel_emulation_dir(options->emulation) : "");
	device->file = place.file ? pel_strdup(place.file) : NULL;
	device->kept = pel_calloc(PEL_DEVICE_CALLS_MAX, sizeof(*device->kept));
	if (!device->xclbin || !device->emulation_dir || (place.file && !device->file) || !device->kept)
		return -ENOMEM;
	device->options.xclbin = device->xclbin;
	device->place = (struct pel_place){ .file = device->file, .line = place.line, .col = place.col };
	device->epoll = epoll_create1(EPOLL_CLOEXEC);
	return device->epoll < 0 ? -errno : 0;
}

/* The device model would refuse it too, but in words that only the log sees. */
static int check_units(const struct pel_device *device, struct pel_place place, struct pel_error *err)
{
	const struct pel_emulation *emulation = device->options.emulation;
	unsigned n = 0, most = emulation ? pel_emulation_units(emulation) : PEL_XRT_UNITS_MAX;

	for (uint32_t i = 0; i < device->contents->n_kernels; i++)
		n += device->contents->kernels[i].n_cus;
	if (n <= most)
		return 0;
	pel_fail(err, -E2BIG, place, "%s has %u compute units, but XRT supports at most %u%s", device->xclbin,
		 n, most, emulation ? " in emulation" : "");
	pel_hint(err, "make an xclbin with fewer: pelton xclbin pack --kernel, --cu");
	return -E2BIG;
}

int pel_device_open(const struct pel_device_options *options, struct pel_place place, struct pel_device **ret,
		    struct pel_error *err)
{
	struct pel_device *device = pel_calloc(1, sizeof(*device));
	int r;

	if (!device)
		return pel_nomem(err);
	device->process = (struct pel_device_process)PEL_DEVICE_PROCESS_NONE;
	device->shared_fd = device->bell = device->done = device->epoll = -1;
	forget_calls(device);
	r = fill(device, options, place);
	if (r == -ENOMEM)
		pel_nomem(err);
	else if (r < 0)
		pel_fail(err, r, place, "cannot make what it takes to watch a device: %s", strerror(-r));
	else if ((r = pel_xclbin_load(device->xclbin, place, &device->contents, err)) == 0 &&
		 (r = check_units(device, place, err)) == 0)
		r = start(device, place, err);
	if (r < 0) {
		device->lost = true; /* nothing to say good-bye to */
		pel_device_close(device);
		return r;
	}
	device->options.cancel = NULL; /* lent for the call */
	*ret = device;
	return 0;
}

static void free_kernel(struct kernel *kernel)
{
	for (uint32_t i = 0; kernel->cus && i < kernel->n_cus; i++)
		pel_free(kernel->cus[i]);
	pel_free(kernel->cus);
	pel_free(kernel->name);
	*kernel = (struct kernel){ 0 };
}

void pel_device_close(struct pel_device *device)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_CLOSE };

	if (!device)
		return;
	/* In order only where that is quick: XRT waits for kernels that run. */
	if (!device->lost && device->n_used == 0 &&
	    pel_device_process_send(&device->process, &message, NULL, 0) == 0)
		pel_device_process_ended(&device->process, CLOSE_MS);
	end(device);
	for (uint32_t i = 0; i < device->n_kernels; i++)
		free_kernel(&device->kernels[i]);
	close_fd(&device->epoll);
	pel_xclbin_destroy(device->contents);
	pel_free(device->buffers);
	pel_free(device->kept);
	pel_free(device->file);
	pel_free(device->emulation_dir);
	pel_free(device->xclbin);
	pel_free(device);
}

static void add_counters(struct pel_device_counters *sum, const struct pel_device_shared *shared)
{
	sum->calls += atomic_load_explicit(&shared->n_calls, memory_order_relaxed);
	sum->to_device_bytes += atomic_load_explicit(&shared->to_device_bytes, memory_order_relaxed);
	sum->from_device_bytes += atomic_load_explicit(&shared->from_device_bytes, memory_order_relaxed);
	sum->copied_bytes += atomic_load_explicit(&shared->copied_bytes, memory_order_relaxed);
}

void pel_device_counters(const struct pel_device *device, struct pel_device_counters *ret)
{
	*ret = device->before;
	if (device->shared)
		add_counters(ret, device->shared);
}

/* ---- kernels and buffers ---- */

static uint64_t pointers_of(const struct pel_xclbin_kernel *kernel)
{
	uint64_t pointers = 0;

	for (uint32_t i = 0; i < kernel->n_args; i++)
		if (kernel->args[i].kind == PEL_XCLBIN_POINTER)
			pointers |= (uint64_t)1 << i;
	return pointers;
}

/* XRT must be told a floating value in its own way. */
static uint64_t floats_of(const struct pel_xclbin_kernel *kernel)
{
	uint64_t floats = 0;

	for (uint32_t i = 0; i < kernel->n_args; i++)
		if (kernel->args[i].kind == PEL_XCLBIN_SCALAR && kernel->args[i].is_float)
			floats |= (uint64_t)1 << i;
	return floats;
}

static int no_kernel(const struct pel_device *device, const char *name, struct pel_place place,
		     struct pel_error *err)
{
	struct pel_near near = { 0 };

	for (uint32_t i = 0; i < device->contents->n_kernels; i++)
		pel_near_try(&near, name, device->contents->kernels[i].name);
	pel_fail(err, -EINVAL, place, "%s has no kernel '%s'", device->xclbin, name);
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

static int check_cu(const struct pel_device *device, const struct pel_xclbin_kernel *kernel, const char *name,
		    struct pel_place place, struct pel_error *err)
{
	struct pel_near near = { 0 };

	for (uint32_t i = 0; i < kernel->n_cus; i++) {
		if (strcmp(kernel->cus[i].name, name) == 0)
			return 0;
		pel_near_try(&near, name, kernel->cus[i].name);
	}
	pel_fail(err, -EINVAL, place, "kernel '%s' in %s has no compute unit '%s'", kernel->name,
		 device->xclbin, name);
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

/* What XRT would refuse, or worse, is refused here, in better words. */
static int check_kernel(const struct pel_device *device, const struct pel_device_kernel *wanted,
			struct kernel *to, struct pel_place place, struct pel_error *err)
{
	const struct pel_xclbin_kernel *kernel = pel_xclbin_find(device->contents, wanted->name);
	int r = 0;

	if (!kernel)
		return no_kernel(device, wanted->name, place, err);
	if (wanted->n_cus == 0)
		return pel_fail(err, -EINVAL, place, "kernel '%s' is to be used without a compute unit",
				wanted->name);
	if (kernel->n_args > PEL_DEVICE_ARGS_MAX)
		return pel_fail(err, -EINVAL, place, "kernel '%s' has %u arguments; Pelton can give at most %d",
				wanted->name, kernel->n_args, PEL_DEVICE_ARGS_MAX);
	if (kernel->control == PEL_XCLBIN_NONE)
		return pel_fail(err, -EINVAL, place,
				"kernel '%s' cannot be called: it runs by itself (ap_ctrl_none)", wanted->name);
	for (uint32_t i = 0; i < wanted->n_cus && r == 0; i++)
		r = check_cu(device, kernel, wanted->cus[i], place, err);
	to->floats = floats_of(kernel);
	to->pointers = pointers_of(kernel);
	return r;
}

static int copy_kernel(struct kernel *kernel, const struct pel_device_kernel *from)
{
	kernel->timeout_ms = from->timeout_ms;
	kernel->name = pel_strdup(from->name);
	kernel->cus = pel_calloc(from->n_cus ? from->n_cus : 1, sizeof(*kernel->cus));
	if (!kernel->name || !kernel->cus)
		return -ENOMEM;
	kernel->n_cus = from->n_cus;
	for (uint32_t i = 0; i < from->n_cus; i++)
		if (!(kernel->cus[i] = pel_strdup(from->cus[i])))
			return -ENOMEM;
	return 0;
}

int pel_device_add_kernel(struct pel_device *device, const struct pel_device_kernel *from,
			  struct pel_place place, struct pel_error *err)
{
	struct kernel *kernel = &device->kernels[device->n_kernels];
	int r;

	if (device->n_kernels == PEL_DEVICE_KERNELS_MAX)
		return pel_fail(err, -E2BIG, place, "more than %d kernels on one device",
				PEL_DEVICE_KERNELS_MAX);
	r = check_kernel(device, from, kernel, place, err);
	if (r < 0)
		return r;
	r = copy_kernel(kernel, from);
	if (r < 0)
		pel_nomem(err);
	else
		r = ask_kernel(device, device->n_kernels, kernel, place, err);
	if (r < 0) {
		free_kernel(kernel);
		return r;
	}
	return (int)device->n_kernels++;
}

int pel_device_add_buffer(struct pel_device *device, size_t bytes, uint32_t kernel, uint32_t arg,
			  struct pel_place place, struct pel_error *err)
{
	struct buffer *buffer;
	int r;

	assert(kernel < device->n_kernels);
	if (pel_grow(&device->buffers, &device->buffers_capacity, device->n_buffers + 1, sizeof(*buffer)) < 0)
		return pel_nomem(err);
	buffer = &device->buffers[device->n_buffers];
	*buffer = (struct buffer){ .bytes = bytes, .kernel = kernel, .arg = arg };
	r = ask_buffer(device, (uint32_t)device->n_buffers, buffer, place, err);
	return r < 0 ? r : (int)device->n_buffers++;
}

/* ---- calls ---- */

static void ring_bell(struct pel_device *device)
{
	uint64_t one = 1;

	/* The tail is stored first, then the flag read; the feeder sets the flag first, then reads the tail. */
	if (atomic_load_explicit(&device->shared->feeder_sleeps, memory_order_seq_cst))
		(void)!write(device->bell, &one, sizeof(one));
}

int pel_device_submit(struct pel_device *device, const struct pel_device_call *call)
{
	struct pel_device_shared *shared = device->shared;
	struct pel_device_slot *slot;
	uint32_t tail, ticket;

	assert(call->n_args <= PEL_DEVICE_ARGS_MAX && call->kernel < device->n_kernels);
	if (device->n_used == PEL_DEVICE_CALLS_MAX)
		return -EAGAIN;
	ticket = device->free_tickets[device->n_used++];
	device->tickets[ticket] = (struct ticket){ .cookie = call->cookie, .used = true };
	if (!shared)
		return 0; /* lost, and not restarted */
	tail = atomic_load_explicit(&shared->calls_tail, memory_order_relaxed);
	slot = &shared->calls[tail % PEL_DEVICE_CALLS_MAX];
	slot->ticket = ticket;
	slot->kernel = call->kernel;
	slot->cu = call->cu;
	slot->n_args = call->n_args;
	if (call->n_args)
		memcpy(slot->args, call->args, call->n_args * sizeof(*call->args));
	atomic_store_explicit(&shared->calls_tail, tail + 1, memory_order_seq_cst);
	ring_bell(device);
	return 0;
}

static int wild(struct pel_device *device)
{
	lose(device, "the device process writes nonsense");
	return 0;
}

/* The slot is the other side's: a copy is checked. */
static int accept_done(struct pel_device *device, const struct pel_device_done *slot,
		       struct pel_device_completion *ret)
{
	struct pel_device_done done;

	memcpy(&done, slot, sizeof(done));
	if (done.ticket >= PEL_DEVICE_CALLS_MAX || !device->tickets[done.ticket].used ||
	    done.status > PEL_CALL_TIMEOUT)
		return wild(device);
	*ret = (struct pel_device_completion){ .cookie = device->tickets[done.ticket].cookie,
					       .status = done.status,
					       .busy_ns = done.busy_ns };
	done.message[sizeof(done.message) - 1] = '\0';
	for (size_t i = 0; done.message[i]; i++)
		ret->message[i] = (unsigned char)done.message[i] < 0x20 ? ' ' : done.message[i];
	device->tickets[done.ticket].used = false;
	device->free_tickets[--device->n_used] = done.ticket;
	return 1;
}

static int take_from_ring(struct pel_device *device, struct pel_device_completion *ret)
{
	struct pel_device_shared *shared = device->shared;
	uint32_t head = atomic_load_explicit(&shared->done_head, memory_order_relaxed);
	uint32_t ready = atomic_load_explicit(&shared->done_tail, memory_order_acquire) - head;
	uint64_t drained;
	int r;

	if (ready == 0) {
		(void)!read(device->done, &drained, sizeof(drained));
		ready = atomic_load_explicit(&shared->done_tail, memory_order_acquire) - head;
	}
	if (ready == 0)
		return 0;
	if (ready > PEL_DEVICE_CALLS_MAX)
		return wild(device);
	r = accept_done(device, &shared->done[head % PEL_DEVICE_CALLS_MAX], ret);
	atomic_store_explicit(&shared->done_head, head + 1, memory_order_release);
	return r;
}

int pel_device_take(struct pel_device *device, struct pel_device_completion *ret)
{
	if (device->first_kept < device->n_kept) {
		*ret = device->kept[device->first_kept++];
		return 1;
	}
	return device->shared ? take_from_ring(device, ret) : 0;
}

/* What has finished can be taken after a restart too. The device process has ended. */
static void keep_finished(struct pel_device *device)
{
	uint32_t left = device->n_kept - device->first_kept;

	memmove(device->kept, device->kept + device->first_kept, left * sizeof(*device->kept));
	device->first_kept = 0;
	device->n_kept = left;
	while (device->shared && device->n_kept < PEL_DEVICE_CALLS_MAX &&
	       take_from_ring(device, &device->kept[device->n_kept]) == 1)
		device->n_kept++;
}

int pel_device_restart(struct pel_device *device, struct pel_error *err)
{
	int r;

	lose(device, "it is restarted");
	pel_device_process_end(&device->process);
	keep_finished(device);
	if (device->shared)
		add_counters(&device->before, device->shared);
	end(device);
	forget_calls(device);
	r = start(device, device->place, err);
	if (r < 0)
		end(device);
	return r;
}
