/* SPDX-License-Identifier: Apache-2.0 */
#include "socket.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* XRT calls the write() and read() defined below instead of the C library's, because symbols of the program take precedence. */

static void (*report)(void *context, int code, const char *what);
static void *report_context;
static pid_t process; /* nothing is reported in children that XRT forks, up to their exec */

void pel_socket_watch(void (*failed)(void *context, int code, const char *what), void *context)
{
	process = getpid();
	report_context = context;
	report = failed;
}

/* XRT's sockets to the device model are stream sockets; the one to the run is not. */
static bool is_stream_socket(int fd)
{
	int type;
	socklen_t length = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

static void check_result(int fd, const char *what)
{
	int code = errno;

	if (code != EINTR && code != EAGAIN && report && getpid() == process && is_stream_socket(fd))
		report(report_context, code, what);
	errno = code;
}

__attribute__((visibility("default"))) ssize_t write(int fd, const void *bytes, size_t n)
{
	ssize_t done = syscall(SYS_write, fd, bytes, n);

	if (done < 0)
		check_result(fd, "send to");
	return done;
}

__attribute__((visibility("default"))) ssize_t read(int fd, void *bytes, size_t n)
{
	ssize_t done = syscall(SYS_read, fd, bytes, n);

	if (done < 0)
		check_result(fd, "receive from");
	return done;
}
