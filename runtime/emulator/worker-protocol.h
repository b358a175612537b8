/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WORKER_PROTOCOL_H
#define PEL_WORKER_PROTOCOL_H

#include <stdatomic.h>

#include "metadata.h"

/*
 * The protocol between the supervisor and the worker process of one compute unit. Each worker has its own copy of the kernel library: static
 * variables belong to one compute unit, and a kernel can damage only its own worker.
 *
 * The supervisor sends orders on a socket. A worker answers in the slot, which both have mapped, so that polling it needs no system call.
 */

enum pel_emu_call_state {
	PEL_EMU_CALL_NONE,
	PEL_EMU_CALL_RUNNING, /* written by the supervisor, before the order */
	PEL_EMU_CALL_DONE,    /* written by the worker, last */
};

enum pel_emu_damage {
	PEL_EMU_DAMAGE_NONE,
	PEL_EMU_DAMAGE_SIGNAL, /* a signal is killing the worker */
	PEL_EMU_DAMAGE_SLACK,  /* bytes after the buffer of an argument have changed */
	PEL_EMU_DAMAGE_WINDOW, /* bytes before or after the window of an argument have changed */
};

enum pel_emu_access { PEL_EMU_ACCESS_UNKNOWN, PEL_EMU_ACCESS_READ, PEL_EMU_ACCESS_WRITE };

/* Where a fault is, relative to the buffer of an argument. */
enum pel_emu_side { PEL_EMU_NOWHERE, PEL_EMU_BEFORE, PEL_EMU_PAST };

struct pel_emu_slot {
	_Atomic uint32_t state;
	/* Written by the worker, and read once state is DONE or the worker is dead. */
	_Atomic uint32_t damage;
	int32_t signal, code;
	uint64_t address;
	uint32_t access, side;
	uint32_t arg;	   /* index of the argument that side or damage is about */
	uint64_t distance; /* bytes before the start or past the end; or bytes changed */
	bool stack_full;
	char words[160]; /* message of libc before abort(), or why the worker gave up */
	/* Written by the supervisor. */
	_Alignas(64) unsigned char registers[PEL_EMU_WINDOW_BYTES];
};

enum pel_emu_order_kind { PEL_EMU_ORDER_CALL, PEL_EMU_ORDER_UNMAP };

struct pel_emu_order_arg {
	uint64_t serial, offset; /* serial 0: a NULL pointer, or no pointer */
	uint64_t window;	 /* bytes that the call may touch; 0: the rest of the buffer */
	uint32_t writes, unused; /* 1: copy the window back after the call */
};

struct pel_emu_order_map {
	uint64_t serial, bytes;
	uint32_t check_slack, unused;
};

/* Each entry of `maps` comes with a descriptor, in the same order. */
struct pel_emu_order {
	uint32_t kind;
	uint32_t n_args, n_maps, unused;
	uint64_t serial; /* UNMAP: of the buffer to unmap */
	struct pel_emu_order_arg args[PEL_EMU_ARGS_MAX];
	struct pel_emu_order_map maps[PEL_EMU_ARGS_MAX];
};

/* A worker sends this once: whether it has loaded the library. */
struct pel_emu_hello {
	int32_t code; /* 0, or a negative errno */
	char text[252];
};

#endif
