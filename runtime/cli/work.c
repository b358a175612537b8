/* SPDX-License-Identifier: Apache-2.0 */
#include "work.h"

#include <pelton/pelton.h>
#include <pelton/run.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "exit.h"
#include "messages.h"
#include "options.h"

/*
 * Kernels and the libraries that they use are foreign code in this process, and some call exit(), _exit(),
 * quick_exit() or pthread_exit(). The exit status would then be theirs, with a wrong meaning: here 3 means a
 * stall, and 0 success.
 */

static pid_t process; /* a process forked by a kernel may end in any way */

static _Noreturn void end(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

static void (*last_words)(void *context, const struct pel_error *why);
static void *last_words_context;

void cli_before_foreign_end(void (*tell)(void *context, const struct pel_error *why), void *context)
{
	last_words_context = context;
	last_words = tell;
}

#define LAST_WORDS_S 10

/* The thread stopped in a call may hold locks that others need, so no wait here is unlimited. */
static void *limit_last_words(void *unused)
{
	(void)unused;
	sleep(LAST_WORDS_S);
	end(CLI_FAILED);
}

static void tell_last_words(const struct pel_error *why)
{
	pthread_t thread;

	if (last_words && pthread_create(&thread, NULL, limit_last_words, NULL) == 0)
		last_words(last_words_context, why);
}

/* `actor`: the actor whose kernel it was; NULL: unknown. */
static void explain_end(const char *actor, const char *call)
{
	struct pel_error_item item = {
		.hint = (char[]){ "a kernel that cannot continue must return a negative errno, with "
				  "pel_fire_fail() or pel_info_fail()" }
	};
	struct pel_error err = { .items = &item, .count = 1 };
	const char *file = NULL;

	if (actor)
		pel_calling_place(&file, &item.line, &item.col);
	item.file = (char *)file;
	item.text =
		actor ? cli_format("actor '%s': its kernel has called %s, which ends the whole program",
				   actor, call)
		      : cli_format("a kernel, or a library that one uses, has called %s, which ends the whole program",
				   call);
	cli_explain(&err, 0);
	tell_last_words(&err);
	free(item.text);
}

/*
 * Returns only if the call is this program's own. `call` as in "exit(3)". `again` (may be NULL): exit() took the handler from its list, and
 * the next thread in exit() needs one.
 */
static void foreign_end(const char *call, void (*again)(void))
{
	enum cli_lost lost = getpid() == process ? cli_work_is_lost() : CLI_NOT_LOST;

	if (lost == CLI_NOT_LOST)
		return;
	if (again)
		again();
	/* Several workers may be in calls of such a kernel. */
	while (lost == CLI_LOST_BEFORE)
		pause();
	explain_end(pel_calling_actor(), call);
	end(CLI_FAILED);
}

static void catch_exit(void);

static void foreign_exit(int status, void *unused)
{
	char call[32];

	(void)unused;
	snprintf(call, sizeof(call), "exit(%d)", status);
	foreign_end(call, catch_exit);
}

static void catch_exit(void)
{
	on_exit(foreign_exit, NULL);
}

static void catch_quick_exit(void);

static void foreign_quick_exit(void)
{
	foreign_end("quick_exit()", catch_quick_exit);
}

static void catch_quick_exit(void)
{
	at_quick_exit(foreign_quick_exit);
}

/* These definitions override those of the C library. */
__attribute__((visibility("default"))) void _exit(int status)
{
	char call[32];

	snprintf(call, sizeof(call), "_exit(%d)", status);
	foreign_end(call, NULL);
	end(status);
}

__attribute__((visibility("default"))) void _Exit(int status)
{
	_exit(status);
}

static void thread_ended(void *unused)
{
	(void)unused;
	last_words = NULL; /* it refers to data on the stack of this thread, the main one */
	foreign_end("pthread_exit()", NULL);
}

static void watch_ends(void)
{
	pthread_key_t key; /* its destructor runs if this thread ends before the process */

	process = getpid();
	/* One more of each, for a thread that comes before the first one has called catch_exit(). */
	catch_exit();
	catch_quick_exit();
	if (on_exit(foreign_exit, NULL) == 0 && at_quick_exit(foreign_quick_exit) == 0 &&
	    pthread_key_create(&key, thread_ended) == 0 && pthread_setspecific(key, &process) == 0)
		cli_work_begins();
}

int cli_work(const struct cli_command *command, const struct cli_args *args)
{
	int status;

	watch_ends();
	status = command->run(args);
	cli_work_ends();
	return status;
}
