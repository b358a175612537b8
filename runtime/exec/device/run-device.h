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
 * The worker that owns a device stage claims firings, ahead of those that are committed, and sends them to
 * the device as calls; up to n_claims are in flight. The watcher of the device, a thread, receives
 * completions and handles failed calls. The owner commits claims in the order in which they were taken, and
 * releases their inputs only then. So until the outputs of a call are committed, it can be repeated, on the
 * device or on a CPU.
 *
 * pel_run_device.lock guards everything that both use: the claims and `calls` of the device's stages, and the
 * device itself, which one thread at a time may use. While `away` is set, only the watcher uses the device.
 * [locked] means: the caller holds that lock.
 */
enum pel_claim_state {
	PEL_CLAIM_FREE,
	PEL_CLAIM_WAITS, /* until the device has room for it, or is restarted */
	PEL_CLAIM_CALLED,
	PEL_CLAIM_DONE,
	PEL_CLAIM_DROPPED, /* failed, or lost with the device; the CPU is to take over */
};

struct pel_device_claim {
	uint64_t first, firings;
	enum pel_claim_state state;
	uint32_t attempts; /* failed ones */
	uint32_t cu;
	bool padded;
	struct pel_device_arg *args; /* of the kernel, target->n_args of them */
};

struct pel_device_stage {
	struct pel_run_actor *actor;
	struct pel_run_device *device;
	const struct pel_xclbin_kernel *target;
	const char **cus; /* compute units that it may use */
	uint32_t n_cus;
	uint32_t kernel; /* number of the kernel at the device */
	struct pel_device_claim *claims;
	uint32_t n_claims;
	/* Claims; retired <= taken <= retired + n_claims. Written by the owner, with the lock. */
	uint64_t taken, retired;
	uint32_t calls;	   /* claims that wait or are in flight */
	uint32_t retries;  /* allowed for one call, after faults */
	bool calling;	   /* counted as at work outside the scheduler [owner] */
	bool takeover;	   /* the CPU must continue from claim `retired` */
	bool on_cpu;	   /* the CPU does [owner] */
	uint64_t batch;	   /* firings of the calls that `scalars` are for */
	uint64_t *scalars; /* of each argument */
	/* Of each argument: offset of its constant data or state in the shared memory. */
	uint64_t *data;
	/* Of each argument: the device buffer that its ring is in; PEL_NONE: shared memory. */
	uint32_t *buffers;
	uint64_t faults;	   /* from which the run has recovered */
	struct pel_results warned; /* warnings about the first of these faults */
	unsigned char *state;	   /* in the shared memory; NULL: none */
	size_t state_bytes;
};

/* Memory shared with device processes: a memfd, sealed against shrinking. */
struct pel_shared_memory {
	unsigned char *base; /* NULL: there is none */
	size_t bytes, used;
	int fd;
};

struct pel_run_device {
	struct pel_device_set *set;
	bool packed;	/* the xclbin is a temporary file of this run */
	uint32_t index; /* as XRT counts devices */
	const char *path;
	struct pel_xclbin *xclbin;
	struct pel_device *device; /* NULL: closed for good */
	struct pel_device_stage *stages;
	uint32_t n_stages;
	pthread_mutex_t lock;
	bool away; /* lost, and not yet restarted */
	/* Lost for good: its process has ended, so nothing writes to the shared memory any more. */
	bool gone;
	int quit; /* eventfd; ends the watcher */
	/* Cancels a restart that nobody waits for any more. NULL: never opened. */
	struct pel_cancel *give_up;
	pthread_t thread;
	bool started;
};

/* All devices of a run. */
struct pel_device_set {
	/* Borrowed from the run; set before anything else. */
	const struct pel_plan *plan;
	struct pel_arena *arena;
	struct pel_run_actor *actors; /* all actors of the run */
	struct pel_ring *rings;	      /* all rings of the run; set before devices are opened */
	struct pel_outcome_state *outcome;
	const struct pel_cancel *cancel; /* for the duration of pel_run_start() */
	const char *pack_dir;		 /* folder for packed xclbins */
	bool checking;			 /* no run follows: pel_plan_check_devices() */
	/* Owned. */
	struct pel_run_device *devices;
	uint32_t n_devices;
	struct pel_emulation *emulation;
	struct pel_shared_memory shared;
	struct pel_shared_memory addresses; /* of rings that are on a device; no memory behind them */
	atomic_uint n_calling;		    /* device stages with calls in flight */
};

/*
 * The name that messages use for the file with the kernel of `actor`: the source, if the xclbin is a
 * temporary file packed from it.
 */
static inline const char *pel_device_file(const struct pel_run_device *device,
					  const struct pel_plan_actor *actor)
{
	return device->packed && actor->fpga->source ? actor->fpga->source : device->path;
}

/* Is the actor placed on a device? */
static inline bool pel_on_device(const struct pel_plan_actor *actor)
{
	return actor->fpga != NULL;
}

/*
 * Is the actor placed on this device? Without a run, Pelton's own FPGA implementations are left out: tests
 * have checked them.
 */
static inline bool pel_device_has(const struct pel_run_device *device, const struct pel_plan_actor *actor)
{
	return pel_on_device(actor) && (uint32_t)actor->where.index == device->index &&
	       !(device->set->checking && actor->fpga->own_source);
}

/* Attempts at one call, or at restarting a device, if the graph gives no number. */
#define PEL_RESTARTS_MAX 3

#endif
