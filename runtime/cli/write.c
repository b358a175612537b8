/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Writing to what may never have a reader. In a command that handles signals on a thread of its own, that thread calls cli_cut() repeatedly when
 * the wait must end: each call interrupts what the main thread waits for in here. (Once would not do: it may come just before the wait begins.)
 */
static pthread_t main_thread;
static atomic_bool may_be_cut, cut;

/* ---- waiting ---- */

static void nothing(int signal)
{
	(void)signal;
}

void cli_allow_cut(void)
{
	struct sigaction action = { .sa_handler = nothing }; /* without SA_RESTART */

	sigaction(CLI_CUT_SIGNAL, &action, NULL);
	main_thread = pthread_self();
	atomic_store(&may_be_cut, true);
}

void cli_cut(void)
{
	atomic_store(&cut, true);
	pthread_kill(main_thread, CLI_CUT_SIGNAL);
}

/* Let the main thread be interrupted while it waits, and not otherwise. */
static void let_cut(bool let)
{
	sigset_t set;

	if (!atomic_load(&may_be_cut) || !pthread_equal(pthread_self(), main_thread))
		return;
	sigemptyset(&set);
	sigaddset(&set, CLI_CUT_SIGNAL);
	pthread_sigmask(let ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

/* After a failed call: may it be made again? Else errno tells why not. */
static bool try_again(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	/* A descriptor that we inherited may have been made non-blocking by its other users. */
	if (errno == EAGAIN && fd >= 0 && poll(&pollfd, 1, -1) >= 0)
		errno = EINTR;
	if (errno != EINTR)
		return false;
	if (!atomic_load(&cut))
		return true;
	errno = ECANCELED;
	return false;
}

int cli_write(int fd, const void *data, size_t size)
{
	const char *from = data;
	int r = 0;

	let_cut(true);
	while (size && r == 0) {
		ssize_t n = write(fd, from, size);

		if (n < 0 && !try_again(fd))
			r = -errno;
		if (n > 0) {
			from += n;
			size -= (size_t)n;
		}
	}
	let_cut(false);
	return r;
}

int cli_open_stream(const char *path)
{
	int fd;

	let_cut(true);
	do
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && try_again(-1));
	let_cut(false);
	return fd < 0 ? -errno : fd;
}

/* ---- standard output ---- */

static int results = STDOUT_FILENO; /* where they go */

int cli_stdout(void)
{
	return results;
}

int cli_keep_stdout(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);

	if (fd < 0) {
		int code = errno == EINVAL ? EMFILE : errno; /* EINVAL: the limit of open files is below that */

		cli_error(0, "cannot keep standard output for results: %s", strerror(code));
		if (code == EMFILE)
			cli_hint("raise the limit of open files (ulimit -n)");
		return CLI_FAILED;
	}
	results = fd;
	return CLI_OK;
}

int cli_divert_stdout(void)
{
	/* Text must come out as it is printed, not when the process ends. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return dup2(STDERR_FILENO, STDOUT_FILENO) < 0
		       ? cli_error(CLI_FAILED, "cannot send what kernels print to standard error: %s",
				   strerror(errno))
		       : CLI_OK;
}

/* Two names of one file. Devices such as /dev/null are no file in this sense, terminals are. */
static bool is_stdout(const char *path)
{
	struct stat st, own;

	return stat(path, &st) == 0 && fstat(results, &own) == 0 && st.st_dev == own.st_dev &&
	       st.st_ino == own.st_ino && (!S_ISCHR(st.st_mode) || isatty(results));
}

char *cli_output_path(const char *path)
{
	struct stat st;
	char *real;

	if (strcmp(path, "-") == 0 || is_stdout(path))
		return cli_format("-");
	/* A name of standard output means another device once that is diverted. */
	if (stat(path, &st) == 0 && S_ISCHR(st.st_mode) && (real = realpath(path, NULL)))
		return real;
	return cli_format("%s", path);
}

int cli_close_stdout(void)
{
	int r = 0;

	if (results != STDOUT_FILENO && close(results) < 0)
		r = -errno;
	results = STDOUT_FILENO;
	return r;
}

/* ---- words ---- */

void cli_hint_write(int code)
{
	struct rlimit limit;

	if (code == -EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		cli_hint("this process may write files of %llu bytes at most: see ulimit -f",
			 (unsigned long long)limit.rlim_cur);
}
