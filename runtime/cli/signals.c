/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <errno.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "exit.h"
#include "messages.h"
#include "save.h"

/*
 * Commands that run helper programs or make temporary files handle signals on a separate thread, so that
 * nothing is left behind. `pelton run` has its own thread for this (interrupt.c), and `pelton emulate` passes
 * signals on.
 */
#define GRACE_MS 1500 /* to end in order; then the process ends, and its helper programs with it */

static struct pel_cancel *cancel;
static pthread_once_t cancel_once = PTHREAD_ONCE_INIT;

static void make_cancel(void)
{
	int r = pel_cancel_create(&cancel);

	if (r < 0)
		cli_exit(cli_error(CLI_FAILED, "cannot prepare for signals: %s", strerror(-r)));
}

struct pel_cancel *cli_cancel(void)
{
	pthread_once(&cancel_once, make_cancel);
	return cancel;
}

bool cli_interrupted(void)
{
	return pel_cancel_is_set(cancel);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Wait for another signal of `set`, at most GRACE_MS. Another signal, such as the SIGCHLD of a helper
 * program, can end a wait early.
 */
static void wait_for_second(const sigset_t *set)
{
	int64_t end = now_ms() + GRACE_MS, left;

	while ((left = end - now_ms()) > 0) {
		struct timespec timeout = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

		if (sigtimedwait(set, NULL, &timeout) >= 0 || errno != EINTR)
			return;
	}
}

static void *signal_thread(void *context)
{
	const sigset_t *set = context;
	int signal;

	while (sigwait(set, &signal) != 0)
		;
	pel_cancel_set(cancel);
	wait_for_second(set);
	cli_save_abandon();
	cli_work_abandon();
	_exit(CLI_INTERRUPTED);
}

/* True if SIGHUP is ignored, as in a command that should outlive its terminal (nohup). */
static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void cli_catch_signals(void)
{
	static sigset_t set;
	static bool caught;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (caught)
		return;
	caught = true;
	cli_cancel();
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (!is_ignored(SIGHUP))
		sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, signal_thread, &set);
	pthread_attr_destroy(&attr);
	if (r != 0)
		cli_exit(cli_error(CLI_FAILED, "cannot start a thread: %s", strerror(r)));
}
