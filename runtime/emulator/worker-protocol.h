/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WORKER_PROTOCOL_H
#define PEL_WORKER_PROTOCOL_H

#include <stdatomic.h>

#include "metadata.h"

/*
 * What the supervisor and the worker process of one compute unit say to each other. A worker has the kernel library to itself, so that what a kernel
 * keeps in static variables is its compute unit's, and whatever the kernel does, only this process pays for it.
 *
 * The supervisor sends orders on a socket; a worker answers in the slot, which both have mapped, so that looking costs nothing.
 */

enum pel_emu_call_state {
	PEL_EMU_CALL_NONE,
	PEL_EMU_CALL_RUNNING, /* written by the supervisor, before the order */
	PEL_EMU_CALL_DONE,    /* written by the worker, last */
};

enum pel_emu_damage {
	PEL_EMU_DAMAGE_NONE,
	PEL_EMU_DAMAGE_SIGNAL, /* the worker is about to die of it */
	PEL_EMU_DAMAGE_SLACK,  /* bytes behind the buffer of an argument have changed */
	PEL_EMU_DAMAGE_WINDOW, /* bytes beside its window have */
};

enum pel_emu_access { PEL_EMU_ACCESS_UNKNOWN, PEL_EMU_ACCESS_READ, PEL_EMU_ACCESS_WRITE };

/* Where a fault lies, seen from the buffer of an argument. */
enum pel_emu_side { PEL_EMU_NOWHERE, PEL_EMU_BEFORE, PEL_EMU_PAST };

struct pel_emu_slot {
	_Atomic uint32_t state;
	/* The worker's, until state is DONE or it is dead. */
	_Atomic uint32_t damage;
	int32_t signal, code;
	uint64_t address;
	uint32_t access, side;
	uint32_t arg;	   /* index, where side or damage speaks of one */
	uint64_t distance; /* bytes before the start or past the end; or bytes changed */
	bool stack_full;
	char words[160]; /* of libc, before it called abort() */
	/* The supervisor's. */
	_Alignas(64) unsigned char registers[PEL_EMU_WINDOW_BYTES];
};

enum pel_emu_order_kind { PEL_EMU_ORDER_CALL, PEL_EMU_ORDER_UNMAP };

struct pel_emu_order_arg {
	uint64_t serial, offset; /* serial 0: a NULL pointer, or no pointer */
	uint64_t window;	 /* bytes that the call may touch; 0: the rest of the buffer */
	uint32_t writes, unused; /* of the window: does what the kernel leaves there count? */
};

struct pel_emu_order_map {
	uint64_t serial, bytes;
	uint32_t check_slack, unused;
};

/* `maps` come with one descriptor each, in order. */
struct pel_emu_order {
	uint32_t kind;
	uint32_t n_args, n_maps, unused;
	uint64_t serial; /* UNMAP: of what */
	struct pel_emu_order_arg args[PEL_EMU_ARGS_MAX];
	struct pel_emu_order_map maps[PEL_EMU_ARGS_MAX];
};

/* What a worker sends once: whether it has loaded the library. */
struct pel_emu_hello {
	int32_t code; /* 0, or a negative errno */
	char text[252];
};

#endif
