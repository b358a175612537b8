/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_MEMORY_H
#define PEL_MEMORY_H

#include "metadata.h"

/*
 * The memory of an emulated device: a memfd for each buffer that the host has made. The supervisor touches buffers by system calls only, so that a
 * file that somebody has cut short is an error and no signal.
 */
struct pel_emu_buffer {
	uint64_t address, bytes; /* as the host asked for */
	uint64_t serial;	 /* of this memory: no other has had it */
	int fd;
	bool foreign; /* somebody else's file: nothing is known of what follows the buffer in it */
	void *map;    /* the supervisor's, for large copies; NULL: not made yet */
	uint64_t mapped[PEL_EMU_CUS_MAX / 64]; /* a bit a compute unit whose worker has it mapped */
};

struct pel_emu_memory {
	struct pel_emu_buffer *buffers; /* by address; they do not overlap */
	size_t count, capacity;
	uint64_t last_serial;
};

/* What follows a buffer up to the end of its last page is filled with this, and looked at after each call. */
#define PEL_EMU_CANARY 0xa5
uint64_t pel_emu_round_up(uint64_t bytes); /* to whole pages */

/* 0 and *ret, valid until the next change; -EINVAL: nothing that can be a buffer; -EEXIST: there is one; or what the system said. */
int pel_emu_memory_add(struct pel_emu_memory *memory, uint64_t address, uint64_t bytes,
		       struct pel_emu_buffer **ret);
void pel_emu_memory_remove(struct pel_emu_memory *memory, struct pel_emu_buffer *buffer);
/* Let `buffer` be the contents of file `path`, which has at least `bytes`. */
int pel_emu_memory_import(struct pel_emu_memory *memory, struct pel_emu_buffer *buffer, const char *path,
			  uint64_t bytes);
/* The buffer that [address, address + bytes) lies in; NULL: none. Address and length may be anything. */
struct pel_emu_buffer *pel_emu_memory_find(const struct pel_emu_memory *memory, uint64_t address,
					   uint64_t bytes);
/* The supervisor's view of a whole buffer; to be given to system calls only. NULL: cannot be mapped, errno says why. */
void *pel_emu_buffer_map(struct pel_emu_buffer *buffer);
/* All of [offset, offset + size), which lies in the buffer. 0 or a negative errno. */
int pel_emu_buffer_write(const struct pel_emu_buffer *buffer, uint64_t offset, const void *bytes, size_t size);
int pel_emu_buffer_read(const struct pel_emu_buffer *buffer, uint64_t offset, void *bytes, size_t size);
/* Copy between a buffer, from `offset`, and a file. 0 or a negative errno: not all of it. */
int pel_emu_buffer_copy(struct pel_emu_buffer *buffer, uint64_t offset, const char *path,
			uint64_t file_offset, uint64_t bytes, bool to_file);
void pel_emu_memory_fini(struct pel_emu_memory *memory);

#endif
