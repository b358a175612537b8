/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_STAGE_H
#define PEL_DEVICE_STAGE_H

#include "exec.h"

/*
 * Within the folder only: actors on devices.
 *
 * The worker that owns a device stage claims firings, ahead of those that are committed, and hands them to the device as calls; up to n_claims
 * are on their way. The device's watcher, a thread, takes back what has finished, and decides what becomes of
 * calls that have failed. The owner commits claims in the order in which they were taken. Inputs are released only then, so that a call
 * can be made again, by whatever form of the kernel, until its outputs are committed.
 *
 * run_device.lock guards everything that both touch: the claims and `calls` of its stages, and the device itself, which one thread at a time may
 * use; but while `away` the device is the watcher's alone.
 */
enum claim_state {
	CLAIM_FREE,
	CLAIM_WAITS, /* for the device to be there again */
	CLAIM_CALLED,
	CLAIM_DONE,
	CLAIM_DROPPED, /* it has failed, or the device is lost, and the CPU is to take over */
};

struct device_claim {
	uint64_t first, firings;
	enum claim_state state;
	uint32_t attempts; /* that have failed */
	uint32_t cu;
	bool padded;
	struct pel_device_arg *args; /* of the kernel, target->n_args of them */
};

struct device_stage {
	struct run_actor *actor;
	struct run_device *device;
	const struct pel_xclbin_kernel *target;
	const char **cus; /* that it may use */
	uint32_t n_cus;
	uint32_t kernel; /* its number in the device */
	struct device_claim *claims;
	uint32_t n_claims;
	uint64_t taken, retired; /* claims; retired <= taken <= retired + n_claims. The owner's */
	uint32_t calls;		 /* claims that wait or are called */
	uint32_t retries;	 /* of one call, after faults */
	bool calling;		 /* counted in run->n_outside. The owner's */
	bool takeover;		 /* the CPU is to go on from the claim `retired` */
	bool on_cpu;		 /* it does. The owner's */
	uint64_t batch;		 /* that `scalars` are for */
	uint64_t *scalars;	 /* of each argument */
	uint64_t *data; /* of each argument: where constant data or the state lie in the shared memory */
	uint32_t *buffers; /* of each argument: number of the device buffer that its ring is; PEL_NONE: shared memory */
	uint64_t faults;	   /* that the run has got over */
	struct pel_results warned; /* what they were: the first of them */
	unsigned char *state;	   /* in the shared memory; NULL: none */
	size_t state_bytes;
};

struct run_device {
	struct pel_run *run;
	bool packed;	/* its xclbin is a file that goes with the run */
	uint32_t index; /* as XRT counts */
	const char *path;
	struct pel_xclbin *xclbin;
	struct pel_device *device; /* NULL: given up */
	struct device_stage *stages;
	uint32_t n_stages;
	pthread_mutex_t lock;
	bool away; /* lost, and not yet there again */
	bool gone; /* and never will: its process has ended, so nothing writes to the shared memory any more */
	int quit;  /* eventfd that ends the watcher */
	struct pel_cancel *give_up; /* for a restart that nobody waits for any more; NULL: never opened */
	pthread_t thread;
	bool started;
};

/* What messages call the file with the kernel of `actor`: its source, where the xclbin was packed and goes with the run. */
static inline const char *device_file(const struct run_device *device, const struct pel_plan_actor *actor)
{
	return device->packed && actor->form->source ? actor->form->source : device->path;
}

/* Is it placed on a device? */
static inline bool on_device(const struct pel_plan_actor *actor)
{
	return actor->form != NULL;
}

/* On this one? Pelton's own forms are not checked without a run: tests have done that. */
static inline bool device_has(const struct run_device *device, const struct pel_plan_actor *actor)
{
	return on_device(actor) && (uint32_t)actor->where.index == device->index &&
	       !(device->run->checking && actor->form->own_source);
}

#define RESTARTS_MAX \
	3 /* attempts at one call, or at starting a device again, where the graph gives no number */

/* The stage's place in the queue of the device: hand claim number `number` over. [locked, not away] */
void device_call(struct device_stage *ds, uint64_t number);
/* Fail the run because of `ds`. `hint` may be NULL. [locked or not] */
void device_fail(struct device_stage *ds, int code, const char *hint, const char *fmt, ...) PEL_PRINTF(4, 5);
/* The same where the device is what was lost. */
void device_fail_lost(struct device_stage *ds, const char *hint, const char *fmt, ...) PEL_PRINTF(3, 4);
/* Is an attempt at the claim to be made again? [locked] */
bool device_may_retry(const struct device_stage *ds, const struct device_claim *claim);
bool device_policy(const struct device_stage *ds, const char *policy);

/* ---- device-memory.c ---- */
/* Make the device buffers of the rings whose tokens stay on the device. 0 or a negative errno, explained. */
int device_add_buffers(struct run_device *device, struct pel_error *err);

/* ---- device-args.c ---- */
/* Does the form of the actor fit the kernel in the xclbin? 0 or -EINVAL, explained. */
int device_check_args(const struct run_device *device, const struct pel_plan_actor *actor,
		      const struct pel_xclbin_kernel *target, struct pel_error *err);
/* What the scalars are in calls for `batch` firings, into ds->scalars. 0 or a negative errno, explained. */
int device_scalars(struct device_stage *ds, uint64_t batch, struct pel_error *err);
/* Fill the arguments of a claim from the windows in `io`. */
void device_fill_args(struct device_stage *ds, struct device_claim *claim, const struct pel_io *io);

/* ---- device-xclbin.c: which xclbin a device gets, to device->xclbin and device->path; packed from sources where there is none ---- */
int device_choose_xclbin(struct run_device *device, const struct pel_run_options *options,
			 struct pel_error *err);
/* For pel_plan_check_devices(). 1: it has one; 0: nothing can be told; or a negative errno, explained unless it is -ECANCELED. */
int device_choose_to_check(struct run_device *device, struct pel_error *err);

#endif
