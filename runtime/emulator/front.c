/* SPDX-License-Identifier: Apache-2.0 */
#include "front.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define SMALL_BYTES    4096		   /* of a message that is looked at as a whole */
#define LARGE_LIMIT    ((uint64_t)1 << 20) /* of a register write; longer messages are not what they seem */
#define TICK_US	       50000
#define STUCK_TICKS    100 /* without a byte of a message that has begun */
#define PATH_BYTES     4096
#define NOT_UNDERSTOOD "the device model does not understand what XRT sends"
#define DIRECT_BYTES \
	16384 /* copies up to here go through a buffer, larger ones straight to and from device memory */

struct front {
	struct pel_emu *emu;
	int fd;
	pid_t host;
	bool gone; /* the host */
	bool in_message;
	unsigned silent_ticks; /* in it. Ticks, so that a machine or a process that was stopped counts for nothing */
	unsigned char in[SMALL_BYTES + PEL_WIRE_HEADER_BYTES];
	size_t in_at, in_end;	/* received and not yet used */
	unsigned char *message; /* grows */
	size_t message_capacity;
	unsigned char out[DIRECT_BYTES + 256];
	struct pel_wire_reply reply;
};

/* ---- bytes ---- */

/* Is it in the hands of a debugger, or of a shell? */
static bool host_is_stopped(const struct front *front)
{
	char path[64], line[512], *end;
	FILE *file;
	bool stopped = false;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)front->host);
	file = fopen(path, "re");
	/* "PID (NAME) STATE ..." */
	if (file && fgets(line, sizeof(line), file) && (end = strrchr(line, ')')) && end[1])
		stopped = end[2] == 'T' || end[2] == 't';
	if (file)
		fclose(file);
	return stopped;
}

/*
 * Where XRT has failed to send all of a message it waits for the answer to it, and the model for the rest: for ever.
 */
static void watch_message(struct front *front)
{
	if (!front->in_message || ++front->silent_ticks < STUCK_TICKS)
		return;
	front->silent_ticks = 0;
	if (!host_is_stopped(front))
		pel_emu_break(front->emu, 0, "XRT has not sent all of a message to the device model");
}

/*
 * What came of a system call on the socket. Something may have happened meanwhile: a worker has died, time is up. True: try again. That the host
 * has left is no failure; anything else is.
 */
static bool interrupted(struct front *front, ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		pel_emu_tick(front->emu);
		/* A child of the host may keep the socket open after the host's end. */
		front->gone = front->gone || getppid() != front->host;
		return true;
	}
	if (n < 0 && errno != EPIPE && errno != ECONNRESET)
		pel_emu_break(front->emu, -errno, "the device model cannot speak with XRT");
	return false;
}

/* Exactly `size` bytes into `bytes`. What the socket delivers is more than asked for only if that goes into front->in. */
static bool receive(struct front *front, void *bytes, size_t size)
{
	unsigned char *to = bytes;

	while (size && !front->gone && !pel_emu_is_broken(front->emu)) {
		size_t have = front->in_end - front->in_at;
		bool silent;
		ssize_t n;

		if (have) {
			if (have > size)
				have = size;
			memcpy(to, front->in + front->in_at, have);
			front->in_at += have;
			to += have;
			size -= have;
			continue;
		}
		if (size >= SMALL_BYTES) {
			n = recv(front->fd, to, size, 0);
		} else {
			n = recv(front->fd, front->in, sizeof(front->in), 0);
			front->in_at = 0;
			front->in_end = n > 0 ? (size_t)n : 0;
		}
		silent = n < 0 && errno == EAGAIN;
		if (interrupted(front, n)) {
			if (silent)
				watch_message(front);
			continue;
		}
		if (n <= 0)
			front->gone = true;
		else if (size >= SMALL_BYTES) {
			to += n;
			size -= (size_t)n;
		}
		front->in_message = true;
		front->silent_ticks = 0;
	}
	return size == 0;
}

static void swallow(struct front *front, uint64_t size)
{
	static unsigned char drain[1 << 17];

	while (size && !front->gone && !pel_emu_is_broken(front->emu)) {
		size_t n = size < sizeof(drain) ? (size_t)size : sizeof(drain);

		receive(front, drain, n);
		size -= n;
	}
}

