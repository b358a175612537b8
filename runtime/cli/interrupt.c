/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"

#include <errno.h>
#include <pelton/pelton.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "exit.h"
#include "messages.h"
#include "save.h"
#include "signals.h"
#include "write.h"

#define ORDER_MS 500  /* after a signal, how long to wait for a reader */
#define CUT_MS	 10   /* between two calls of cli_cut() */
#define END_MS	 1000 /* how long sending a signal may fail */
#define START_MS 1500 /* after a signal, how long pel_run_start() may take to return */

/* The signals that only the thread below receives. The last one tells it to end. */
static void all_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, CLI_CUT_SIGNAL);
}

static atomic_int first_signal; /* 0: none yet */

/* Writes only if that does not block: called in a signal handler, and when no signal could end a wait. */
static void say_at_once(int signal)
{
	static const char *const words[] = { "warning: stopped by SIGINT\n", "warning: stopped by SIGTERM\n",
					     "warning: stopped by a second signal; no reports are written\n" };
	int first = atomic_load(&first_signal), said = first ? first : signal;
	const char *text = words[first && signal ? 2 : said == SIGTERM ? 1 : 0];
	struct pollfd stream = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&stream, 1, 0) == 1 && stream.revents & POLLOUT)
		(void)!write(STDERR_FILENO, text, strlen(text));
}

/*
 * The second signal: wait for nothing. The processes that watch this one clean up its devices and temporary
 * files.
 */
static void quit(int signal)
{
	cli_save_abandon();
	cli_work_abandon();
	say_at_once(signal);
	_exit(CLI_INTERRUPTED);
}

/* Wait for SIGINT or SIGTERM. False: the session is over. */
static bool wait_for_signal(struct interrupt *interrupt)
{
	sigset_t set;
	int signal;

	all_signals(&set);
	while (!atomic_load(&interrupt->over))
		if (sigwait(&set, &signal) == 0 && signal != CLI_CUT_SIGNAL) {
			atomic_store(&first_signal, signal);
			return true;
		}
	return false;
}

void interrupt_prepare(void)
{
	struct sigaction action = { .sa_handler = quit };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* From now on a signal ends the process, even if all other threads are stuck. */
static void take_second_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void serve(struct interrupt *interrupt)
{
	struct timespec pause = { .tv_nsec = CUT_MS * 1000000 };

	if (!wait_for_signal(interrupt))
		return;
	pthread_mutex_lock(&interrupt->lock);
	atomic_store(&interrupt->interrupted, true);
	pel_cancel_set(cli_cancel());
	if (interrupt->run)
		pel_run_stop(interrupt->run);
	pthread_mutex_unlock(&interrupt->lock);
	pumps_interrupt(interrupt->pumps);
	take_second_signal();
	for (int ms = 0; !atomic_load(&interrupt->over); ms += CUT_MS) {
		struct timespec left = pause;

		while (nanosleep(&left, &left) < 0 && errno == EINTR)
			;
		if (ms >= ORDER_MS)
			cli_cut();
		/*
		 * A cancelled start returns soon, unless a kernel waits in init(). Helper processes end with
		 * this process.
		 */
		if (ms >= START_MS && !atomic_load(&interrupt->begun))
			quit(0);
	}
}

static void *signal_thread(void *context)
{
	struct interrupt *interrupt = context;

	serve(interrupt);
	pthread_mutex_lock(&interrupt->lock);
	interrupt->has_ended = true;
	pthread_cond_signal(&interrupt->ended);
	pthread_mutex_unlock(&interrupt->lock);
	return NULL;
}

int interrupt_start(struct interrupt *interrupt, struct pumps *pumps)
{
	pthread_condattr_t attr;
	sigset_t set;
	int r;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&interrupt->ended, &attr);
	pthread_condattr_destroy(&attr);
	interrupt->pumps = pumps;
	all_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	cli_allow_cut();
	r = pthread_create(&interrupt->thread, NULL, signal_thread, interrupt);
	interrupt->started = r == 0;
	return r == 0 ? CLI_OK : cli_error(CLI_FAILED, "cannot start a thread: %s", strerror(r));
}

void interrupt_begun(struct interrupt *interrupt)
{
	atomic_store(&interrupt->begun, true);
}

void interrupt_run(struct interrupt *interrupt, struct pel_run *run)
{
	pthread_mutex_lock(&interrupt->lock);
	interrupt->run = run;
	if (run && was_interrupted(interrupt))
		pel_run_stop(run);
	pthread_mutex_unlock(&interrupt->lock);
}

bool was_interrupted(const struct interrupt *interrupt)
{
	return atomic_load(&interrupt->interrupted);
}

/* False: not within CUT_MS. */
static bool has_ended(struct interrupt *interrupt)
{
	struct timespec until;
	bool ended;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += CUT_MS * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&interrupt->lock);
	while (!interrupt->has_ended && r == 0)
		r = pthread_cond_timedwait(&interrupt->ended, &interrupt->lock, &until);
	ended = interrupt->has_ended;
	pthread_mutex_unlock(&interrupt->lock);
	return ended;
}

/* The thread waits for a signal. If none can be sent, it ends with the process. */
static void end_thread(struct interrupt *interrupt)
{
	for (int failed_ms = 0; failed_ms < END_MS;) {
		if (pthread_kill(interrupt->thread, CLI_CUT_SIGNAL) != 0) {
			kill(getpid(), CLI_CUT_SIGNAL); /* another system call; only that thread receives it */
			failed_ms += CUT_MS;
		}
		if (has_ended(interrupt)) {
			pthread_join(interrupt->thread, NULL);
			return;
		}
	}
	pthread_detach(interrupt->thread);
}

void interrupt_say(const struct interrupt *interrupt)
{
	if (was_interrupted(interrupt))
		cli_warning("stopped by SIG%s", atomic_load(&first_signal) == SIGTERM ? "TERM" : "INT");
}

void interrupt_end(struct interrupt *interrupt)
{
	sigset_t set;

	if (!interrupt->started)
		return;
	atomic_store(&interrupt->over, true);
	end_thread(interrupt);
	interrupt->started = false;
	/*
	 * The rest may also take time. From now on a signal has its default action, or ends the process if it
	 * is the second one.
	 */
	all_signals(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
