/* SPDX-License-Identifier: Apache-2.0 */
#include "device-case.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pelton/xclbin.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static char xclbin[64];

static void print_errors(const struct pel_error *err)
{
	for (size_t i = 0; i < err->count; i++)
		fprintf(stderr, "%s\n", err->items[i].text);
}

static bool pack(void)
{
	char source[4096];
	const char *sources[] = { source };
	struct pel_xclbin_pack_options options = { .size = sizeof(options), .sources = sources, .n_sources = 1 };
	struct pel_xclbin_cus cus[] = { { "vadd", 2 }, { "nap", 2 } };
	struct pel_error err = { 0 };
	int r;

	options.cus = cus;
	options.n_cus = 2;
	snprintf(source, sizeof(source), "%s/tests/xrt/kernels.c", getenv("SOURCE_DIR"));
	snprintf(xclbin, sizeof(xclbin), "/tmp/test-device-%d.xclbin", (int)getpid());
	r = pel_xclbin_pack(xclbin, &options, &err);
	print_errors(&err);
	pel_error_fini(&err);
	return r == 0;
}

bool device_case_prepare(void)
{
	const char *build = getenv("BUILD_DIR");
	struct pel_emulation *emulation;
	struct pel_error err = { 0 };
	char path[4096];
	int r;

	if (!build)
		return false;
	snprintf(path, sizeof(path), "%s/pelton-device", build);
	if (access(path, X_OK) < 0) {
		fprintf(stderr, "skipped: built without XRT\n");
		return false;
	}
	setenv("PELTON_LIBEXEC", build, 1);
	r = pel_emulation_create(1, &emulation, &err);
	if (r == 0)
		pel_emulation_destroy(emulation);
	print_errors(&err);
	pel_error_fini(&err);
	if (r < 0) {
		fprintf(stderr, "skipped: there is no XRT that can emulate\n");
		return false;
	}
	return pack();
}

void device_case_finish(void)
{
	unlink(xclbin);
}

const char *device_case_xclbin(void)
{
	return xclbin;
}

