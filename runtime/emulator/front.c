/* SPDX-License-Identifier: Apache-2.0 */
#include "front.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "cu.h"
#include "front-stream.h"
#include "report.h"
#include "wire.h"

#define LARGE_LIMIT    ((uint64_t)1 << 20) /* of a message that is read as a whole; longer ones are not valid */
#define PATH_BYTES     4096
#define NOT_UNDERSTOOD "the device model received a message from XRT that it does not understand"
#define DIRECT_BYTES \
	16384 /* copies up to this size go through a buffer, larger ones directly to and from device memory */

struct front {
	struct pel_emu *emu;
	struct pel_front_stream stream;
	unsigned char *message; /* grows */
	size_t message_capacity;
	unsigned char out[DIRECT_BYTES + 256];
	struct pel_wire_reply reply;
};

/* ---- replies ---- */

static void send_reply(struct front *front, void *more, size_t more_bytes)
{
	struct iovec parts[2];

	if (pel_emu_is_broken(front->emu))
		return; /* XRT would take a refusal for data */
	pel_wire_reply_end(&front->reply, more_bytes);
	parts[0] = (struct iovec){ front->reply.bytes, front->reply.used };
	parts[1] = (struct iovec){ more, more_bytes };
	pel_front_send(&front->stream, parts, more_bytes ? 2 : 1);
}

static void answer(struct front *front, uint64_t value)
{
	pel_wire_put_number(&front->reply, 1, value);
}

/* ---- memory ---- */

