/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <pelton/pelton.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "call-again.h"
#include "messages.h"
#include "options.h"

/*
 * Runs a program as its only child, in a process group of the program's own. When a device model dies, XRT
 * sends signals to its whole process group; these must reach neither us nor the calling shell. The program
 * stays in the terminal's session.
 *
 * To the kernel, the program starts in the background of the terminal. We pass on signals that we get
 * (Ctrl-C, Ctrl-Z, kill) to its group. When it tries to read from the terminal, which stops it, we make it
 * the foreground group; its Ctrl-C and Ctrl-Z then reach it directly. So `pelton emulate -- program | less`
 * leaves the keyboard to less.
 */

#define LEFTOVER_MS 3000 /* for device models to notice that their host has ended */

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT };
#define N_PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

struct job {
	pid_t program; /* and its group */
	pid_t own_group;
	int terminal;	   /* descriptor; -1: none */
	bool has_terminal; /* the program is in the foreground */
	sigset_t before, watched;
};

/* ---- signals ---- */

/*
 * Signals that we inherited as ignored (nohup, a shell's background job) stay ignored, also in the program.
 */
static void watch_signals(struct job *job)
{
	sigemptyset(&job->watched);
	sigaddset(&job->watched, SIGCHLD);
	for (size_t i = 0; i < N_PASSED_ON; i++) {
		struct sigaction action;

		if (sigaction(passed_on[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&job->watched, passed_on[i]);
	}
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTTOU, SIG_IGN); /* we take the terminal back while in the background */
	sigprocmask(SIG_BLOCK, &job->watched, &job->before);
}

/* ---- the terminal ---- */

static void give_terminal(struct job *job)
{
	if (job->terminal >= 0 && tcgetpgrp(job->terminal) == job->own_group &&
	    tcsetpgrp(job->terminal, job->program) == 0)
		job->has_terminal = true;
}

static void take_terminal(struct job *job)
{
	if (job->has_terminal)
		tcsetpgrp(job->terminal, job->own_group);
	job->has_terminal = false;
}

/* Stop our whole group, as Ctrl-Z would, until it is continued. */
static void stop_ourselves(const struct job *job)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t stop;

	sigaction(SIGTSTP, &action, NULL);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	if (sigismember(&job->watched, SIGTSTP))
		sigprocmask(SIG_BLOCK, &stop, NULL);
}

static void program_stopped(struct job *job, int signal)
{
	bool had = job->has_terminal;

	if (!had && (signal == SIGTTIN || signal == SIGTTOU)) {
		give_terminal(job);
		if (job->has_terminal) {
			kill(-job->program, SIGCONT);
			return;
		}
	}
	take_terminal(job);
	stop_ourselves(job);
	if (had)
		give_terminal(job);
	kill(-job->program, SIGCONT);
}

/* ---- the program ---- */

static void change_environment(const struct pel_emulation *emulation, bool verbose)
{
	for (const char *const *e = pel_emulation_environment(emulation); *e; e++) {
		char *name = cli_format("%s", *e), *equals = strchr(name, '=');

		if (equals) {
			*equals = '\0';
			setenv(name, equals + 1, 1);
		} else {
			unsetenv(name);
		}
		free(name);
	}
	if (verbose)
		setenv("PELTON_EMULATOR_LOG", "1", 1);
}

/* XRT copies buffers through its stack. */
static void raise_stack(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_STACK, &limit);
	}
}

static _Noreturn void be_program(const struct job *job, const struct pel_emulation *emulation,
				 const struct cli_args *args, pid_t parent, int report)
{
	unsigned interrupted = 0;
	int code;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* its devices end with us */
	if (getppid() != parent)
		_exit(CLI_FAILED);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	raise_stack();
	change_environment(emulation, cli_has(args, "--verbose"));
	sigprocmask(SIG_SETMASK, &job->before, NULL);
	execvp(args->operands[0], (char *const *)args->operands);
	code = errno;
	while (write(report, &code, sizeof(code)) < 0 && cli_call_again(&interrupted))
		;
	_exit(127);
}

