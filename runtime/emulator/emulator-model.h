/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_MODEL_H
#define PEL_EMU_MODEL_H

#include <sys/types.h>
#include <time.h>

#include "events.h"
#include "memory.h"
#include "windows.h"
#include "worker-protocol.h"

/* What the parts of the emulated device share. */

struct pel_emu_options {
	uint64_t timeout_ms;	   /* of one call; 0: none */
	bool quiet;		   /* no faults on standard error */
	bool log;		   /* log to standard error */
	unsigned units_max;	   /* how many compute units the host's XRT can distinguish */
	bool wait;		   /* each worker waits for a debugger; no time limit then */
	struct pel_events *events; /* borrowed */
	int windows;		   /* socket of windows.h; -1: nobody announces windows */
};

enum pel_emu_cu_state {
	PEL_EMU_CU_IDLE,
	PEL_EMU_CU_RUNNING,
	PEL_EMU_CU_FAULTED /* the fault event is not sent yet */,
	PEL_EMU_CU_DONE
};

struct pel_emu_cu {
	const struct pel_emu_cu_decl *decl;
	const struct pel_emu_kernel *kernel;
	unsigned number;
	enum pel_emu_cu_state state;
	bool timed_out;
	uint64_t call, deadline_ms; /* number of the current or last call; deadline 0: none */
	unsigned char *registers;   /* the host's view, PEL_EMU_WINDOW_BYTES */
	struct pel_emu_slot *slot;  /* shared with the worker */
	pid_t worker;		    /* 0: none */
	int socket;
	bool greeted;	 /* it has reported that it loaded the library */
	uint64_t *drops; /* serials of buffers that it must still be told to unmap */
	size_t n_drops, drops_capacity;
	/* Announced windows of the current call and of calls that XRT has not started yet. */
	struct pel_windows *announced; /* n_announced of them, in the order of calls */
	size_t n_announced, announced_capacity;
};

struct pel_emu {
	struct pel_emu_options options;
	struct pel_emu_memory memory;
	struct pel_emu_metadata metadata;
	char *library; /* path */
	struct pel_emu_cu *cus;
	size_t n_cus;
	bool broken;
};

static inline uint64_t pel_emu_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif
