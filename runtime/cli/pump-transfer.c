/* SPDX-License-Identifier: Apache-2.0 */
#include "pump-transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "call-again.h"
#include "messages.h"
#include "stdout.h"
#include "write.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "files are little endian; here they would need conversion");

#define WINDOW_BYTES ((size_t)1 << 20) /* limit of one transfer: more would only delay the reader */

/* ---- files ---- */

static int cannot_open(const struct pump *pump, int code)
{
	return cli_error(CLI_FAILED, "%s port '%s': cannot open '%s': %s", pump->in ? "input" : "output",
			 pump->name, pump->file, strerror(code));
}

/* Check that a file that does not exist yet can be made. Returns 0, or the errno. */
static int check_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? cli_format("%.*s", slash == path ? 1 : (int)(slash - path), path) : NULL;
	struct stat st;
	int code = 0;

	/* open() follows a dangling link. */
	if (lstat(path, &st) < 0 && faccessat(AT_FDCWD, folder ? folder : ".", W_OK | X_OK, AT_EACCESS) < 0)
		code = errno;
	free(folder);
	return code;
}

/*
 * Do not change an existing output until the run has started: only then is it certain that something replaces
 * its contents.
 */
int pump_open_file(struct pump *pump)
{
	struct stat st;
	int code = 0;

	if (strcmp(pump->file, "-") == 0) {
		pump->fd = pump->in ? STDIN_FILENO : cli_stdout();
		return 0;
	}
	if (stat(pump->file, &st) == 0 && S_ISFIFO(st.st_mode)) {
		pump->named_pipe = true;
		return access(pump->file, pump->in ? R_OK : W_OK) < 0 ? cannot_open(pump, errno) : 0;
	}
	pump->fd = open(pump->file, (pump->in ? O_RDONLY : O_WRONLY) | O_CLOEXEC | O_NOCTTY);
	if (pump->fd < 0)
		code = errno;
	else if (fstat(pump->fd, &st) == 0 && S_ISDIR(st.st_mode))
		code = EISDIR;
	if (code == ENOENT && !pump->in)
		code = check_folder(pump->file);
	return code ? cannot_open(pump, code) : 0;
}

