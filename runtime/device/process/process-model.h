/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROCESS_MODEL_H
#define PEL_PROCESS_MODEL_H

#include <pthread.h>
#include <stdatomic.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#include "protocol.h"
#include "windows.h"

/*
 * The device process: one device of XRT's, for one run. Its threads:
 *   main     requests of the run, one after the other
 *   watcher  signs of life, here and there; the end of the run
 *   feeder   takes calls in their order: copies in, starts
 *   drainer  waits for calls, copies out, hands back
 * Locks: `lock`, the pool's, the events'; only the events' is taken inside others.
 */
#define FAULTS_KEPT 64
#define TEXT_BYTES  2048 /* of an explanation, and of a hint */

struct fault {
	uint64_t call; /* of its compute unit, from 1; 0: no fault */
	char text[256];
};

/* A buffer of XRT's that one call may use; see bo-pool.c */
struct bo;

struct call {
	uint32_t ticket;
	struct kernel *kernel;
	struct cu *cu;
	xrtRunHandle run;
	uint64_t number; /* of its compute unit, from 1 */
	struct call *next;
	uint32_t n_args;
	struct pel_device_arg args[PEL_DEVICE_ARGS_MAX];
	struct bo *bos[PEL_DEVICE_ARGS_MAX]; /* NULL: none */
};

struct cu {
	char *name;
	xrtKernelHandle handle;
	int groups[PEL_DEVICE_ARGS_MAX]; /* memory of each argument; GROUP_UNKNOWN: not asked yet [feeder] */
	/* Held: lock. */
	xrtRunHandle runs[PEL_DEVICE_CALLS_MAX]; /* that are free */
	uint32_t n_runs;
	struct call *first, *last; /* in order; the first has the unit since busy_since_ns */
	struct call *to_start;	   /* the first that XRT does not have yet */
	uint32_t n_started;	   /* that XRT has */
	uint64_t started;	   /* ever */
	uint64_t busy_since_ns;
	uint64_t took_ns; /* the last one */
	/* Held: the events' lock. */
	struct fault faults[FAULTS_KEPT];
	uint32_t next_fault;
};
#define GROUP_UNKNOWN (-2)

struct kernel {
	char *name;
	struct cu **cus;
	uint32_t n_cus, timeout_ms;
	uint64_t floats, pointers; /* bit i: argument i is one */
};

struct self {
	/* Set before the threads begin. */
	struct pel_device_shared *shared;
	unsigned char *memory;
	size_t memory_bytes, page;
	int bell, done, log, host, err;
	int events;  /* -1: no model */
	int windows; /* socket on which our model hears of the windows of calls; -1: it does not */
	bool emulated, remove_folders;
	_Atomic int model_pidfd; /* -1: not known yet */
	atomic_bool closing;
	_Atomic uint32_t buffers; /* enum pel_buffers; no longer AUTO once it is known */

	xrtDeviceHandle device;
	/* Main adds; the numbers are stored last. */
	struct kernel kernels[PEL_DEVICE_KERNELS_MAX];
	_Atomic uint32_t n_kernels;
	struct cu **cus; /* all */
	_Atomic uint32_t n_cus;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct call *free_calls;
	uint32_t n_queued;
};

/* XRT 2.25 gives a memory group for scalars, too. */
static inline bool pel_arg_is_pointer(const struct kernel *kernel, uint32_t index)
{
	return index < PEL_DEVICE_ARGS_MAX && kernel->pointers >> index & 1;
}

#endif