bool device_case_start(struct device_case *c, size_t bytes, enum pel_buffers buffers)
{
	struct pel_device_options options = { .xclbin = xclbin, .memory_bytes = bytes, .buffers = buffers };
	struct pel_error err = { 0 };
	int r;

	*c = (struct device_case){ .bytes = bytes };
	c->fd = options.memory_fd = memfd_create("channels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->fd < 0 || ftruncate(c->fd, (off_t)bytes) < 0 || fcntl(c->fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		return false;
	c->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (c->memory == MAP_FAILED)
		return false;
	r = pel_emulation_create(1, &c->emulation, &err);
	options.emulation = c->emulation;
	if (r == 0)
		r = pel_device_open(&options, (struct pel_place){ 0 }, &c->device, &err);
	print_errors(&err);
	pel_error_fini(&err);
	return r == 0;
}

struct device_case device_case_open(size_t bytes, enum pel_buffers buffers)
{
	struct device_case c;

	ck_assert(device_case_start(&c, bytes, buffers));
	return c;
}

void device_case_close(struct device_case *c)
{
	char dir[64];
	pid_t pid = pel_device_pid(c->device);

	snprintf(dir, sizeof(dir), "%s", pel_emulation_dir(c->emulation));
	pel_device_close(c->device);
	if (pid > 0)
		ck_assert_uint_eq(device_case_session(pid), 0);
	pel_emulation_destroy(c->emulation);
	ck_assert_int_ne(access(dir, F_OK), 0);
	munmap(c->memory, c->bytes);
	close(c->fd);
}

uint32_t device_case_kernel(struct device_case *c, const char *name, const char *cus, uint32_t timeout_ms)
{
	struct pel_device_kernel kernel = { .name = name, .timeout_ms = timeout_ms };
	struct pel_error err = { 0 };
	char names[256], *save = NULL;
	const char *list[8];
	int r;

	snprintf(names, sizeof(names), "%s", cus);
	for (char *cu = strtok_r(names, " ", &save); cu; cu = strtok_r(NULL, " ", &save))
		list[kernel.n_cus++] = cu;
	kernel.cus = list;
	r = pel_device_add_kernel(c->device, &kernel, (struct pel_place){ 0 }, &err);
	print_errors(&err);
	ck_assert_int_ge(r, 0);
	return (uint32_t)r;
}

uint64_t device_case_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct pel_device_completion device_case_await(struct device_case *c)
{
	struct pollfd fd = { .fd = pel_device_fd(c->device), .events = POLLIN };
	struct pel_device_completion done = { 0 };
	uint64_t end = device_case_now_ms() + HANG_MS;

	while (pel_device_take(c->device, &done) == 0) {
		ck_assert_msg(device_case_now_ms() < end, "no completion");
		poll(&fd, 1, PEL_DEVICE_TICK_MS);
		if (pel_device_check(c->device) < 0) { /* completions from before still count */
			ck_assert_msg(pel_device_take(c->device, &done) == 1, "lost: %s",
				      pel_device_why(c->device));
			break;
		}
	}
	return done;
}

struct pel_device_completion device_case_call(struct device_case *c, uint32_t kernel, uint32_t cu,
					      const struct pel_device_arg *args, uint32_t n_args)
{
	struct pel_device_call call = { .cookie = 77, .kernel = kernel, .cu = cu, .n_args = n_args, .args = args };

	ck_assert_int_eq(pel_device_submit(c->device, &call), 0);
	return device_case_await(c);
}

unsigned device_case_loss(struct device_case *c)
{
	struct pollfd fd = { .fd = pel_device_fd(c->device), .events = POLLIN };
	struct pel_device_completion done;
	uint64_t begin = device_case_now_ms();

	while (pel_device_check(c->device) == 0) {
		ck_assert_msg(device_case_now_ms() < begin + HANG_MS, "no loss is seen");
		while (pel_device_take(c->device, &done) == 1)
			;
		poll(&fd, 1, PEL_DEVICE_TICK_MS);
	}
	while (pel_device_take(c->device, &done) == 1)
		;
	return (unsigned)(device_case_now_ms() - begin);
}

/* Calls `each` for every process with its name, state, parent and session. */
static void for_processes(void (*each)(void *arg, pid_t pid, const char *name, pid_t parent, pid_t session),
			  void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	ck_assert_ptr_nonnull(proc);
	while ((entry = readdir(proc))) {
		char path[300], name[64];
		int pid = atoi(entry->d_name), parent, session;
		char state;
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		stat = pid > 0 ? fopen(path, "re") : NULL;
		if (!stat)
			continue;
		/* Zombies that init has not reaped yet do not count. */
		if (fscanf(stat, "%*d (%63[^)]) %c %d %*d %d", name, &state, &parent, &session) == 4 &&
		    !(state == 'Z' && parent == 1))
			each(arg, pid, name, parent, session);
		fclose(stat);
	}
	closedir(proc);
}

struct search {
	pid_t of, found;
	unsigned count;
};

static void count_session(void *arg, pid_t pid, const char *name, pid_t parent, pid_t session)
{
	struct search *search = arg;

	(void)pid;
	(void)name;
	(void)parent;
	search->count += session == search->of;
}

unsigned device_case_session(pid_t sid)
{
	struct search search = { .of = sid };
	uint64_t end = device_case_now_ms() + HANG_MS;

	/* A killed process takes a moment to end. */
	do {
		search.count = 0;
		for_processes(count_session, &search);
		if (search.count)
			usleep(2000);
	} while (search.count && device_case_now_ms() < end);
	return search.count;
}

static void match_model(void *arg, pid_t pid, const char *name, pid_t parent, pid_t session)
{
	struct search *search = arg;

	(void)name;
	if (parent == search->of && session == search->of)
		search->found = pid;
}

pid_t device_case_model(pid_t device)
{
	struct search search = { .of = device };

	for_processes(match_model, &search);
	return search.found;
}
