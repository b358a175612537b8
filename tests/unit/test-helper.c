/* SPDX-License-Identifier: Apache-2.0 */
#include "helper.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Three processes that sleep for minutes: the program, a child of it, and one that has left its group and session. */
#define SLEEPERS "sleep 600 & setsid sleep 600 & exec sleep 600"

/* Run `script` in sh, all its output to `out`. */
static int start(const char *script, int out, unsigned limit_s, struct pel_helper_process *process)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	const struct pel_helper helper = { .argv = argv, .in = -1, .out = out, .err = out, .limit_s = limit_s };

	return pel_helper_start(&helper, process);
}

/* A pipe whose writing end the sleepers hold: it ends when the last of them has. */
static void make_pipe(int ends[2])
{
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
}

/* Read until nobody holds the other end. The time limit only guards against hanging. */
static void wait_for_nobody(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char bytes[64];
	ssize_t n = 1;

	while (n > 0) {
		ck_assert_msg(poll(&poll_fd, 1, 30000) == 1, "something of the program still lives");
		n = read(fd, bytes, sizeof(bytes));
	}
	ck_assert_int_eq(n, 0);
	close(fd);
}

START_TEST(status_and_output_come_back)
{
	struct pel_helper_process process;
	char text[16] = "";
	int out = memfd_create("out", MFD_CLOEXEC), status = -1;

	ck_assert_int_eq(start("echo words; exit 3", out, 60, &process), 0);
	ck_assert_int_eq(pel_helper_wait(&process, NULL, &status), 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	ck_assert_int_eq(pread(out, text, sizeof(text) - 1, 0), 6);
	ck_assert_str_eq(text, "words\n");
	close(out);
	ck_assert_int_eq(start("kill -9 $$", -1, 60, &process), 0);
	ck_assert_int_eq(pel_helper_wait(&process, NULL, &status), 0);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_an_errno)
{
	const char *argv[] = { "no-such-program-anywhere", NULL };
	const struct pel_helper helper = { .argv = argv, .in = -1, .out = -1, .err = -1, .limit_s = 60 };
	struct pel_helper_process process;
	int status;

	ck_assert_int_eq(pel_helper_start(&helper, &process), 0);
	ck_assert_int_eq(pel_helper_wait(&process, NULL, &status), -ENOENT);
}
END_TEST

START_TEST(it_runs_in_the_folder_that_is_named)
{
	const char *argv[] = { "sh", "-c", "test \"$PWD\" = /usr", NULL };
	const struct pel_helper helper = {
		.argv = argv, .dir = "/usr", .in = -1, .out = -1, .err = -1, .limit_s = 60
	};
	struct pel_helper_process process;
	int status = -1;

	ck_assert_int_eq(pel_helper_start(&helper, &process), 0);
	ck_assert_int_eq(pel_helper_wait(&process, NULL, &status), 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(after_its_limit_nothing_of_it_is_left)
{
	struct pel_helper_process process;
	int ends[2], status;

	make_pipe(ends);
	ck_assert_int_eq(start(SLEEPERS, ends[1], 1, &process), 0);
	close(ends[1]);
	ck_assert_int_eq(pel_helper_wait(&process, NULL, &status), -ETIMEDOUT);
	wait_for_nobody(ends[0]);
}
END_TEST

static void *cancel_when_it_runs(void *context)
{
	struct pel_cancel *cancel = context;

	pel_cancel_set(cancel);
	return NULL;
}

START_TEST(given_up_nothing_of_it_is_left)
{
	struct pel_cancel *cancel = NULL;
	struct pel_helper_process process;
	pthread_t thread;
	int ends[2], status;
	char byte;

	ck_assert_int_eq(pel_cancel_create(&cancel), 0);
	make_pipe(ends);
	ck_assert_int_eq(start("echo; " SLEEPERS, ends[1], 600, &process), 0);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_when_it_runs, cancel), 0);
	ck_assert_int_eq(pel_helper_wait(&process, cancel, &status), -ECANCELED);
	pthread_join(thread, NULL);
	wait_for_nobody(ends[0]);
	ck_assert(pel_cancel_is_set(cancel));
	pel_cancel_destroy(cancel);
}
END_TEST

START_TEST(stopped_without_being_waited_for_nothing_of_it_is_left)
{
	struct pel_helper_process process;
	int ends[2];

	make_pipe(ends);
	ck_assert_int_eq(start(SLEEPERS, ends[1], 600, &process), 0);
	close(ends[1]);
	pel_helper_stop(&process);
	pel_helper_stop(&process);
	wait_for_nobody(ends[0]);
}
END_TEST

/* However it ends: here by a signal that nobody can catch. */
START_TEST(when_the_host_is_killed_nothing_of_it_is_left)
{
	struct pel_helper_process process;
	int ends[2], status;
	char byte;
	pid_t host;

	make_pipe(ends);
	host = fork();
	if (host == 0) {
		if (start("echo; " SLEEPERS, ends[1], 600, &process) < 0)
			_exit(1);
		pause();
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	kill(host, SIGKILL);
	ck_assert_int_eq(waitpid(host, &status, 0), host);
	ck_assert(WIFSIGNALED(status));
	wait_for_nobody(ends[0]);
}
END_TEST

START_TEST(a_host_that_ignores_its_children_gets_the_status)
{
	struct pel_helper_process process;
	int status = -1;

	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(start("exit 5", -1, 60, &process), 0);
	ck_assert_int_eq(pel_helper_wait(&process, NULL, &status), 0);
	ck_assert_int_eq(WEXITSTATUS(status), 5);
	signal(SIGCHLD, SIG_DFL);
}
END_TEST

START_TEST(a_limit_in_the_environment_goes_over_the_callers)
{
	setenv("PELTON_HELPER_LIMIT_S", "7", 1);
	ck_assert_uint_eq(pel_helper_limit(60), 7);
	setenv("PELTON_HELPER_LIMIT_S", "0", 1); /* not allowed: counts as none */
	ck_assert_uint_eq(pel_helper_limit(60), 60);
	unsetenv("PELTON_HELPER_LIMIT_S");
	ck_assert_uint_eq(pel_helper_limit(60), 60);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("helper");
	TCase *tests = tcase_create("helper");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 100);
	tcase_add_test(tests, status_and_output_come_back);
	tcase_add_test(tests, a_program_that_is_not_there_is_an_errno);
	tcase_add_test(tests, it_runs_in_the_folder_that_is_named);
	tcase_add_test(tests, after_its_limit_nothing_of_it_is_left);
	tcase_add_test(tests, given_up_nothing_of_it_is_left);
	tcase_add_test(tests, stopped_without_being_waited_for_nothing_of_it_is_left);
	tcase_add_test(tests, when_the_host_is_killed_nothing_of_it_is_left);
	tcase_add_test(tests, a_host_that_ignores_its_children_gets_the_status);
	tcase_add_test(tests, a_limit_in_the_environment_goes_over_the_callers);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