/* Truncate the output, or create it. */
int pump_begin_file(struct pump *pump)
{
	struct stat st;

	if (pump->named_pipe)
		return 0;
	if (pump->fd < 0)
		pump->fd = open(pump->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (pump->fd < 0 || (pump->fd != cli_stdout() && fstat(pump->fd, &st) == 0 && S_ISREG(st.st_mode) &&
			     ftruncate(pump->fd, 0) < 0))
		return cannot_open(pump, errno);
	return 0;
}

/* ---- the thread ---- */

/*
 * read() and write() can wait for other processes without end. To end a pump that does, CLI_CUT_SIGNAL is
 * sent to its thread until the thread has checked `cut`; the signal only interrupts the call. (Cancelling
 * threads would take fewer lines, but the sanitizers do not understand how a cancelled thread leaves its
 * stack.)
 */

/* After a failed call: true if it should be made again; else errno has the reason. */
static bool try_again(const struct pump *pump, short events, unsigned *interrupted)
{
	struct pollfd pollfd = { .fd = pump->fd, .events = events };

	/* Other users of an inherited descriptor may have made it non-blocking. */
	if (errno == EAGAIN && poll(&pollfd, 1, -1) >= 0) {
		errno = EINTR;
		*interrupted = 0;
	}
	if (errno != EINTR)
		return false;
	if (!atomic_load(&pump->all->cut))
		return cli_call_again(interrupted);
	errno = ECANCELED;
	return false;
}

static ssize_t read_some(const struct pump *pump, void *to, size_t bytes)
{
	unsigned interrupted = 0;
	ssize_t n;

	do
		n = read(pump->fd, to, bytes);
	while (n < 0 && try_again(pump, POLLIN, &interrupted));
	return n;
}

static int write_all(const struct pump *pump, const unsigned char *from, size_t bytes)
{
	unsigned interrupted = 0;

	while (bytes) {
		ssize_t n = write(pump->fd, from, bytes);

		if (n < 0 && !try_again(pump, POLLOUT, &interrupted))
			return -errno;
		if (n > 0) {
			from += n;
			bytes -= (size_t)n;
			atomic_fetch_add(&pump->all->written, (size_t)n);
		}
		/* A call that is interrupted after part of its work does not fail. */
		if (bytes && atomic_load(&pump->all->cut))
			return -ECANCELED;
	}
	return 0;
}

const char *pump_file_name(const struct pump *pump)
{
	if (strcmp(pump->file, "-") != 0)
		return pump->file;
	return pump->in ? "standard input" : "standard output";
}

/*
 * Read at least one whole token to `to`, which has `have` bytes already; less at the end of the file. Returns
 * the bytes there, or -errno.
 */
static ssize_t read_token(const struct pump *pump, unsigned char *to, size_t have, size_t room)
{
	while (have < pump->token_bytes) {
		ssize_t n = read_some(pump, to + have, room - have);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static size_t window_tokens(const struct pump *pump)
{
	return pump->token_bytes < WINDOW_BYTES ? WINDOW_BYTES / pump->token_bytes : 1;
}

/*
 * Move the data of one read to the port. *part is the size of an incomplete token in the bounce buffer.
 * Returns 1: continue; 0: the file or the port has ended; or the negative errno of the file.
 */
static int pump_in_once(struct pump *pump, size_t *part)
{
	void *window = pump->bounce;
	/* Only ask: reserving would promise more data, which is not certain before it is read. */
	ssize_t room = pel_port_available(pump->port), bytes;
	bool full = room == -EAGAIN; /* then read one token meanwhile, and wait until it fits */
	size_t whole;

	if (!full)
		room = pel_port_reserve(pump->port, window_tokens(pump), &window);
	if (room < 0 && !full) {
		*part = 0; /* no longer needed */
		return 0;
	}
	if (full)
		room = 1;
	else
		memcpy(window, pump->bounce, *part);
	bytes = read_token(pump, full ? pump->bounce : window, *part, (size_t)room * pump->token_bytes);
	if (bytes < 0)
		return (int)bytes;
	whole = (size_t)bytes / pump->token_bytes;
	*part = (size_t)bytes % pump->token_bytes;
	if (!full)
		memcpy(pump->bounce, (unsigned char *)window + whole * pump->token_bytes, *part);
	if (!whole)
		return 0;
	if (full ? pel_port_write(pump->port, pump->bounce, 1, -1) != 1
		 : pel_port_commit(pump->port, whole) < 0) {
		*part = 0;
		return 0;
	}
	pump->tokens += whole;
	return 1;
}

static void pump_in(struct pump *pump)
{
	size_t part = 0;
	int r;

	while ((r = pump_in_once(pump, &part)) > 0)
		;
	if (r == -ECANCELED)
		return;
	pump->code = r;
	if (r < 0) {
		pump->error = cli_format("input port '%s': cannot read %s: %s", pump->name,
					 pump_file_name(pump), strerror(-r));
	} else if (part) {
		char type[192];

		pump->error = cli_format(
			"input port '%s': %s ends inside a token: %zu of %zu bytes (%s), after %llu whole token%s",
			pump->name, pump_file_name(pump), part, pump->token_bytes,
			pel_type_format(pump->type, type, sizeof(type)), (unsigned long long)pump->tokens,
			pump->tokens == 1 ? "" : "s");
	}
}

/* As pump_in_once(). */
static int pump_out_once(struct pump *pump)
{
	const void *window;
	ssize_t n = pel_port_peek(pump->port, window_tokens(pump), &window);
	bool empty = n == -EAGAIN;
	int r;

	if (empty) {
		n = pel_port_read(pump->port, pump->bounce, 1, -1);
		window = pump->bounce;
	}
	if (n <= 0)
		return 0;
	r = write_all(pump, window, (size_t)n * pump->token_bytes);
	if (r < 0)
		return r;
	if (!empty && pel_port_release(pump->port, (size_t)n) < 0)
		return 0;
	pump->tokens += (size_t)n;
	return 1;
}

static void pump_out(struct pump *pump)
{
	int r;

	while ((r = pump_out_once(pump)) > 0)
		;
	pump->code = r;
	/* The reader of a pipe may leave at any time. */
	if (r < 0 && r != -EPIPE && r != -ECANCELED)
		pump->error = cli_format("output port '%s': cannot write %s: %s", pump->name,
					 pump_file_name(pump), strerror(-r));
}

/* Returns 0, -ECANCELED, or a negative errno. */
static int open_named_pipe(struct pump *pump)
{
	unsigned interrupted = 0;

	do
		pump->fd = open(pump->file, (pump->in ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
	while (pump->fd < 0 && try_again(pump, 0, &interrupted));
	return pump->fd < 0 ? -errno : 0;
}

static void pump_all(struct pump *pump)
{
	int r = pump->named_pipe ? open_named_pipe(pump) : 0;

	pump->unopened = r == -ECANCELED;
	pump->code = r;
	if (r < 0 && r != -ECANCELED)
		pump->error = cli_format("%s port '%s': cannot open '%s': %s", pump->in ? "input" : "output",
					 pump->name, pump->file, strerror(-r));
	else if (r == 0 && pump->in)
		pump_in(pump);
	else if (r == 0)
		pump_out(pump);
}

static void pump_done(struct pump *pump)
{
	pthread_mutex_lock(&pump->all->lock);
	pump->done = true;
	pthread_cond_broadcast(&pump->all->changed);
	pthread_mutex_unlock(&pump->all->lock);
}

void *pump_thread(void *context)
{
	struct pump *pump = context;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, CLI_CUT_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	pump_all(pump);
	if (pump->error)
		pel_run_stop(pump->all->run); /* before ending the port: else the graph would treat the input as complete */
	pel_port_end(pump->port);
	pump_done(pump);
	return NULL;
}