/* Returns 0, or the errno with which the program could not be started. */
static int start_program(struct job *job, const struct pel_emulation *emulation, const struct cli_args *args)
{
	pid_t parent = getpid();
	int report[2], code = 0;
	unsigned interrupted = 0;
	ssize_t n;

	if (pipe2(report, O_CLOEXEC) < 0)
		return errno;
	fflush(NULL);
	job->program = fork();
	if (job->program == 0)
		be_program(job, emulation, args, parent, report[1]);
	code = job->program < 0 ? errno : 0;
	close(report[1]);
	if (job->program > 0) {
		setpgid(job->program, job->program); /* parent and child both do it: either may come first */
		do
			n = read(report[0], &code, sizeof(code));
		while (n < 0 && cli_call_again(&interrupted));
		if (n > 0)
			waitpid(job->program, NULL, 0);
	}
	close(report[0]);
	return code;
}

/* Wait until the program has ended. Returns waitpid()'s status. */
static int wait_program(struct job *job)
{
	for (;;) {
		int status, signal = sigwaitinfo(&job->watched, NULL);
		pid_t pid;

		if (signal > 0 && signal != SIGCHLD) {
			kill(-job->program, signal);
			if (signal == SIGTSTP)
				stop_ourselves(job);
			continue;
		}
		while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
			if (pid != job->program)
				continue;
			if (!WIFSTOPPED(status))
				return status;
			program_stopped(job, WSTOPSIG(status));
		}
	}
}

/*
 * Processes that the program leaves behind become our children. Device models end by themselves; other
 * processes of its group no longer have a device and are killed.
 */
static void wait_leftovers(const struct job *job)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };

	for (int ms = 0; ms < LEFTOVER_MS; ms += 2) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD && kill(-job->program, 0) < 0)
			return;
		if (kill(-job->program, 0) < 0 && ms >= 500)
			return; /* the remaining ones are not in the group */
		nanosleep(&pause, NULL);
	}
	kill(-job->program, SIGKILL);
	while (waitpid(-job->program, NULL, 0) > 0)
		;
}

static int could_not_start(const char *program, int code)
{
	cli_error(0, "cannot start '%s': %s", program, strerror(code));
	if (code == ENOENT && !strchr(program, '/'))
		cli_hint("PATH is searched for it; for a program in this folder write ./%s", program);
	return code == ENOENT ? 127 : 126;
}

/* True if a signal that ends a command is pending, while there is no program yet to pass it on to. */
static bool was_interrupted(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigismember(&pending, ending[i]))
			return true;
	return false;
}

static int run_program(struct job *job, const struct cli_args *args, const struct pel_emulation *emulation)
{
	int code, status;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	code = start_program(job, emulation, args);
	if (code)
		return could_not_start(args->operands[0], code);
	status = wait_program(job);
	take_terminal(job);
	wait_leftovers(job);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_emulate(const struct cli_args *args)
{
	struct job job = { .own_group = getpgrp(), .terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) };
	struct pel_emulation *emulation;
	struct pel_error err = { 0 };
	unsigned n_devices;
	int r, status;

	if (!cli_number(args, "--devices", 1, 16, 1, &n_devices))
		return CLI_USAGE;
	watch_signals(&job); /* from now on there is a folder to clean up */
	r = pel_emulation_create(n_devices, &emulation, &err);
	if (r < 0) {
		status = was_interrupted() ? CLI_INTERRUPTED : cli_explain(&err, r);
		pel_error_fini(&err);
		return status;
	}
	status = was_interrupted() ? CLI_INTERRUPTED : run_program(&job, args, emulation);
	pel_emulation_destroy(emulation);
	pel_error_fini(&err);
	return status;
}

static const struct cli_option options_table[] = {
	{ "--devices", NULL, "N", false, false, "number of emulated devices; default: 1" },
	{ "--verbose", NULL, NULL, false, false, "let the emulated devices log what they do" },
	{ 0 },
};

const struct cli_command cli_emulate = {
	"emulate",     "PROGRAM...", 1, SIZE_MAX, "run an XRT program on emulated devices",
	options_table, run_emulate,
};
