/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROCESS_H
#define PEL_PROCESS_H

#include <pthread.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>
#include "protocol.h"

/*
 * The device process. Its threads:
 *   main	answers the run's questions, gives signs of life, listens to the device model, and ends all with the run
 *   feeder	takes requests: brings inputs to the device, starts calls
 *   drainer	waits for calls: brings outputs back, posts completions
 * The lock guards the pool of buffers, the handles of runs, and the list of running calls; nobody makes a call of XRT that waits under it.
 */
#define PROCESS_BUFFERS_MAX 1024
#define PROCESS_UNITS_MAX   256

struct process;

/* A buffer of XRT's over a range of the channels' memory, used by one call at a time. */
struct buffer {
	xrtBufferHandle bo;
	uint64_t offset, bytes; /* of the range, whole pages */
	int group;		/* of memory banks */
	void *mapped;		/* NULL: XRT works on the channels' own memory */
	bool busy;
	bool constant; /* brought once, shared by all */
	uint64_t used; /* when: for finding the one that was used least lately */
	/* The part of it that was used last. */
	xrtBufferHandle part;
	uint64_t part_offset, part_bytes; /* in the memory */
};

struct unit {
	const char *name;
	xrtKernelHandle kernel;	    /* "vadd:{vadd_1}" */
	uint64_t started, finished; /* calls */
	uint64_t free_ns;	    /* when the last one was seen to end */
	struct call *first, *last;  /* running, in order */
	xrtRunHandle *runs;	    /* handles that are free */
	uint32_t n_runs, runs_capacity;
};

struct kernel {
	const char *name;
	uint32_t timeout_ms;
	struct unit *units[PROCESS_UNITS_MAX]; /* shared by kernels that are the same one */
	uint32_t n_units;
};

struct call {
	struct call *next;
	uint64_t cookie;
	struct kernel *kernel;
	struct unit *unit;
	bool started;
	uint64_t number; /* of its unit, from 1 */
	uint64_t start_ns;
	xrtRunHandle run;
	uint32_t n_args;
	struct pel_device_arg args[PEL_DEVICE_ARGS_MAX];
	struct buffer *buffers[PEL_DEVICE_ARGS_MAX]; /* NULL: none */
};

struct process {
	struct pel_shared *shared;
	unsigned char *memory;
	uint64_t memory_bytes;
	bool emulated;
	enum pel_buffers strategy;
	char folder[64]; /* to be removed when the run has died; "": none */
	xrtDeviceHandle device;
	xuid_t uuid;
	pthread_mutex_t lock;
	pthread_cond_t running; /* the drainer has something to wait for */
	struct unit *units[PROCESS_UNITS_MAX];
	uint32_t n_units;
	struct kernel *kernels[PEL_DEVICE_KERNELS_MAX];
	uint32_t n_kernels;
	xrtBufferHandle device_buffers[PROCESS_BUFFERS_MAX];
	uint64_t device_buffer_bytes[PROCESS_BUFFERS_MAX];
	uint32_t n_device_buffers;
	struct buffer *pool[PROCESS_BUFFERS_MAX];
	uint32_t n_pool;
	uint64_t clock; /* counts uses of buffers */
	uint32_t n_running;
	uint32_t request_head, completion_tail;
	int events; /* read end of the device model's pipe; -1: none */
};

uint64_t process_now_ns(void);

/* [any thread] The device is lost: say why, once. */
void process_lose(struct process *p, const char *fmt, ...) PEL_PRINTF(2, 3);

/* open.c: answers. Fills `answer`. */
void process_open(struct process *p, const struct pel_message *question, struct pel_message *answer);
void process_kernel(struct process *p, const struct pel_message *question, struct pel_message *answer);
void process_buffer(struct process *p, const struct pel_message *question, struct pel_message *answer);
/* Close all of XRT. No call is running. */
void process_close(struct process *p);

/* buffers.c */
/* A buffer for `arg` of a call of `unit`, its own until buffer_give_back(). NULL: none, `why` says why. */
struct buffer *buffer_take(struct process *p, const struct unit *unit, const struct pel_device_arg *arg,
			   char *why, size_t size);
void buffer_give_back(struct process *p, struct buffer *buffer);
/* The window of `arg` to the device, or back. 0, or -1. */
int buffer_sync(struct process *p, struct buffer *buffer, const struct pel_device_arg *arg, bool to_device);
void buffers_free(struct process *p);

/* calls.c */
int process_start_threads(struct process *p);
/* Post what became of a call. */
void process_post(struct process *p, uint64_t cookie, enum pel_device_status status, uint64_t busy_ns,
		  const char *fmt, ...) PEL_PRINTF(5, 6);

/* events.c: the device model's pipe */
/* Make it, and tell the model by the environment; before the device is opened. */
int events_open(struct process *p, int *write_end);
/* Hear what the model has said. [any thread] */
void events_hear(struct process *p);
/* Was call `number` of the unit a fault? Then its message is in buf, and forgotten here. */
bool events_fault(const char *unit, uint64_t number, char *buf, size_t size);

#endif
