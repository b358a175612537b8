/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMULATOR_H
#define PEL_EMULATOR_H

#include "events.h"
#include "memory.h"

/*
 * An emulated device: memory, compute units with their registers, and what becomes of kernels that misbehave. Knows nothing of how a host talks to it.
 *
 * It belongs to the supervisor, a process of one thread that never runs what users wrote and that nothing they write can end. Each compute unit
 * has a worker process, forked from it, with the kernel library to itself; a worker that dies in a call, or has to be killed, is
 * replaced, and the call counts as done and faulted. Static variables of the kernel are then as at load, other compute units go on undisturbed.
 */
struct pel_emu;

struct pel_emu_options {
	uint64_t timeout_ms;	   /* of one call; 0: none */
	bool quiet;		   /* no faults on standard error */
	bool log;		   /* what happens, on standard error */
	unsigned units_max;	   /* compute units that the host's XRT keeps apart */
	bool wait;		   /* each worker waits for a debugger; no time limit then */
	struct pel_events *events; /* borrowed */
	int windows;		   /* socket of windows.h; -1: nobody tells of windows */
};

/* 0 and *ret, or -ENOMEM. */
int pel_emu_create(const struct pel_emu_options *options, struct pel_emu **ret);
void pel_emu_destroy(struct pel_emu *emu);
struct pel_emu_memory *pel_emu_memory(struct pel_emu *emu);

/*
 * Look after workers, time limits and signs of life; to be called at least every 100 ms, and soon after a SIGCHLD.
 */
void pel_emu_tick(struct pel_emu *emu);

/*
 * Take the program that the metadata in file `xml` and the kernels in file `library` make, instead of the one at hand. Empty paths: none.
 * 0, or a negative errno, after having said why on standard error.
 */
int pel_emu_load(struct pel_emu *emu, const char *xml, const char *library);
void pel_emu_unload(struct pel_emu *emu);

/* Free `buffer`, in workers too. */
void pel_emu_release(struct pel_emu *emu, struct pel_emu_buffer *buffer);
/* Let workers forget what `buffer` was, before it becomes something else. */
void pel_emu_unmap(struct pel_emu *emu, const struct pel_emu_buffer *buffer);

/* Registers by their address. False: there is no compute unit. What lies outside of its window is left out, or read as zero. */
bool pel_emu_write_registers(struct pel_emu *emu, uint64_t address, const unsigned char *bytes, size_t size);
bool pel_emu_read_registers(struct pel_emu *emu, uint64_t address, unsigned char *bytes, size_t size);

/*
 * Something has failed that XRT cannot be told of, or does not listen to: say so, on standard error and to whoever started the host. From then on
 * nothing that the device would answer is worth anything. The first one counts. `code`: a negative errno, 0: none.
 */
void pel_emu_break(struct pel_emu *emu, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
bool pel_emu_is_broken(const struct pel_emu *emu);

/* A line on standard error, where that is wanted. */
void pel_emu_log(const struct pel_emu *emu, const char *fmt, ...) PEL_PRINTF(2, 3);

#endif
