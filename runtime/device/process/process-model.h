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
 * The device process: one XRT device, for one run. Its threads:
 *   main     serves the run's requests, one after the other
 *   watcher  counts signs of life, of this process and of the device model; ends the process with the run
 *   feeder   takes calls in order, copies inputs to the device, starts the calls
 *   drainer  waits for calls, copies outputs back, reports the results
 * Locks: `lock`, the pool's, the events'. Only the events' lock is taken while another is held.
 */
#define FAULTS_KEPT 64
#define TEXT_BYTES  2048 /* of an explanation, and of a hint */

struct fault {
	uint64_t call; /* number of the call on its compute unit, from 1; 0: no fault */
	char text[256];
};

/* An XRT buffer for an argument; see bo-pool.h */
struct bo;

struct call {
	uint32_t ticket;
	struct kernel *kernel;
	struct cu *cu;
	xrtRunHandle run;
	uint64_t number; /* of the call on its compute unit, from 1 */
	struct call *next;
	uint32_t n_args;
	struct pel_device_arg args[PEL_DEVICE_ARGS_MAX];
	struct bo *bos[PEL_DEVICE_ARGS_MAX]; /* NULL: none */
};

struct cu {
	char *name;
	xrtKernelHandle handle;
	int groups[PEL_DEVICE_ARGS_MAX]; /* memory group of each argument; GROUP_UNKNOWN: not asked yet [feeder] */
	/* Protected by `lock`. */
	xrtRunHandle runs[PEL_DEVICE_CALLS_MAX]; /* free ones */
	uint32_t n_runs;
	struct call *first, *last; /* queued calls; the unit has worked on the first since busy_since_ns */
	struct call *to_start;	   /* the first that was not handed to XRT yet */
	uint32_t n_started;	   /* calls that XRT has */
	uint64_t started;	   /* calls handed to XRT since the beginning */
	uint64_t busy_since_ns;
	uint64_t took_ns; /* duration of the last call */
	/* Protected by the events' lock. */
	struct fault faults[FAULTS_KEPT];
	uint32_t next_fault;
};
#define GROUP_UNKNOWN (-2)

struct kernel {
	char *name;
	struct cu **cus;
	uint32_t n_cus, timeout_ms;
	uint64_t floats, pointers; /* bit i: argument i is a float or double; a pointer */
};

struct self {
	/* Set before the threads begin. */
	struct pel_device_shared *shared;
	unsigned char *memory;
	size_t memory_bytes, page;
	int bell, done, log, host, err;
	int windows; /* socket on which our device model learns the windows of calls; -1: not our model */
	bool emulated, remove_folders;
	_Atomic int events; /* pipe from the device model; -1: none. Main stores it while the watcher runs */
	_Atomic int model_pidfd; /* -1: not known yet */
	atomic_bool closing;
	_Atomic uint32_t buffers; /* enum pel_buffers; no longer AUTO once it is known */

	xrtDeviceHandle device;
	/* Main adds kernels and units, and stores their numbers last. */
	struct kernel kernels[PEL_DEVICE_KERNELS_MAX];
	_Atomic uint32_t n_kernels;
	struct cu **cus; /* all */
	_Atomic uint32_t n_cus;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct call *free_calls;
	uint32_t n_queued;
};

/* To be asked before xrtKernelArgGroupId(): XRT 2.25 returns a memory group for scalars, too. */
static inline bool pel_arg_is_pointer(const struct kernel *kernel, uint32_t index)
{
	return index < PEL_DEVICE_ARGS_MAX && kernel->pointers >> index & 1;
}

#endif
