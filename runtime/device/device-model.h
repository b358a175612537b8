/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_MODEL_H
#define PEL_DEVICE_MODEL_H

#include <time.h>
#include "device-process.h"
#include "device.h"
#include "xclbin-model.h"

/* Within the folder only: what the parts of a device share. */

struct pel_device_known_kernel {
	char *name, **cus; /* owned */
	uint32_t n_cus, timeout_ms;
	uint64_t floats, pointers; /* bit i: argument i is one */
};

struct pel_device_buffer {
	size_t bytes;
	uint32_t kernel, arg;
};

/* A call on its way. The device process knows it by its place alone. */
struct pel_device_ticket {
	uint64_t cookie;
	bool used;
};

struct pel_device_sign {
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

	struct pel_device_known_kernel kernels[PEL_DEVICE_KERNELS_MAX];
	uint32_t n_kernels;
	struct pel_device_buffer *buffers;
	size_t n_buffers, buffers_capacity;

	struct pel_device_ticket tickets[PEL_DEVICE_CALLS_MAX];
	uint32_t free_tickets[PEL_DEVICE_CALLS_MAX], n_used;
	struct pel_device_completion *kept; /* finished before a restart; first_kept and on are still to be taken */
	uint32_t n_kept, first_kept;

	bool lost;
	char why[512];
	struct pel_device_sign process_sign, model_sign;
	int64_t last_tick_ms;
	struct pel_device_counters before; /* of earlier device processes */
};

static inline int64_t pel_device_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
