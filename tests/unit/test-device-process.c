/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device-process.h"

/* The device process, before it opens a device: how it ends, and what it does with what it did not ask for. */

#define ANSWER_MS 60000

static struct pel_device_process process;
static struct pel_error err;

static void start(void)
{
	ck_assert_int_eq(pel_device_process_start(&process, NULL, (struct pel_place){ 0 }, &err), 0);
}

/* Nobody has looked at it since: fate() is the first to learn of it. */
START_TEST(fate_of_a_process_is_known_at_the_first_look)
{
	siginfo_t info;
	char text[64];

	start();
	kill(process.pid, SIGKILL);
	ck_assert_int_eq(waitid(P_PID, (id_t)process.pid, &info, WEXITED | WNOWAIT), 0);
	pel_device_process_fate(&process, text, sizeof(text));
	ck_assert_str_eq(text, "was killed by signal 9");
	pel_device_process_end(&process);
}
END_TEST

/* Send the head of a message with `n` copies of `fd`, which is closed here. */
static void send_fds(uint32_t kind, int fd, unsigned n)
{
	struct pel_device_message message = { .kind = kind, .sequence = ++process.sequence };
	struct iovec iov = { .iov_base = &message, .iov_len = PEL_DEVICE_MESSAGE_HEAD };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * 16)];
	} space = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = space.bytes,
			      .msg_controllen = CMSG_SPACE(sizeof(int) * n) };

	ck_assert_uint_le(n, 16);
	space.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS,
					 .cmsg_len = CMSG_LEN(sizeof(int) * n) };
	for (unsigned i = 0; i < n; i++)
		memcpy(CMSG_DATA(&space.header) + i * sizeof(fd), &fd, sizeof(fd));
	ck_assert_int_gt(sendmsg(process.control, &msg, MSG_NOSIGNAL), 0);
	close(fd);
}

static const unsigned counts[] = { 1, PEL_FDS, PEL_FDS + 1, 16 };

/* One more than the process asks for fits into its buffer, too. */
START_TEST(descriptors_that_nobody_asked_for_are_closed)
{
	const char *text, *hint;
	int ends[2];
	struct pollfd reader;

	start();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	send_fds(PEL_MESSAGE_KERNEL, ends[1], counts[_i]);
	ck_assert_int_eq(pel_device_process_answer(&process, ANSWER_MS, (const int[]){ -1, -1 }, &text, &hint),
			 -EINVAL);
	reader = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	ck_assert_int_eq(poll(&reader, 1, 0), 1);
	ck_assert_int_eq(reader.revents & POLLHUP, POLLHUP); /* there is no writer any more */
	close(ends[0]);
	pel_device_process_end(&process);
}
END_TEST

int main(void)
{
	const char *build = getenv("BUILD_DIR");
	Suite *suite = suite_create("device-process");
	TCase *tcase = tcase_create("device-process");
	SRunner *runner;
	char path[4096];
	int failed;

	snprintf(path, sizeof(path), "%s/pelton-device", build ? build : ".");
	if (access(path, X_OK) < 0) {
		fprintf(stderr, "skipped: built without XRT\n");
		return 77;
	}
	setenv("PELTON_LIBEXEC", build ? build : ".", 1);
	tcase_set_timeout(tcase, 110);
	tcase_add_test(tcase, fate_of_a_process_is_known_at_the_first_look);
	tcase_add_loop_test(tcase, descriptors_that_nobody_asked_for_are_closed, 0,
			    sizeof(counts) / sizeof(counts[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
