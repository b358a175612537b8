/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "interrupted.h"

#include "helper-protocol.h"

/*
 * Runs a program and reports its outcome: see helper-protocol.h. It has one thread and allocates almost
 * nothing, so it can be relied on to clean up.
 */
#define REAP_TRIES 200 /* of 2 ms each, for processes that were killed but do not exit */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the program ---- */

static _Noreturn void be_program(char **argv, pid_t parent, int report)
{
	sigset_t none;
	int code;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	signal(SIGXFSZ, SIG_IGN); /* a file that is too large then gives an errno */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	code = -errno;
	(void)!write(report, &code, sizeof(code));
	_exit(127);
}

/* 0, or a negative errno. */
static int start_program(char **argv, pid_t *ret)
{
	pid_t parent = getpid(), pid;
	int report[2], code = 0;
	unsigned interrupted = 0;
	ssize_t n;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		be_program(argv, parent, report[1]);
	if (pid < 0)
		code = -errno;
	close(report[1]);
	if (pid > 0) {
		setpgid(pid, pid); /* parent and child both do it: either may come first */
		do
			n = read(report[0], &code, sizeof(code));
		while (n < 0 && pel_interrupted(&interrupted));
		if (n == (ssize_t)sizeof(code))
			waitpid(pid, NULL, 0);
		else
			code = 0;
	}
	close(report[0]);
	*ret = pid;
	return code;
}

/* ---- its end ---- */

/* Has the program ended? It is not reaped yet, so the number of its group cannot be reused. */
static bool has_ended(pid_t program)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)program, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == program;
}

/* Processes that left the group become our children when their parents are gone. */
static void kill_children(void)
{
	char path[64];
	FILE *list;
	long pid;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	list = fopen(path, "re");
	while (list && fscanf(list, "%ld", &pid) == 1)
		kill((pid_t)pid, SIGKILL);
	if (list)
		fclose(list);
}

/* Kill the group, and if `all` everything else that the program has started; reap. Returns the program's status. */
static int end_program(pid_t program, bool all)
{
	unsigned interrupted = 0;
	int status = 0, any;

	kill(-program, SIGKILL);
	while (waitpid(program, &status, 0) < 0 && pel_interrupted(&interrupted))
		;
	for (int i = 0; i < REAP_TRIES; i++) {
		pid_t pid;

		while ((pid = waitpid(-1, &any, WNOHANG)) > 0)
			;
		if (pid < 0)
			break; /* no child is left */
		if (all)
			kill_children();
		else if (kill(-program, 0) < 0)
			break; /* none of the group is left; the others may live on */
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	return status;
}

/* Wait until the program ends (0), the client closes its end (-ECANCELED), or the time limit passes (-ETIMEDOUT). */
static int wait_program(pid_t program, int signals, int64_t end_ms)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
					{ .fd = PEL_HELPER_FD, .events = POLLIN | POLLRDHUP } };
		struct signalfd_siginfo drained;
		int64_t left = end_ms - now_ms();

		if (has_ended(program))
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		poll(fds, 2, left > 60000 ? 60000 : (int)left);
		if (fds[1].revents)
			return -ECANCELED;
		if (fds[0].revents)
			(void)!read(signals, &drained, sizeof(drained));
	}
}

int main(int argc, char **argv)
{
	int64_t seconds = argc > 2 ? strtoll(argv[1], NULL, 10) : 0;
	struct pel_helper_outcome outcome = { 0 };
	int64_t end_ms = now_ms() + seconds * 1000;
	sigset_t all, child;
	pid_t program = 0;
	int signals;

	if (argc < 3 || seconds < 1 || fcntl(PEL_HELPER_FD, F_SETFD, FD_CLOEXEC) < 0) {
		fputs("pelton-helper is an internal program of Pelton; do not start it directly\n", stderr);
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* It ends with its client or its program. To end it, end one of these. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	outcome.code = signals < 0 ? -errno : start_program(argv + 2, &program);
	if (outcome.code == 0) {
		outcome.code = wait_program(program, signals, end_ms);
		outcome.status = end_program(program, outcome.code < 0);
	}
	(void)!write(PEL_HELPER_FD, &outcome, sizeof(outcome));
	return 0;
}
