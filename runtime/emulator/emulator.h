/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMULATOR_H
#define PEL_EMULATOR_H

#include "emulator-model.h"

/*
 * An emulated device: memory, compute units with their registers, and the handling of kernels that misbehave. This part does not know how a
 * host talks to it.
 *
 * It is owned by the supervisor, a single-threaded process that never runs user code, so no kernel can end it. Each compute unit has a worker
 * process, forked from the supervisor, with its own copy of the kernel library. A worker that dies in a call, or has to be killed, is
 * replaced, and the call counts as done with a fault. The kernel's static variables are then as after loading; other compute units are not
 * affected.
 */
/* 0 and *ret, or -ENOMEM. */
int pel_emu_create(const struct pel_emu_options *options, struct pel_emu **ret);
void pel_emu_destroy(struct pel_emu *emu);
struct pel_emu_memory *pel_emu_memory(struct pel_emu *emu);

/*
 * Replace the loaded program by the one with metadata in file `xml` and kernels in file `library`. Empty paths: only unload.
 * Returns 0, or a negative errno after writing the reason to standard error.
 */
int pel_emu_load(struct pel_emu *emu, const char *xml, const char *library);
void pel_emu_unload(struct pel_emu *emu);

/* Free `buffer`, and unmap it in workers. */
void pel_emu_release(struct pel_emu *emu, struct pel_emu_buffer *buffer);
/* Make workers unmap `buffer`, before it gets other memory. */
void pel_emu_unmap(struct pel_emu *emu, const struct pel_emu_buffer *buffer);

#endif
