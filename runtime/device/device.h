/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_H
#define PEL_DEVICE_H

#include "device-call.h"
#include "support.h"

/*
 * A device as a run sees it: a process of its own (pelton-device), alone in talking to XRT, in a session of its own. It shares the
 * memory that holds the channels; calls go to it, and come back, through rings in shared memory. XRT's signal handlers, exits and
 * aborts stay there. Nothing here blocks, but for opening, restarting and closing.
 *
 * One thread at a time may use a device, except where a function says otherwise.
 */
struct pel_device;
struct pel_emulation;
struct pel_cancel;

struct pel_device_options {
	uint32_t index;			       /* of the device, as XRT counts */
	const char *xclbin;		       /* path. The caller has validated it with pel_xclbin_load() */
	const struct pel_emulation *emulation; /* NULL: a card. Borrowed while the device is open */
	int memory_fd; /* memfd with the channels, sealed against shrinking. Borrowed while open */
	size_t memory_bytes;
	enum pel_buffers buffers;
	/* Both give up waiting for the device process, with -ECANCELED. NULL: it is waited for. */
	const struct pel_cancel *cancel;  /* while opening; not used after that call */
	const struct pel_cancel *give_up; /* also while restarting. Borrowed while open */
};

/*
 * Start the device process, and let it open the device and load the xclbin. `place` is what messages point at.
 * Returns 0 and sets *ret, to be released with pel_device_close(). On failure a negative errno and `err` explains: no XRT (-ENOSYS),
 * no such device (-ENODEV), the xclbin is refused (-EINVAL), no answer in time (-ETIMEDOUT), `cancel` was set
 * (-ECANCELED, not explained). Nothing is left behind.
 */
int pel_device_open(const struct pel_device_options *options, struct pel_place place, struct pel_device **ret,
		    struct pel_error *err);
/* End the device process (killed if it does not go by itself) with all it started, and wait for it. NULL is allowed. */
void pel_device_close(struct pel_device *device);

/* ---- what can be called ---- */

struct pel_device_kernel {
	const char *name;	/* of the kernel in the xclbin */
	const char *const *cus; /* instance names of the compute units that may be used, n_cus of them */
	uint32_t n_cus;
	uint32_t timeout_ms; /* of one call, counted from when its compute unit is free for it; 0: none */
};

/* Make a kernel known. Returns its number, from 0, or a negative errno, explained. Remembered over restarts. */
int pel_device_add_kernel(struct pel_device *device, const struct pel_device_kernel *kernel,
			  struct pel_place place, struct pel_error *err);
/*
 * Make a buffer of `bytes` that lives on the device only, in the memory of argument `arg` of kernel number `kernel`. Returns its number,
 * from 0, or a negative errno, explained. Remembered over restarts, but not what was in it.
 */
int pel_device_add_buffer(struct pel_device *device, size_t bytes, uint32_t kernel, uint32_t arg,
			  struct pel_place place, struct pel_error *err);

/* ---- calls ---- */

struct pel_device_call {
	uint64_t cookie; /* the caller's, comes back */
	uint32_t kernel; /* number */
	uint32_t cu;	 /* index into the kernel's cus */
	uint32_t n_args;
	const struct pel_device_arg *args;
};

/* Hand a call over. Copies what it needs. 0, or -EAGAIN: PEL_DEVICE_CALLS_MAX are on their way. Calls on one CU are executed in order. */
int pel_device_submit(struct pel_device *device, const struct pel_device_call *call);

struct pel_device_completion {
	uint64_t cookie;
	enum pel_device_status status;
	uint64_t busy_ns; /* that its compute unit was busy with it, as far as can be seen */
	char message[256]; /* what went wrong, without names of actors: "kernel 'k' (CU k_1) crashed: segmentation fault"; "" if DONE */
};

/* Take the next finished call: 1 and *ret, or 0: none now. In any order. */
int pel_device_take(struct pel_device *device, struct pel_device_completion *ret);

/* ---- watching ---- */

/* A descriptor that polls readable when there may be something to take or the device is lost. Never read it. [any thread] */
int pel_device_fd(const struct pel_device *device);
/*
 * Is it still there? To be called when the descriptor polls readable, and at least every PEL_DEVICE_TICK_MS: counts the ticks since the device
 * process and (in emulation) the device model last gave a sign of life, so that a suspended machine is not taken for a dead device.
 * Returns 0, or -EIO: lost; then no call will complete any more, but those that have can be taken, and pel_device_why() says what happened.
 */
#define PEL_DEVICE_TICK_MS 100
int pel_device_check(struct pel_device *device);
/* "the device process was killed by signal 9", "the device model has ended". Valid until the next restart. */
const char *pel_device_why(const struct pel_device *device);
/*
 * End what is left of it and start it anew: all calls that have not completed are forgotten; kernels and device buffers are there again under
 * their numbers. 0 or a negative errno, explained: the device stays lost.
 */
int pel_device_restart(struct pel_device *device, struct pel_error *err);

struct pel_device_counters {
	uint64_t calls, to_device_bytes, from_device_bytes;
	uint64_t copied_bytes; /* by Pelton, between channels and buffers of XRT: 0 with user pointers */
};
void pel_device_counters(const struct pel_device *device, struct pel_device_counters *ret);
/* Of the device process. [tests] */
pid_t pel_device_pid(const struct pel_device *device);

#endif
