/* SPDX-License-Identifier: Apache-2.0 */
#include "front-stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cu.h"
#include "host-wait.h"
#include "report.h"

#define TICK_US	     50000
#define STUCK_TICKS  100 /* without a byte, inside a message: XRT is stuck */
#define LOOK_TICKS   20	 /* without a message: check whether the host waits for an answer */
#define WAITED_TICKS 10	 /* so many checks in a row that find it waiting: XRT is stuck */

/* Is the host stopped by a debugger or by a signal? */
static bool host_is_stopped(const struct pel_front_stream *stream)
{
	char path[64], line[512], *end;
	FILE *file;
	bool stopped = false;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)stream->host);
	file = fopen(path, "re");
	/* "PID (NAME) STATE ..." */
	if (file && fgets(line, sizeof(line), file) && (end = strrchr(line, ')')) && end[1])
		stopped = end[2] == 'T' || end[2] == 't';
	if (file)
		fclose(file);
	return stopped;
}

/*
 * Detect that XRT has failed to send a message. It then waits for the answer, while the model waits for the message, for ever. If a part of
 * the message has arrived, a timeout shows that. If nothing has arrived, XRT may just be idle; it is stuck only if the host has been reading
 * from its end of the socket for a while.
 */
static void watch_message(struct pel_front_stream *stream)
{
	stream->silent_ticks++;
	if (stream->in_message) {
		if (stream->silent_ticks < STUCK_TICKS)
			return;
		stream->silent_ticks = 0;
		if (!host_is_stopped(stream))
			pel_emu_break(stream->emu, 0, "XRT has not sent all of a message to the device model");
		return;
	}
	if (stream->silent_ticks < stream->look_at)
		return;
	if (!pel_host_waits(stream->host, stream->fd) || host_is_stopped(stream)) {
		stream->waited = 0;
		stream->look_at = stream->silent_ticks + LOOK_TICKS;
	} else if (++stream->waited < WAITED_TICKS) {
		stream->look_at = stream->silent_ticks + 1;
	} else {
		pel_emu_break(stream->emu, 0,
			      "XRT waits for the answer to a message that it has not sent to the device model");
	}
}

/*
 * Handle the result of a system call on the socket. True: it timed out or was interrupted; workers have been checked, try again. Errors other
 * than a closed socket mean that the device model is broken.
 */
static bool interrupted(struct pel_front_stream *stream, ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		pel_emu_tick(stream->emu);
		/* A child of the host may keep the socket open after the host has ended. */
		stream->gone = stream->gone || getppid() != stream->host;
		return true;
	}
	if (n < 0 && errno != EPIPE && errno != ECONNRESET)
		pel_emu_break(stream->emu, -errno, "the device model cannot communicate with XRT");
	return false;
}

bool pel_front_receive(struct pel_front_stream *stream, void *bytes, size_t size)
{
	unsigned char *to = bytes;

	while (size && !stream->gone && !pel_emu_is_broken(stream->emu)) {
		size_t have = stream->in_end - stream->in_at;
		bool silent;
		ssize_t n;

		if (have) {
			if (have > size)
				have = size;
			memcpy(to, stream->in + stream->in_at, have);
			stream->in_at += have;
			to += have;
			size -= have;
			continue;
		}
		if (size >= PEL_FRONT_SMALL_BYTES) {
			n = recv(stream->fd, to, size, 0);
		} else {
			n = recv(stream->fd, stream->in, sizeof(stream->in), 0);
			stream->in_at = 0;
			stream->in_end = n > 0 ? (size_t)n : 0;
		}
		silent = n < 0 && errno == EAGAIN;
		if (interrupted(stream, n)) {
			if (silent)
				watch_message(stream);
			continue;
		}
		if (n <= 0)
			stream->gone = true;
		else if (size >= PEL_FRONT_SMALL_BYTES) {
			to += n;
			size -= (size_t)n;
		}
		stream->in_message = true;
		stream->silent_ticks = stream->waited = 0;
		stream->look_at = LOOK_TICKS;
	}
	return size == 0;
}

void pel_front_skip(struct pel_front_stream *stream, uint64_t size)
{
	static unsigned char drain[1 << 17];

	while (size && !stream->gone && !pel_emu_is_broken(stream->emu)) {
		size_t n = size < sizeof(drain) ? (size_t)size : sizeof(drain);

		pel_front_receive(stream, drain, n);
		size -= n;
	}
}

void pel_front_send(struct pel_front_stream *stream, struct iovec *parts, int n_parts)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)n_parts };

	while (message.msg_iovlen && !stream->gone && !pel_emu_is_broken(stream->emu)) {
		ssize_t n = sendmsg(stream->fd, &message, MSG_NOSIGNAL);

		if (interrupted(stream, n))
			continue;
		if (n < 0) {
			stream->gone = true;
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

void pel_front_message_end(struct pel_front_stream *stream)
{
	stream->in_message = stream->in_at < stream->in_end;
}

void pel_front_stream_init(struct pel_front_stream *stream, struct pel_emu *emu, int fd)
{
	struct timeval tick = { .tv_usec = TICK_US };

	*stream = (struct pel_front_stream){ .emu = emu, .fd = fd, .host = getppid(), .look_at = LOOK_TICKS };
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof(tick)) < 0)
		pel_emu_break(emu, -errno, "the device model cannot communicate with XRT");
}
