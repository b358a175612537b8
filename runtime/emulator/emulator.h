/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMULATOR_H
#define PEL_EMULATOR_H

#include "emulator-model.h"

/*
 * An emulated device: memory, compute units with their registers, and what becomes of kernels that misbehave. Knows nothing of how a host talks to it.
 *
 * It belongs to the supervisor, a process of one thread that never runs what users wrote and that nothing they write can end. Each compute unit
 * has a worker process, forked from it, with the kernel library to itself; a worker that dies in a call, or has to be killed, is
 * replaced, and the call counts as done and faulted. Static variables of the kernel are then as at load, other compute units go on undisturbed.
 */
/* 0 and *ret, or -ENOMEM. */
int pel_emu_create(const struct pel_emu_options *options, struct pel_emu **ret);
void pel_emu_destroy(struct pel_emu *emu);
struct pel_emu_memory *pel_emu_memory(struct pel_emu *emu);

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

#endif
