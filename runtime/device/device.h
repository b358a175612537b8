/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_H
#define PEL_DEVICE_H

#include "device-call.h"
#include "support.h"

/*
 * A device as a run sees it: a separate process (pelton-device) in its own session, the only one that calls XRT. It shares the memory that
 * holds the channels. Calls and completions pass through rings in shared memory. XRT's signal handlers, exits and aborts stay in that
 * process. Only opening, restarting and closing may block.
 *
 * One thread at a time may use a device, except where a function says otherwise.
 */
struct pel_device;
struct pel_emulation;
struct pel_cancel;

struct pel_device_options {
	uint32_t index;			       /* XRT's number of the device */
	const char *xclbin;		       /* path. The caller has validated it with pel_xclbin_load() */
	const struct pel_emulation *emulation; /* NULL: a card. Borrowed while the device is open */
	int memory_fd; /* memfd with the channels, sealed against shrinking. Borrowed while open */
	size_t memory_bytes;
	enum pel_buffers buffers;
	/* Setting either makes the wait for the device process fail with -ECANCELED. NULL: not used. */
	const struct pel_cancel *cancel;  /* while opening; not used after that call */
	const struct pel_cancel *give_up; /* also while restarting. Borrowed while open */
};

/*
 * Start the device process, which opens the device and loads the xclbin. Messages point at `place`.
 * Returns 0 and sets *ret, to be released with pel_device_close(). On failure returns a negative errno and explains in `err`: no XRT
 * (-ENOSYS), no such device (-ENODEV), the xclbin is refused (-EINVAL), no answer in time (-ETIMEDOUT), `cancel` was set
 * (-ECANCELED, not explained). Nothing is left behind.
 */
int pel_device_open(const struct pel_device_options *options, struct pel_place place, struct pel_device **ret,
		    struct pel_error *err);
/* End the device process, by force if necessary, and everything it started, and wait for it. NULL is allowed. */
void pel_device_close(struct pel_device *device);

/* ---- what can be called ---- */

struct pel_device_kernel {
	const char *name;	/* of the kernel in the xclbin */
	const char *const *cus; /* instance names of the compute units that may be used, n_cus of them */
	uint32_t n_cus;
	uint32_t timeout_ms; /* of one call, counted from the time its compute unit is free; 0: none */
};

/* Register a kernel. Returns its number, from 0, or a negative errno and explains. It stays registered after a restart. */
int pel_device_add_kernel(struct pel_device *device, const struct pel_device_kernel *kernel,
			  struct pel_place place, struct pel_error *err);
/*
 * Make a device-only buffer of `bytes`, in the memory that argument `arg` of kernel number `kernel` uses. Returns its number, from 0, or a
 * negative errno and explains. After a restart it exists again, but its contents are lost.
 */
int pel_device_add_buffer(struct pel_device *device, size_t bytes, uint32_t kernel, uint32_t arg,
			  struct pel_place place, struct pel_error *err);

/* ---- calls ---- */

struct pel_device_call {
	uint64_t cookie; /* for the caller, returned with the completion */
	uint32_t kernel; /* number */
	uint32_t cu;	 /* index into the kernel's cus */
	uint32_t n_args;
	const struct pel_device_arg *args;
};

/* Submit a call; `call` is copied. 0, or -EAGAIN: PEL_DEVICE_CALLS_MAX are in flight. Calls of one CU are executed in order. */
int pel_device_submit(struct pel_device *device, const struct pel_device_call *call);

struct pel_device_completion {
	uint64_t cookie;
	enum pel_device_status status;
	uint64_t busy_ns; /* how long its compute unit was busy with it, as seen by the host */
	char message[256]; /* the reason, without names of actors: "kernel 'k' (CU k_1) crashed: segmentation fault"; "" if DONE */
};

/* Take the next finished call: 1 and *ret, or 0: none now. In any order. */
int pel_device_take(struct pel_device *device, struct pel_device_completion *ret);

/* ---- watching ---- */

/* A descriptor that polls readable when there may be a completion to take, or the device is lost. Do not read it. [any thread] */
int pel_device_fd(const struct pel_device *device);
/*
 * Check whether the device is alive. Call it when the descriptor polls readable, and at least every PEL_DEVICE_TICK_MS. It counts ticks, not
 * time, since the last sign of life of the device process and, in emulation, of the device model: a suspended machine does not make a device
 * look dead. Returns 0, or -EIO: the device is lost. Then no further call completes; completions that are there can still be taken, and
 * pel_device_why() returns the reason.
 */
#define PEL_DEVICE_TICK_MS 100
int pel_device_check(struct pel_device *device);
/* The reason of a loss, such as "the device process was killed by signal 9" or "the device model has ended". Valid until the next restart. */
const char *pel_device_why(const struct pel_device *device);
/*
 * End what is left of the device process and start a new one. Calls that have not completed are forgotten; kernels and device buffers keep
 * their numbers. Returns 0, or a negative errno and explains; the device then stays lost.
 */
int pel_device_restart(struct pel_device *device, struct pel_error *err);

struct pel_device_counters {
	uint64_t calls, to_device_bytes, from_device_bytes;
	uint64_t copied_bytes; /* by Pelton, between channel memory and XRT's buffers: 0 with user pointers */
};
void pel_device_counters(const struct pel_device *device, struct pel_device_counters *ret);
/* Of the device process. [tests] */
pid_t pel_device_pid(const struct pel_device *device);

#endif