static void send_parts(struct front *front, struct iovec *parts, int n_parts)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)n_parts };

	while (message.msg_iovlen && !front->gone && !pel_emu_is_broken(front->emu)) {
		ssize_t n = sendmsg(front->fd, &message, MSG_NOSIGNAL);

		if (interrupted(front, n))
			continue;
		if (n < 0) {
			front->gone = true;
			return;
		}
		while (message.msg_iovlen && (size_t)n >= message.msg_iov->iov_len) {
			n -= (ssize_t)message.msg_iov->iov_len;
			message.msg_iov++;
			message.msg_iovlen--;
		}
		if (message.msg_iovlen) {
			message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + n;
			message.msg_iov->iov_len -= (size_t)n;
		}
		parts = message.msg_iov;
	}
}

static void send_reply(struct front *front, void *more, size_t more_bytes)
{
	struct iovec parts[2];

	if (pel_emu_is_broken(front->emu))
		return; /* XRT takes a refusal for data */
	pel_wire_reply_end(&front->reply, more_bytes);
	parts[0] = (struct iovec){ front->reply.bytes, front->reply.used };
	parts[1] = (struct iovec){ more, more_bytes };
	send_parts(front, parts, more_bytes ? 2 : 1);
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

/* The buffer that begins at `address`. */
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
 * The bytes of a long copy to the device go from the socket to where they belong. `head` is the beginning of the message, of which the
 * data begin at `at`. False: the message is built in another way, and nothing has been done.
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
		swallow(front, size - have);
		answer(front, 0);
		return true;
	}
	receive(front, map + (m.number[3] - buffer->address) + done, (size_t)(length - done));
	swallow(front, size - at - length);
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

	/* Valid or not: the host copies so many bytes. */
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

/* False: the host has taken its leave. */
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
		pel_emu_log(front->emu, "message %u is not known", id);
		answer(front, 0);
		return true;
	}
}

/* ---- messages ---- */

/* Fields that are absent read as zero. */
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

/*
 * A request to copy from the device begins with as many bytes as it wants, which mean nothing: only what follows them is read.
 */
static bool serve_get_message(struct front *front, uint64_t size)
{
	unsigned char head[256];
	struct pel_wire_message m, tail;
	size_t have = size < sizeof(head) ? (size_t)size : sizeof(head), kept = 0, at;
	uint64_t length;

	if (!receive(front, head, have))
		return false;
	if (size > have && pel_wire_decode_until(head, have, size, 3, &m, &at, &length) &&
	    size - at - length <= sizeof(head)) {
		if (length < have - at) { /* what follows them begins in the head already */
			kept = have - at - (size_t)length;
			memmove(head, head + at + length, kept);
		} else {
			swallow(front, length - (have - at));
		}
		have = (size_t)(size - at - length);
		if (!receive(front, head + kept, have - kept))
			return false;
	} else if (size > have) {
		swallow(front, size - have);
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
		swallow(front, size - have);
		return false;
	}
	if (pel_grow(&front->message, &front->message_capacity, (size_t)size, 1) < 0) {
		pel_emu_break(front->emu, -ENOMEM, "the device model cannot take a message of %llu bytes",
			      (unsigned long long)size);
		return false;
	}
	return receive(front, front->message + have, (size_t)size - have);
}

/* One request and its reply. False: it was the last. */
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
		    !receive(front, front->message, have))
			return false;
		if (serve_large_put(front, header->size, front->message, have)) {
			send_reply(front, NULL, 0);
			return true;
		}
	}
	if (!read_message(front, header->size, have) ||
	    pel_wire_decode(front->message, (size_t)header->size, &m) < 0) {
		if (!front->gone)
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
	struct timeval tick = { .tv_usec = TICK_US };
	struct front front = { .emu = emu, .fd = fd, .host = getppid() };
	unsigned char bytes[PEL_WIRE_HEADER_BYTES];
	struct pel_wire_header header;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof(tick)) < 0)
		pel_emu_break(emu, -errno, "the device model cannot speak with XRT");
	while (!pel_emu_is_broken(emu) && receive(&front, bytes, sizeof(bytes))) {
		if (!pel_wire_read_header(bytes, &header))
			pel_emu_break(emu, 0, NOT_UNDERSTOOD);
		else if (!serve_one(&front, &header))
			break;
		front.in_message = front.in_at < front.in_end;
		pel_emu_tick(emu);
	}
	pel_free(front.message);
}
