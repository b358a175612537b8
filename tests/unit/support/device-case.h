/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_CASE_H
#define DEVICE_CASE_H

#include <check.h>
#include <pelton/emulation.h>

#include "device.h"

#define HANG_MS 30000 /* even a busy machine is faster than that */

/* An emulated device with the kernels of tests/xrt/kernels.c, and memory for channels. */
struct device_case {
	struct pel_emulation *emulation;
	struct pel_device *device;
	int fd;
	unsigned char *memory;
	size_t bytes;
};

/* Before all tests: pack the kernels. False: there is no XRT here, or Pelton was built without. */
bool device_case_prepare(void);
void device_case_finish(void);
const char *device_case_xclbin(void);

struct device_case device_case_open(size_t bytes, enum pel_buffers buffers);
/* The same without Check, for a process that the test has forked, because both would write to Check's messages. */
bool device_case_start(struct device_case *c, size_t bytes, enum pel_buffers buffers);
/* Close the device, and assert that nothing is left of it. */
void device_case_close(struct device_case *c);

/* The kernel with all of `cus`, split by spaces. Its number. */
uint32_t device_case_kernel(struct device_case *c, const char *name, const char *cus, uint32_t timeout_ms);
/* The next completion, or a failed test if there is none within HANG_MS or the device is lost. */
struct pel_device_completion device_case_await(struct device_case *c);
/* Submit, and await. */
struct pel_device_completion device_case_call(struct device_case *c, uint32_t kernel, uint32_t cu,
					      const struct pel_device_arg *args, uint32_t n_args);
/* Milliseconds until the device is known to be lost; fails the test after HANG_MS. */
unsigned device_case_loss(struct device_case *c);
uint64_t device_case_now_ms(void);
/* Wait, at most HANG_MS, until session `sid` has no processes. Returns how many are left, including zombies. */
unsigned device_case_session(pid_t sid);
/* The device model of the device process, 0: none. */
pid_t device_case_model(pid_t device);

#define SCALAR(i, v)                                                                     \
	{                                                                                \
		.index = (i), .kind = PEL_ARG_SCALAR, .bytes = 4, .value = (uint64_t)(v) \
	}
#define WINDOW(i, k, at, n)                                             \
	{                                                               \
		.index = (i), .kind = (k), .offset = (at), .bytes = (n) \
	}
#define PART(i, number, at, n)                                                                         \
	{                                                                                              \
		.index = (i), .kind = PEL_ARG_DEVICE, .buffer = (number), .offset = (at), .bytes = (n) \
	}
#define N_ARGS(args) ((uint32_t)(sizeof(args) / sizeof((args)[0])))

#endif