static void serve_alloc(struct front *front, const struct pel_wire_message *m)
{
	struct pel_emu_memory *memory = pel_emu_memory(front->emu);
	struct pel_emu_buffer *buffer;
	char path[64];
	int r = pel_emu_memory_add(memory, m->number[1], m->number[2], &buffer);

	pel_emu_log(front->emu, "buffer of %llu bytes at 0x%llx%s%s", (unsigned long long)m->number[2],
		    (unsigned long long)m->number[1], r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
	answer(front, r == 0);
	if (r < 0 && r != -EINVAL && r != -EEXIST)
		pel_emu_break(front->emu, r, "the device model cannot make a buffer of %llu bytes",
			      (unsigned long long)m->number[2]);
	if (r < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(), buffer->fd);
	pel_wire_put_bytes(&front->reply, 2, path, strlen(path));
}

/* The buffer that starts at `address`. */
static struct pel_emu_buffer *buffer_at(struct front *front, uint64_t address)
{
	struct pel_emu_buffer *buffer = pel_emu_memory_find(pel_emu_memory(front->emu), address, 0);

	return buffer && buffer->address == address ? buffer : NULL;
}

static void serve_free(struct front *front, const struct pel_wire_message *m)
{
	struct pel_emu_buffer *buffer = buffer_at(front, m->number[1]);

	pel_emu_log(front->emu, "buffer at 0x%llx is freed", (unsigned long long)m->number[1]);
	if (buffer)
		pel_emu_release(front->emu, buffer);
	answer(front, buffer != NULL);
}

static void break_copy(struct front *front, int code, bool to_device)
{
	pel_emu_break(front->emu, code,
		      to_device ? "the device model cannot write to a buffer"
				: "the device model cannot read a buffer");
}

static void serve_small_put(struct front *front, const struct pel_wire_message *m)
{
	struct pel_emu_buffer *buffer =
		pel_emu_memory_find(pel_emu_memory(front->emu), m->number[3], m->length[4]);

	int r = buffer ? pel_emu_buffer_write(buffer, m->number[3] - buffer->address, m->bytes[4], m->length[4])
		       : 0;

	if (r < 0)
		break_copy(front, r, true);
	answer(front, buffer ? m->length[4] : 0);
}

/*
 * Receive the data of a large copy to the device directly into the buffer. `head` has the first `have` bytes of the message. False: the message
 * has another layout, and nothing has been done.
 */
static bool serve_large_put(struct front *front, uint64_t size, const unsigned char *head, size_t have)
{
	struct pel_wire_message m;
	struct pel_emu_buffer *buffer;
	unsigned char *map;
	uint64_t length, done;
	size_t at;
	int r;

	if (!pel_wire_decode_until(head, have, size, 4, &m, &at, &length) || !pel_wire_has_number(&m, 3) ||
	    length < have - at)
		return false;
	done = have - at;
	buffer = pel_emu_memory_find(pel_emu_memory(front->emu), m.number[3], length);
	map = buffer ? pel_emu_buffer_map(buffer) : NULL;
	r = map ? pel_emu_buffer_write(buffer, m.number[3] - buffer->address, head + at, (size_t)done) : -errno;
	if (buffer && r < 0)
		break_copy(front, r, true);
	if (!buffer || r < 0) {
		pel_front_skip(&front->stream, size - have);
		answer(front, 0);
		return true;
	}
	pel_front_receive(&front->stream, map + (m.number[3] - buffer->address) + done,
			  (size_t)(length - done));
	pel_front_skip(&front->stream, size - at - length);
	answer(front, length);
	return true;
}

static void serve_get(struct front *front, const struct pel_wire_message *m)
{
	struct pel_emu_buffer *buffer =
		pel_emu_memory_find(pel_emu_memory(front->emu), m->number[4], m->number[5]);
	uint64_t offset = buffer ? m->number[4] - buffer->address : 0;
	size_t size = buffer ? (size_t)m->number[5] : 0;
	unsigned char small[DIRECT_BYTES], *from = small;
	int r = 0;

	if (size > sizeof(small)) {
		unsigned char *map = pel_emu_buffer_map(buffer);

		from = map ? map + offset : NULL;
		r = map ? 0 : -errno;
	} else if (size) {
		r = pel_emu_buffer_read(buffer, offset, small, size);
	}
	if (r < 0)
		break_copy(front, r, false);
	answer(front, size);
	pel_wire_put_length(&front->reply, 2, size);
	send_reply(front, from, size);
}

static void serve_copy(struct front *front, const struct pel_wire_message *m, bool to_file)
{
	struct pel_emu_memory *memory = pel_emu_memory(front->emu);
	uint64_t at = to_file ? m->number[4] : m->number[5], file_at = to_file ? m->number[5] : m->number[4];
	struct pel_emu_buffer *buffer = NULL;
	char path[PATH_BYTES];
	bool ok = pel_wire_string(m, 2, path, sizeof(path)) && m->number[1] + at >= at &&
		  file_at < INT64_MAX / 2;
	int r = -EINVAL;

	if (ok)
		buffer = pel_emu_memory_find(memory, m->number[1] + at, m->number[3]);
	if (buffer)
		r = pel_emu_buffer_copy(buffer, m->number[1] + at - buffer->address, path, file_at,
					m->number[3], to_file);
	if (buffer && r < 0)
		break_copy(front, r, !to_file);
	answer(front, r == 0);
}

static void serve_import(struct front *front, const struct pel_wire_message *m)
{
	struct pel_emu_buffer *buffer = buffer_at(front, m->number[2]);
	char path[PATH_BYTES];
	int r = -EINVAL;

	if (buffer && pel_wire_string(m, 1, path, sizeof(path))) {
		pel_emu_unmap(front->emu, buffer);
		r = pel_emu_memory_import(pel_emu_memory(front->emu), buffer, path, m->number[3]);
		if (r < 0)
			pel_emu_break(front->emu, r, "the device model cannot import %s", path);
		pel_emu_log(front->emu, "buffer at 0x%llx becomes %s%s%s", (unsigned long long)m->number[2],
			    path, r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
	}
	answer(front, r == 0);
}

/* ---- the program ---- */

static void serve_load(struct front *front, const struct pel_wire_message *m)
{
	char xml[PATH_BYTES], library[PATH_BYTES];
	bool ok = pel_wire_string(m, 1, xml, sizeof(xml)) && pel_wire_string(m, 2, library, sizeof(library));

	if (ok) {
		pel_emu_log(front->emu, "load %s", library);
		ok = pel_emu_load(front->emu, xml, library) == 0;
	}
	answer(front, ok);
}

static void serve_write(struct front *front, uint64_t address, const struct pel_wire_message *m, unsigned field)
{
	bool ok = pel_wire_has_bytes(m, field) &&
		  pel_emu_write_registers(front->emu, address, m->bytes[field], m->length[field]);

	answer(front, ok);
}

static void serve_read(struct front *front, uint64_t address, uint64_t size)
{
	unsigned char bytes[DIRECT_BYTES];
	bool ok;

	/* Send so many bytes even if the address is not valid: the host copies them in any case. */
	if (size > sizeof(bytes))
		size = sizeof(bytes);
	ok = pel_emu_read_registers(front->emu, address, bytes, (size_t)size);
	answer(front, ok);
	pel_wire_put_bytes(&front->reply, 2, bytes, (size_t)size);
}

static uint64_t device_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* False: the message is of another kind. */
static bool serve_registers(struct front *front, uint32_t id, const struct pel_wire_message *m)
{
	switch (id) {
	case PEL_WIRE_WRITE_CONTROL:
		serve_write(front, m->number[2], m, 4);
		return true;
	case PEL_WIRE_READ_CONTROL:
		serve_read(front, m->number[2], m->number[3]);
		return true;
	case PEL_WIRE_WRITE_REGISTER:
		serve_write(front, m->number[1] + m->number[2], m, 3);
		return true;
	case PEL_WIRE_READ_REGISTER:
		serve_read(front, m->number[1] + m->number[2], m->number[3]);
		return true;
	default:
		return false;
	}
}

/* False: the host has closed the connection. */
static bool serve_message(struct front *front, uint32_t id, const struct pel_wire_message *m)
{
	switch (id) {
	case PEL_WIRE_CLOSE:
		answer(front, 1);
		if (m->number[3])
			return false;
		pel_emu_unload(front->emu);
		return true;
	case PEL_WIRE_LOAD:
		serve_load(front, m);
		return true;
	case PEL_WIRE_ALLOC:
		serve_alloc(front, m);
		return true;
	case PEL_WIRE_FREE:
		serve_free(front, m);
		return true;
	case PEL_WIRE_PUT:
		serve_small_put(front, m);
		return true;
	case PEL_WIRE_COPY_TO_FILE:
	case PEL_WIRE_COPY_FROM_FILE:
		serve_copy(front, m, id == PEL_WIRE_COPY_TO_FILE);
		return true;
	case PEL_WIRE_IMPORT:
		serve_import(front, m);
		return true;
	case PEL_WIRE_SET_UP:
	case PEL_WIRE_VERSION:
	case PEL_WIRE_ENVIRONMENT:
		answer(front, 1);
		return true;
	case PEL_WIRE_DEVICE_TIME:
		answer(front, device_time());
		return true;
	case PEL_WIRE_DEBUG_MESSAGES:
		return true;
	default:
		if (!serve_registers(front, id, m)) {
			pel_emu_log(front->emu, "message %u is unknown", id);
			answer(front, 0);
		}
		return true;
	}
}

/* ---- messages ---- */

/* Set absent fields to zero. */
static void complete(struct pel_wire_message *m)
{
	for (unsigned i = 0; i < PEL_WIRE_FIELDS; i++) {
		if (!pel_wire_has_number(m, i))
			m->number[i] = 0;
		if (!pel_wire_has_bytes(m, i)) {
			m->length[i] = 0;
			m->bytes[i] = NULL;
		}
	}
}

/* A request to copy from the device begins with as many dummy bytes as it requests. Skip them and read what follows. */
static bool serve_get_message(struct front *front, uint64_t size)
{
	unsigned char head[256];
	struct pel_wire_message m, tail;
	size_t have = size < sizeof(head) ? (size_t)size : sizeof(head), kept = 0, at;
	uint64_t length;

	if (!pel_front_receive(&front->stream, head, have))
		return false;
	if (size > have && pel_wire_decode_until(head, have, size, 3, &m, &at, &length) &&
	    size - at - length <= sizeof(head)) {
		if (length < have - at) { /* the head already has some of what follows */
			kept = have - at - (size_t)length;
			memmove(head, head + at + length, kept);
		} else {
			pel_front_skip(&front->stream, length - (have - at));
		}
		have = (size_t)(size - at - length);
		if (!pel_front_receive(&front->stream, head + kept, have - kept))
			return false;
	} else if (size > have) {
		pel_front_skip(&front->stream, size - have);
		have = 0;
	}
	if (pel_wire_decode(head, have, &tail) < 0)
		tail.has_number = 0;
	complete(&tail);
	serve_get(front, &tail);
	return true;
}

static bool read_message(struct front *front, uint64_t size, size_t have)
{
	if (size > LARGE_LIMIT) {
		pel_front_skip(&front->stream, size - have);
		return false;
	}
	if (pel_grow(&front->message, &front->message_capacity, (size_t)size, 1) < 0) {
		pel_emu_break(front->emu, -ENOMEM, "the device model has no memory for a message of %llu bytes",
			      (unsigned long long)size);
		return false;
	}
	return pel_front_receive(&front->stream, front->message + have, (size_t)size - have);
}

/* Serve one request. False: it was the last. */
static bool serve_one(struct front *front, const struct pel_wire_header *header)
{
	struct pel_wire_message m;
	size_t have = 0;
	bool more;

	pel_wire_reply_init(&front->reply, front->out, sizeof(front->out));
	if (header->id == PEL_WIRE_GET)
		return serve_get_message(front, header->size);
	if (header->id == PEL_WIRE_PUT && header->size > DIRECT_BYTES) {
		have = 64;
		if (pel_grow(&front->message, &front->message_capacity, have, 1) < 0 ||
		    !pel_front_receive(&front->stream, front->message, have))
			return false;
		if (serve_large_put(front, header->size, front->message, have)) {
			send_reply(front, NULL, 0);
			return true;
		}
	}
	if (!read_message(front, header->size, have) ||
	    pel_wire_decode(front->message, (size_t)header->size, &m) < 0) {
		if (!front->stream.gone)
			pel_emu_break(front->emu, 0, NOT_UNDERSTOOD);
		return false;
	}
	complete(&m);
	more = serve_message(front, header->id, &m);
	send_reply(front, NULL, 0);
	return more;
}

void pel_front_serve(struct pel_emu *emu, int fd)
{
	struct front front = { .emu = emu };
	unsigned char bytes[PEL_WIRE_HEADER_BYTES];
	struct pel_wire_header header;

	pel_front_stream_init(&front.stream, emu, fd);
	while (!pel_emu_is_broken(emu) && pel_front_receive(&front.stream, bytes, sizeof(bytes))) {
		if (!pel_wire_read_header(bytes, &header))
			pel_emu_break(emu, 0, NOT_UNDERSTOOD);
		else if (!serve_one(&front, &header))
			break;
		pel_front_message_end(&front.stream);
		pel_emu_tick(emu);
	}
	pel_free(front.message);
}
