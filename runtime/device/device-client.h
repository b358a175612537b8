/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_CLIENT_H
#define PEL_DEVICE_CLIENT_H

#include "protocol.h"

/* Within the folder only: the run's side of a device process. device.c is what it says, device-start.c how it begins and ends. */
#define DEVICE_BUFFERS_MAX 1024
#define SILENT_TICKS	   14 /* of 100 ms: known within two seconds */

struct device_buffer {
	size_t bytes;
	uint32_t kernel, arg;
};

struct silence {
	uint32_t beats;
	unsigned ticks;
};

struct pel_device {
	struct pel_arena arena;
	struct pel_device_options options;
	struct pel_place place;
	struct pel_device_kernel kernels[PEL_DEVICE_KERNELS_MAX];
	uint32_t n_kernels;
	struct device_buffer buffers[DEVICE_BUFFERS_MAX];
	uint32_t n_buffers;
	pid_t pid; /* 0: it is not there */
	int pidfd, control, requests, completions, words, poll, shared_fd;
	struct pel_shared *shared;
	uint32_t request_tail, completion_head, on_their_way;
	struct silence process, model;
	uint64_t ticked_ns;
	bool lost;
	char why[256];
};

void pel_device_client_init(struct pel_device *device);
/* Start the process and let it open the device. 0 or a negative errno, explained, with nothing left. */
int pel_device_start(struct pel_device *device, struct pel_error *err);
/* End it and all it started: in order if that is wanted and nothing is on its way. Waits. */
void pel_device_end(struct pel_device *device, bool in_order);
/* Ask and wait for the answer: its code, or a negative errno, explained. */
int pel_device_ask(struct pel_device *device, struct pel_message *message, struct pel_place place,
		   struct pel_error *err);
/* Has the process ended? Then `why` says how. */
bool pel_device_ended(struct pel_device *device, char *why, size_t size);
void pel_device_lose(struct pel_device *device, const char *why);
uint64_t pel_device_now_ns(void);

#endif
