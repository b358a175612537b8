/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_MODEL_H
#define PEL_DEVICE_MODEL_H

#include <time.h>
#include "device-process.h"
#include "device.h"
#include "xclbin-model.h"

/* For this folder only: what the parts of a device share. */

struct pel_device_known_kernel {
	char *name, **cus; /* owned */
	uint32_t n_cus, timeout_ms;
	uint64_t floats, pointers; /* bit i: argument i is a float or double; a pointer */
};

struct pel_device_buffer {
	size_t bytes;
	uint32_t kernel, arg;
};

/* A call in flight. The device process identifies it by the ticket's index. */
struct pel_device_ticket {
	uint64_t cookie;
	bool used;
};

struct pel_device_sign {
	uint32_t beat, silent_ticks;
};

/*
 *   I1  n_used tickets are used, each by one call: it is in flight, or its completion is in the ring
 */
struct pel_device {
	struct pel_device_options options;
	char *xclbin, *emulation_dir; /* owned */
	char *file;		      /* owned: the file name in `place` */
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
	struct pel_device_completion *kept; /* finished before a restart; those from first_kept on were not taken yet */
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
