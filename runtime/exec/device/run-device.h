/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_DEVICE_H
#define PEL_RUN_DEVICE_H

#include <pthread.h>
#include "device.h"
#include "run-actor.h"
#include "xclbin-file.h"

/*
 * Actors on devices.
 *
 * The worker that owns a device stage claims firings, ahead of those that are committed, and hands them to the device as calls; up to n_claims
 * are on their way. The device's watcher, a thread, takes back what has finished, and decides what becomes of
 * calls that have failed. The owner commits claims in the order in which they were taken. Inputs are released only then, so that a call
 * can be made again, by whatever form of the kernel, until its outputs are committed.
 *
 * pel_run_device.lock guards everything that both touch: the claims and `calls` of its stages, and the device itself, which one thread at a time may
 * use; but while `away` the device is the watcher's alone.
 */
enum pel_claim_state {
	PEL_CLAIM_FREE,
	PEL_CLAIM_WAITS, /* for the device to be there again */
	PEL_CLAIM_CALLED,
	PEL_CLAIM_DONE,
	PEL_CLAIM_DROPPED, /* it has failed, or the device is lost, and the CPU is to take over */
};

struct pel_device_claim {
	uint64_t first, firings;
	enum pel_claim_state state;
	uint32_t attempts; /* that have failed */
	uint32_t cu;
	bool padded;
	struct pel_device_arg *args; /* of the kernel, target->n_args of them */
};

struct pel_device_stage {
	struct pel_run_actor *actor;
	struct pel_run_device *device;
	const struct pel_xclbin_kernel *target;
	const char **cus; /* that it may use */
	uint32_t n_cus;
	uint32_t kernel; /* its number in the device */
	struct pel_device_claim *claims;
	uint32_t n_claims;
	uint64_t taken, retired; /* claims; retired <= taken <= retired + n_claims. The owner's */
	uint32_t calls;		 /* claims that wait or are called */
	uint32_t retries;	 /* of one call, after faults */
	bool calling;		 /* counted as at work outside. The owner's */
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

/* Memory that device processes see too: a memfd, sealed against shrinking. */
struct pel_shared_memory {
	unsigned char *base; /* NULL: there is none */
	size_t bytes, used;
	int fd;
};

struct pel_run_device {
	struct pel_device_set *set;
	bool packed;	/* its xclbin is a file that goes with the run */
	uint32_t index; /* as XRT counts */
	const char *path;
	struct pel_xclbin *xclbin;
	struct pel_device *device; /* NULL: given up */
	struct pel_device_stage *stages;
	uint32_t n_stages;
	pthread_mutex_t lock;
	bool away; /* lost, and not yet there again */
	bool gone; /* and never will: its process has ended, so nothing writes to the shared memory any more */
	int quit;  /* eventfd that ends the watcher */
	struct pel_cancel *give_up; /* for a restart that nobody waits for any more; NULL: never opened */
	pthread_t thread;
	bool started;
};

/* All devices of a run. */
struct pel_device_set {
	/* The run's; set before anything else. */
	const struct pel_plan *plan;
	struct pel_arena *arena;
	struct pel_run_actor *actors; /* all of the run */
	struct pel_ring *rings;	      /* the same; by the time devices are opened */
	struct pel_outcome_state *outcome;
	const struct pel_cancel *cancel; /* of pel_run_start(), while it lasts */
	const char *pack_dir;		 /* where xclbins are packed */
	bool checking;			 /* there is no run: pel_plan_check_devices() */
	/* Its own. */
	struct pel_run_device *devices;
	uint32_t n_devices;
	struct pel_emulation *emulation;
	struct pel_shared_memory shared;
	struct pel_shared_memory addresses; /* of rings that are on a device: without memory behind them */
	atomic_uint n_calling;		    /* device stages with calls on their way */
};

/* What messages call the file with the kernel of `actor`: its source, where the xclbin was packed and goes with the run. */
static inline const char *pel_device_file(const struct pel_run_device *device,
					  const struct pel_plan_actor *actor)
{
	return device->packed && actor->fpga->source ? actor->fpga->source : device->path;
}

/* Is it placed on a device? */
static inline bool pel_on_device(const struct pel_plan_actor *actor)
{
	return actor->fpga != NULL;
}

/* On this one? Pelton's own forms are not checked without a run: tests have done that. */
static inline bool pel_device_has(const struct pel_run_device *device, const struct pel_plan_actor *actor)
{
	return pel_on_device(actor) && (uint32_t)actor->where.index == device->index &&
	       !(device->set->checking && actor->fpga->own_source);
}

#define PEL_RESTARTS_MAX \
	3 /* attempts at one call, or at starting a device again, where the graph gives no number */

#endif
