/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROCESS_H
#define PEL_PROCESS_H

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
 * Locks: `lock`, the pool's, the events'; only `lock` is taken inside another, the events'.
 */
#define FAULTS_KEPT 64

struct fault {
	uint64_t call; /* of its compute unit, from 1; 0: no fault */
	char text[256];
};

/* A buffer of XRT's that one call may use; see buffers.c */
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
	/* Main adds; n_kernels is stored last. */
	struct kernel kernels[PEL_DEVICE_KERNELS_MAX];
	_Atomic uint32_t n_kernels;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct cu **cus; /* all */
	uint32_t n_cus;
	struct call *free_calls;
	uint32_t n_queued;
};

/* ---- main.c ---- */
uint64_t pel_process_now_ns(void);
void *pel_process_alloc(size_t bytes); /* zeroed; the process ends where there is no memory */
/* Tell the run why, and end with all that was started. [any thread] */
void pel_process_lost(struct self *self, const char *fmt, ...) PEL_PRINTF(2, 3) __attribute__((noreturn));
/* From here on only this thread ends the process; others that would, wait until it does. May be called again. */
void pel_process_claim_end(void);
/* The last complaint of XRT; "" if there is none. */
const char *pel_process_words(const struct self *self, char *text, size_t bytes);

/* ---- open.c: explained in `text` and `hint`, of TEXT_BYTES each ---- */
#define TEXT_BYTES 2048
int pel_process_open(struct self *self, uint32_t index, const char *xclbin, char *text, char *hint);
int pel_process_add_kernel(struct self *self, const struct pel_device_message *message, char *text, char *hint);
void pel_process_close(struct self *self);

/* ---- socket.c ---- */
/* From here on a failure on XRT's socket to the device model is the end of the device. */
void pel_socket_watch(struct self *self);

/* ---- cure.c ---- */
/* XRT 2.13 of Debian damages its heap in emulation. 0, or a negative errno: it cannot be used. */
int pel_process_cure(xrtDeviceHandle device, char *text);

/* ---- buffers.c: all return 0 or a negative errno, explained in `text` ---- */
/* Make the memory of all arguments of `call` ready, and set them. What was taken is put back by pel_buffers_release(), also after a failure. */
int pel_buffers_bring(struct self *self, struct call *call, char *text);
int pel_buffers_fetch(struct self *self, struct call *call, char *text);
void pel_buffers_release(struct self *self, struct call *call);
int pel_buffers_add(struct self *self, const struct pel_device_message *message, char *text);
void pel_buffers_close(void);

/* ---- calls.c ---- */
void pel_calls_init(struct self *self);
void *pel_calls_feed(void *self);
void *pel_calls_drain(void *self);

/* ---- watch.c ---- */
void *pel_watch(void *self);
/* Read all events that there are. Afterwards a fault of a call that XRT says has ended is known. */
void pel_events_read(struct self *self);
/* Has the device model ended? Then what XRT has said of calls and buffers just before is worth nothing: to it, a call whose model is gone has ended. */
bool pel_model_ended(struct self *self);
/* End because of that; the model's own words, if it had any. [any thread] */
void pel_model_lost(struct self *self) __attribute__((noreturn));
/* Has it said its first word? Waits for it, but not long. */
bool pel_model_greets(struct self *self);
bool pel_events_fault(struct cu *cu, uint64_t call, char *text, size_t bytes);

#endif
