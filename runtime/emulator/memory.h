/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_MEMORY_H
#define PEL_MEMORY_H

#include "metadata.h"

/*
 * The memory of an emulated device: a memfd for each buffer that the host has made. The supervisor accesses buffers through system calls only,
 * so that a truncated file causes an error and not SIGBUS.
 */
struct pel_emu_buffer {
	uint64_t address, bytes; /* as the host asked for */
	uint64_t serial;	 /* identifies this memory; never used again */
	int fd;
	bool foreign; /* the host's own file: bytes after the buffer are not checked */
	void *map;    /* the supervisor's mapping, for large copies; NULL: not mapped yet */
	uint64_t mapped[PEL_EMU_CUS_MAX / 64]; /* one bit for each compute unit: its worker has the buffer mapped */
};

struct pel_emu_memory {
	struct pel_emu_buffer *buffers; /* sorted by address; they do not overlap */
	size_t count, capacity;
	uint64_t last_serial;
};

/* The bytes after a buffer, up to the end of its last page, are filled with this, and checked after each call. */
#define PEL_EMU_CANARY 0xa5
uint64_t pel_emu_round_up(uint64_t bytes); /* to whole pages */

/* Add a buffer. 0 and *ret, valid until the next change; -EINVAL: not a valid range; -EEXIST: overlaps a buffer; or a system error. */
int pel_emu_memory_add(struct pel_emu_memory *memory, uint64_t address, uint64_t bytes,
		       struct pel_emu_buffer **ret);
void pel_emu_memory_remove(struct pel_emu_memory *memory, struct pel_emu_buffer *buffer);
/* Make file `path`, which has at least `bytes`, the memory of `buffer`. */
int pel_emu_memory_import(struct pel_emu_memory *memory, struct pel_emu_buffer *buffer, const char *path,
			  uint64_t bytes);
/* The buffer that contains [address, address + bytes); NULL: none. Any values are allowed. */
struct pel_emu_buffer *pel_emu_memory_find(const struct pel_emu_memory *memory, uint64_t address,
					   uint64_t bytes);
/* The supervisor's mapping of a whole buffer; pass it to system calls only. NULL: cannot be mapped, see errno. */
void *pel_emu_buffer_map(struct pel_emu_buffer *buffer);
/* Access all of [offset, offset + size), which must be inside the buffer. 0 or a negative errno. */
int pel_emu_buffer_write(const struct pel_emu_buffer *buffer, uint64_t offset, const void *bytes, size_t size);
int pel_emu_buffer_read(const struct pel_emu_buffer *buffer, uint64_t offset, void *bytes, size_t size);
/* Copy between a buffer, from `offset`, and a file. 0, or a negative errno: only a part was copied. */
int pel_emu_buffer_copy(struct pel_emu_buffer *buffer, uint64_t offset, const char *path,
			uint64_t file_offset, uint64_t bytes, bool to_file);
void pel_emu_memory_fini(struct pel_emu_memory *memory);

#endif
