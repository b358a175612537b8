/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "interrupted.h"

#define PAGE_BYTES 4096u /* XRT's buffers have this alignment, whatever the machine's page size */

uint64_t pel_emu_round_up(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

/* Index of the first buffer that begins after `address`. */
static size_t after(const struct pel_emu_memory *memory, uint64_t address)
{
	size_t low = 0, high = memory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory->buffers[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct pel_emu_buffer *pel_emu_memory_find(const struct pel_emu_memory *memory, uint64_t address, uint64_t bytes)
{
	size_t next = after(memory, address);
	struct pel_emu_buffer *buffer = next ? &memory->buffers[next - 1] : NULL;
	uint64_t offset = buffer ? address - buffer->address : 0;

	if (!buffer || offset >= buffer->bytes || bytes > buffer->bytes - offset)
		return NULL;
	return buffer;
}

/* Account for the result of one read or write. A short file gives 0 bytes without an errno: that is -EIO. */
static int step(ssize_t n, size_t *done, unsigned *interrupted)
{
	if (n > 0) {
		*done += (size_t)n;
		return 0;
	}
	return n == 0 ? -EIO : pel_interrupted(interrupted) ? 0 : -errno;
}

static int write_all(int fd, const void *bytes, size_t size, uint64_t offset)
{
	unsigned interrupted = 0;
	int r = 0;

	for (size_t done = 0; done < size && r == 0;)
		r = step(pwrite(fd, (const unsigned char *)bytes + done, size - done, (off_t)(offset + done)),
			 &done, &interrupted);
	return r;
}

static int read_all(int fd, void *bytes, size_t size, uint64_t offset)
{
	unsigned interrupted = 0;
	int r = 0;

	for (size_t done = 0; done < size && r == 0;)
		r = step(pread(fd, (unsigned char *)bytes + done, size - done, (off_t)(offset + done)), &done,
			 &interrupted);
	return r;
}

static int make_file(uint64_t bytes)
{
	unsigned char canary[PAGE_BYTES];
	uint64_t whole = pel_emu_round_up(bytes);
	size_t slack = (size_t)(whole - bytes);
	int fd = memfd_create("pelton-buffer", MFD_CLOEXEC), r = 0;
	unsigned interrupted = 0;

	if (fd < 0)
		return -errno;
	memset(canary, PEL_EMU_CANARY, slack);
	do
		r = ftruncate(fd, (off_t)whole) < 0 ? -errno : 0;
	while (r < 0 && pel_interrupted(&interrupted));
	if (r == 0)
		r = write_all(fd, canary, slack, bytes);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

int pel_emu_memory_add(struct pel_emu_memory *memory, uint64_t address, uint64_t bytes,
		       struct pel_emu_buffer **ret)
{
	size_t at = after(memory, address);
	const struct pel_emu_buffer *before = at ? &memory->buffers[at - 1] : NULL;
	const struct pel_emu_buffer *next = at < memory->count ? &memory->buffers[at] : NULL;
	int fd;

	if (bytes == 0 || bytes > INT64_MAX / 2 || address > INT64_MAX / 2)
		return -EINVAL;
	if ((before && address - before->address < before->bytes) || (next && next->address - address < bytes))
		return -EEXIST;
	if (pel_grow(&memory->buffers, &memory->capacity, memory->count + 1, sizeof(*memory->buffers)) < 0)
		return -ENOMEM;
	fd = make_file(bytes);
	if (fd < 0)
		return fd;
	memmove(&memory->buffers[at + 1], &memory->buffers[at],
		(memory->count - at) * sizeof(*memory->buffers));
	memory->count++;
	memory->buffers[at] = (struct pel_emu_buffer){
		.address = address, .bytes = bytes, .serial = ++memory->last_serial, .fd = fd
	};
	*ret = &memory->buffers[at];
	return 0;
}

static void forget_file(struct pel_emu_buffer *buffer)
{
	if (buffer->map)
		munmap(buffer->map, (size_t)pel_emu_round_up(buffer->bytes));
	buffer->map = NULL;
	close(buffer->fd);
}

void pel_emu_memory_remove(struct pel_emu_memory *memory, struct pel_emu_buffer *buffer)
{
	size_t at = (size_t)(buffer - memory->buffers);

	forget_file(buffer);
	memory->count--;
	memmove(buffer, buffer + 1, (memory->count - at) * sizeof(*buffer));
}

/* Only regular files are accepted, because opening and reading them does not block. */
static int open_regular(const char *path, uint64_t bytes)
{
	unsigned interrupted = 0;
	struct stat status;
	int fd;

	do
		fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd < 0 && pel_interrupted(&interrupted));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (uint64_t)status.st_size >= bytes)
		return fd;
	close(fd);
	return -EINVAL;
}

int pel_emu_memory_import(struct pel_emu_memory *memory, struct pel_emu_buffer *buffer, const char *path,
			  uint64_t bytes)
{
	int fd = open_regular(path, bytes > buffer->bytes ? bytes : buffer->bytes);

	if (fd < 0)
		return fd;
	forget_file(buffer);
	buffer->fd = fd;
	buffer->foreign = true;
	buffer->serial = ++memory->last_serial;
	memset(buffer->mapped, 0, sizeof(buffer->mapped));
	return 0;
}

void *pel_emu_buffer_map(struct pel_emu_buffer *buffer)
{
	size_t bytes = (size_t)pel_emu_round_up(buffer->bytes);

	if (!buffer->map) {
		void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);

		if (map == MAP_FAILED)
			return NULL;
		/* Workers must not inherit this mapping: each makes its own, with guards. */
		madvise(map, bytes, MADV_DONTFORK);
		buffer->map = map;
	}
	return buffer->map;
}

int pel_emu_buffer_write(const struct pel_emu_buffer *buffer, uint64_t offset, const void *bytes, size_t size)
{
	return write_all(buffer->fd, bytes, size, offset);
}

int pel_emu_buffer_read(const struct pel_emu_buffer *buffer, uint64_t offset, void *bytes, size_t size)
{
	return read_all(buffer->fd, bytes, size, offset);
}

int pel_emu_buffer_copy(struct pel_emu_buffer *buffer, uint64_t offset, const char *path,
			uint64_t file_offset, uint64_t bytes, bool to_file)
{
	uint64_t from_at = to_file ? offset : file_offset, to_at = to_file ? file_offset : offset;
	int fd = open_regular(path, 0), from = to_file ? buffer->fd : fd, to = to_file ? fd : buffer->fd, r = 0;
	static unsigned char piece[65536]; /* one thread uses it */

	if (fd < 0)
		return fd;
	for (uint64_t done = 0; done < bytes && r == 0;) {
		size_t n = bytes - done < sizeof(piece) ? (size_t)(bytes - done) : sizeof(piece);

		r = read_all(from, piece, n, from_at + done);
		if (r == 0)
			r = write_all(to, piece, n, to_at + done);
		done += n;
	}
	close(fd);
	return r;
}

void pel_emu_memory_fini(struct pel_emu_memory *memory)
{
	for (size_t i = 0; i < memory->count; i++)
		forget_file(&memory->buffers[i]);
	pel_free(memory->buffers);
	*memory = (struct pel_emu_memory){ 0 };
}
