/* SPDX-License-Identifier: Apache-2.0 */
#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>
#include "call-again.h"

/*
 * Writing to something that may never have a reader. In a command that handles signals on a separate thread,
 * that thread calls cli_cut() repeatedly to end such a wait: each call interrupts the main thread in a wait
 * of this file. (Once is not enough: it may come just before the wait begins.)
 */
static pthread_t main_thread;
static atomic_bool may_be_cut, cut;

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

/* Allow the main thread to be interrupted only while it waits. */
static void let_cut(bool let)
{
	sigset_t set;

	if (!atomic_load(&may_be_cut) || !pthread_equal(pthread_self(), main_thread))
		return;
	sigemptyset(&set);
	sigaddset(&set, CLI_CUT_SIGNAL);
	pthread_sigmask(let ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

/* After a failed call: true if it should be made again; else errno has the reason. */
static bool try_again(int fd, unsigned *interrupted)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	/* Other users of an inherited descriptor may have made it non-blocking. */
	if (errno == EAGAIN && fd >= 0 && poll(&pollfd, 1, -1) >= 0) {
		errno = EINTR;
		*interrupted = 0;
	}
	if (errno != EINTR)
		return false;
	if (!atomic_load(&cut))
		return cli_call_again(interrupted);
	errno = ECANCELED;
	return false;
}

int cli_write(int fd, const void *data, size_t size)
{
	const char *from = data;
	unsigned interrupted = 0;
	int r = 0;

	let_cut(true);
	while (size && r == 0) {
		ssize_t n = write(fd, from, size);

		if (n < 0 && !try_again(fd, &interrupted))
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
	unsigned interrupted = 0;
	int fd;

	let_cut(true);
	do
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && try_again(-1, &interrupted));
	let_cut(false);
	return fd < 0 ? -errno : fd;
}
