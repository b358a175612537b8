/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * Commands that run helpers or make temporary files handle signals on a thread of their own, so that nothing is left behind. `pelton run` has one
 * that knows its run (interrupt.c), and `pelton emulate` passes signals on.
 */
#define GRACE_MS 1500 /* to end in order; then the process ends, and its helpers with it */

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

static void *signal_thread(void *context)
{
	static const struct timespec grace = { .tv_sec = GRACE_MS / 1000, .tv_nsec = GRACE_MS % 1000 * 1000000 };
	const sigset_t *set = context;
	int signal;

	while (sigwait(set, &signal) != 0)
		;
	pel_cancel_set(cancel);
	sigtimedwait(set, NULL, &grace);
	cli_save_abandon();
	cli_work_ends();
	_exit(CLI_INTERRUPTED);
}

/* As a command is that shall outlive its terminal (nohup). */
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
