/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XRT takes no notice of a message to the device model that it cannot send, or of an answer that it cannot read, and waits for what never
 * comes. It calls these definitions of write() and read() in the place of the C library's: those of the program come first.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process.h"

#define MODEL_END_MS 1000

static struct self *watched;
static pid_t process; /* children of XRT's pass through until they execute the model */

void pel_socket_watch(struct self *self)
{
	process = getpid();
	watched = self;
}

/* XRT's sockets to its model are streams; that to the run is not. */
static bool is_stream_socket(int fd)
{
	int type;
	socklen_t length = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

static void look_at(int fd, const char *what)
{
	int code = errno;

	if (code != EINTR && code != EAGAIN && watched && getpid() == process && is_stream_socket(fd)) {
		/* A model that has ended is the watcher's matter: it knows why. */
		for (int ms = 0; ms < MODEL_END_MS && (code == EPIPE || code == ECONNRESET); ms++) {
			if (pel_model_ended(watched))
				pel_model_lost(watched);
			poll(NULL, 0, 1);
		}
		pel_process_lost(watched, "the device process cannot %s the device model: %s", what,
				 strerror(code));
	}
	errno = code;
}

__attribute__((visibility("default"))) ssize_t write(int fd, const void *bytes, size_t n)
{
	ssize_t done = syscall(SYS_write, fd, bytes, n);

	if (done < 0)
		look_at(fd, "send to");
	return done;
}

__attribute__((visibility("default"))) ssize_t read(int fd, void *bytes, size_t n)
{
	ssize_t done = syscall(SYS_read, fd, bytes, n);

	if (done < 0)
		look_at(fd, "receive from");
	return done;
}
