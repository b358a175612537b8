/* SPDX-License-Identifier: Apache-2.0 */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "interrupted.h"

#include "environment.h"
#include "helper-protocol.h"
#include "libexec.h"
#include "session.h"

extern char **environ;

#define PATIENCE_MS 2000 /* in addition to the program's limit, for pelton-helper to kill and reap */
#define FD_MIN	    16	 /* the child uses the descriptors below as targets */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

unsigned pel_helper_limit(unsigned limit_s)
{
	uint64_t given;

	return pel_env_number("PELTON_HELPER_LIMIT_S", &given) ? (unsigned)given : limit_s;
}

/* ---- starting ---- */

/* Set up streams 0 to 2 and the control socket as number 3, from descriptors that are all FD_MIN or above. */
static int prepare(posix_spawnattr_t *attr, posix_spawn_file_actions_t *actions, const char *dir,
		   const int fds[4])
{
	int r = pel_spawn_own_session(attr);

	if (r < 0)
		return r;
	for (int i = 0; i < 4; i++) {
		r = fds[i] < 0 ? posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0)
			       : posix_spawn_file_actions_adddup2(actions, fds[i], i);
		if (r != 0)
			return -r;
	}
	if (dir && (r = posix_spawn_file_actions_addchdir_np(actions, dir)) != 0)
		return -r;
	return -posix_spawn_file_actions_addclosefrom_np(actions, PEL_HELPER_FD + 1);
}

static int spawn(pid_t *pid, const char *path, char *const *argv, const char *dir, const int fds[4])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	if (posix_spawnattr_init(&attr) != 0)
		return -ENOMEM;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		posix_spawnattr_destroy(&attr);
		return -ENOMEM;
	}
	r = prepare(&attr, &actions, dir, fds);
	if (r == 0)
		r = -posix_spawn(pid, path, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return r;
}

/* "pelton-helper", seconds, the program and its arguments; NULL: out of memory. */
static char **helper_words(struct pel_arena *arena, const struct pel_helper *helper)
{
	size_t n = 0;
	char **words;

	while (helper->argv[n])
		n++;
	words = pel_arena_array(arena, n + 3, sizeof(*words));
	if (!words)
		return NULL;
	words[0] = (char *)PEL_HELPER_PROGRAM;
	words[1] = pel_arena_printf(arena, "%u", pel_helper_limit(helper->limit_s));
	memcpy(words + 2, helper->argv, n * sizeof(*words));
	return words[1] ? words : NULL;
}

static int start(const struct pel_helper *helper, struct pel_arena *arena, struct pel_helper_process *process)
{
	const char *path = pel_libexec(arena, PEL_HELPER_PROGRAM, NULL);
	char **words = helper_words(arena, helper);
	int wanted[4] = { helper->in, helper->out, helper->err, -1 }, fds[4] = { -1, -1, -1, -1 }, pair[2],
	    r = 0;

	if (!words)
		return -ENOMEM;
	if (!path)
		return -ENOPKG; /* explained by pel_helper_explain() */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	wanted[3] = pair[1];
	for (int i = 0; i < 4 && r == 0; i++)
		if (wanted[i] >= 0 && (fds[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, FD_MIN)) < 0)
			r = errno == EINVAL ? -EMFILE
					    : -errno; /* EINVAL: the limit of open files is below FD_MIN */
	if (r == 0)
		r = spawn(&process->pid, path, words, helper->dir, fds);
	for (int i = 0; i < 4; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	process->control = pair[0];
	process->end_ms = now_ms() + (int64_t)pel_helper_limit(helper->limit_s) * 1000 + PATIENCE_MS;
	return 0;
}

int pel_helper_start(const struct pel_helper *helper, struct pel_helper_process *ret)
{
	struct pel_arena arena = { 0 };
	int r;

	*ret = (struct pel_helper_process){ .control = -1 };
	r = start(helper, &arena, ret);
	pel_arena_fini(&arena);
	if (r < 0)
		ret->pid = 0;
	return r;
}

/* ---- ending ---- */

/* Wait for bytes or the end of the socket. False: cancelled, or `end_ms` has passed. */
static bool wait_control(const struct pel_helper_process *process, int cancel, int64_t end_ms)
{
	struct pollfd fds[] = { { .fd = process->control, .events = POLLIN },
				{ .fd = cancel, .events = POLLIN } };

	for (;;) {
		int64_t left = end_ms - now_ms();
		int n = left <= 0 ? 0 : poll(fds, 2, left > 60000 ? 60000 : (int)left);

		if (fds[1].revents || (n == 0 && left <= 0))
			return false;
		if (n > 0 && fds[0].revents)
			return true;
	}
}

static bool read_outcome(const struct pel_helper_process *process, struct pel_helper_outcome *ret)
{
	unsigned interrupted = 0;
	ssize_t n;

	do
		n = read(process->control, ret, sizeof(*ret));
	while (n < 0 && pel_interrupted(&interrupted));
	return n == (ssize_t)sizeof(*ret);
}

/* A host that reaps all children may have reaped it. */
static void reap(struct pel_helper_process *process)
{
	unsigned interrupted = 0;

	while (waitpid(process->pid, NULL, 0) < 0 && pel_interrupted(&interrupted))
		;
	close(process->control);
	*process = (struct pel_helper_process){ .control = -1 };
}

void pel_helper_stop(struct pel_helper_process *process)
{
	if (process->pid <= 0)
		return;
	/* It sees its socket close, kills, reaps, and then exits, which closes the other end. */
	shutdown(process->control, SHUT_WR);
	if (!wait_control(process, -1, now_ms() + PATIENCE_MS))
		kill(process->pid, SIGKILL); /* its program dies with it */
	reap(process);
}

int pel_helper_wait(struct pel_helper_process *process, const struct pel_cancel *cancel, int *status)
{
	struct pel_helper_outcome outcome = { .code = -EIO };
	bool answered = !pel_cancel_is_set(cancel) &&
			wait_control(process, pel_cancel_fd(cancel), process->end_ms);

	if (!answered) {
		pel_helper_stop(process);
		return pel_cancel_is_set(cancel) ? -ECANCELED : -ETIMEDOUT;
	}
	if (!read_outcome(process, &outcome))
		outcome = (struct pel_helper_outcome){ .code = -EIO };
	reap(process);
	*status = outcome.status;
	return outcome.code > 0 || outcome.code < -4095 ? -EIO : outcome.code;
}

/* ---- messages ---- */

int pel_helper_explain(int code, const char *what, unsigned limit_s, struct pel_error *err)
{
	const struct pel_place nowhere = { 0 };
	struct pel_arena arena = { 0 };
	char why[PEL_ERRNO_BYTES];

	switch (code) {
	case -ECANCELED:
		break;
	case -ETIMEDOUT:
		pel_fail(err, code, nowhere, "%s did not finish within %u s and was stopped", what,
			 pel_helper_limit(limit_s));
		pel_hint(err, "set PELTON_HELPER_LIMIT_S to allow it more time");
		break;
	case -ENOPKG:
		if (pel_libexec(&arena, PEL_HELPER_PROGRAM, err)) /* its error says where it looked */
			pel_fail(err, code, nowhere, "cannot start %s: %s", what, strerror(ENOENT));
		break;
	case -EIO:
		pel_fail(err, code, nowhere, PEL_HELPER_PROGRAM ", which ran %s, died", what);
		break;
	default:
		pel_fail(err, code, nowhere, "cannot start %s: %s", what, pel_errno_text(-code, why));
	}
	pel_arena_fini(&arena);
	return code;
}
