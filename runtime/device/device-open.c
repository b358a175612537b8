/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <pelton/emulation.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device-calls.h"
#include "device-kernels.h"
#include "device-life.h"
#include "device-request.h"
#include "emulation.h"
#include "environment.h"
#include "file-size.h"
#include "xclbin-file.h"
#include "xrt-library.h"

#define CLOSE_MS 2000

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
	close_fd(&device->done); /* closing a descriptor removes it from the epoll set */
}

static int start(struct pel_device *device, struct pel_place place, struct pel_error *err)
{
	const struct pel_emulation *emulation = device->options.emulation;
	int r = make_rings(device);

	if (r < 0)
		return pel_fail(err, r, place, "cannot make shared memory for the device process: %s",
				strerror(-r));
	r = pel_device_process_start(&device->process,
				     emulation ? pel_emulation_environment(emulation) : NULL, place, err);
	if (r < 0 || (r = pel_device_ask_open(device, place, err)) < 0)
		return r;
	for (uint32_t i = 0; i < device->n_kernels; i++)
		if ((r = pel_device_ask_kernel(device, i, &device->kernels[i], place, err)) < 0)
			return r;
	for (uint32_t i = 0; i < device->n_buffers; i++)
		if ((r = pel_device_ask_buffer(device, i, &device->buffers[i], place, err)) < 0)
			return r;
	if ((r = watch_fd(device, device->done)) < 0 || (r = watch_fd(device, device->process.pidfd)) < 0 ||
	    (r = watch_fd(device, device->process.control)) < 0)
		return pel_fail(err, r, place, "cannot watch the device process: %s", strerror(-r));
	device->process_sign = device->model_sign = (struct pel_device_sign){ 0 };
	device->last_tick_ms = pel_device_now_ms();
	device->lost = false;
	device->why[0] = '\0';
	return 0;
}

/* For tests: force either strategy, without a card that supports only one. */
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

/* The device model checks this, too, but its message would only reach the log. */
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
	pel_device_forget_calls(device);
	r = fill(device, options, place);
	if (r == -ENOMEM)
		pel_nomem(err);
	else if (r < 0)
		pel_fail(err, r, place, "cannot make an epoll descriptor to watch the device: %s",
			 strerror(-r));
	else if ((r = pel_xclbin_load(device->xclbin, place, &device->contents, err)) == 0 &&
		 (r = check_units(device, place, err)) == 0)
		r = start(device, place, err);
	if (r < 0) {
		device->lost = true; /* so that pel_device_close() sends no request */
		pel_device_close(device);
		return r;
	}
	device->options.cancel = NULL; /* valid only during this call */
	*ret = device;
	return 0;
}

void pel_device_close(struct pel_device *device)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_CLOSE };

	if (!device)
		return;
	/* Shut down in order only if no call is in flight: XRT would wait for running kernels. */
	if (!device->lost && device->n_used == 0 &&
	    pel_device_process_send(&device->process, &message, NULL, 0) == 0)
		pel_device_process_ended(&device->process, CLOSE_MS);
	end(device);
	for (uint32_t i = 0; i < device->n_kernels; i++)
		pel_device_free_kernel(&device->kernels[i]);
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

int pel_device_restart(struct pel_device *device, struct pel_error *err)
{
	int r;

	pel_device_lose(device, "it is being restarted");
	pel_device_process_end(&device->process);
	pel_device_keep_finished(device);
	if (device->shared)
		add_counters(&device->before, device->shared);
	end(device);
	pel_device_forget_calls(device);
	r = start(device, device->place, err);
	if (r < 0)
		end(device);
	return r;
}
