/* SPDX-License-Identifier: Apache-2.0 */
#include "device-case.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree.h"

#define MIB	 ((size_t)1 << 20)
#define KNOWN_MS 2000 /* a loss is known within this time, unless the machine is busy */
static const struct pel_place place = { "graph.xml", 3, 7 };

/* ---- no device ---- */

/* A folder with a program in the place of pelton-device. */
static void stand_in(const char *script)
{
	char dir[] = "/tmp/test-device-XXXXXX", path[64];
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/pelton-device", dir);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(script, file);
	fclose(file);
	chmod(path, 0755);
	setenv("PELTON_LIBEXEC", dir, 1);
}

static void end_stand_in(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/pelton-device", getenv("PELTON_LIBEXEC"));
	unlink(path);
	rmdir(getenv("PELTON_LIBEXEC"));
	setenv("PELTON_LIBEXEC", getenv("BUILD_DIR"), 1);
}

static int open_card(const char *xclbin, uint32_t index, struct pel_error *err)
{
	int fd = memfd_create("channels", MFD_CLOEXEC);
	struct pel_device_options options = {
		.index = index, .xclbin = xclbin, .memory_fd = fd, .memory_bytes = MIB
	};
	struct pel_device *device = NULL;
	int r;

	ck_assert_int_eq(ftruncate(fd, MIB), 0);
	r = pel_device_open(&options, place, &device, err);
	ck_assert_ptr_null(device);
	close(fd);
	return r;
}

START_TEST(device_process_that_does_not_start_is_explained)
{
	static const struct {
		const char *script;
		int code;
		const char *text;
	} cases[] = {
		{ "#!/bin/sh\nexit 5\n", -EIO, "the device process ended with status 5" },
		{ "#!/bin/sh\nkill -9 $$\n", -EIO, "the device process was killed by signal 9" },
		{ "#!/bin/sh\necho 'terminate called'\necho what: no >&2\nexit 6\n", -EIO,
		  "the device process ended with status 6; XRT's last message: 'what: no'" },
		{ "#!/bin/sh\necho 'x: error while loading shared libraries: libxrt_coreutil.so.2: no' >&2\nexit 127\n",
		  -ENOSYS,
		  "the device process cannot be started: x: error while loading shared libraries: libxrt_coreutil.so.2: no" },
		{ "not a program\n", -ENOEXEC, NULL },
	};
	struct pel_error err = { 0 };

	stand_in(cases[_i].script);
	ck_assert_int_eq(open_card(device_case_xclbin(), 0, &err), cases[_i].code);
	ck_assert_uint_eq(err.count, 1);
	if (cases[_i].text)
		ck_assert_str_eq(err.items[0].text, cases[_i].text);
	ck_assert_str_eq(err.items[0].file, "graph.xml");
	ck_assert_uint_eq(err.items[0].line, 3);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	pel_error_fini(&err);
	end_stand_in();
}
END_TEST

START_TEST(machine_without_card_says_so)
{
	struct pel_error err = { 0 };
	int r;

	unsetenv("XCL_EMULATION_MODE");
	unsetenv("XILINX_XRT");
	r = open_card(device_case_xclbin(), 7, &err);
	ck_assert_int_eq(r, -ENODEV);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text, "there is no device 7");
	ck_assert_ptr_nonnull(strstr(err.items[0].hint, "pelton doctor"));
	pel_error_fini(&err);
}
END_TEST

START_TEST(missing_xclbin_is_refused_before_anything_starts)
{
	struct pel_error err = { 0 };

	ck_assert_int_eq(open_card("/nowhere/k.xclbin", 0, &err), -ENOENT);
	ck_assert_uint_eq(err.count, 1);
	pel_error_fini(&err);
}
END_TEST

START_TEST(emulation_set_up_by_hand_and_wrongly_is_explained)
{
	struct pel_error err = { 0 };

	setenv("XCL_EMULATION_MODE", "sw_emu", 1);
	setenv("XILINX_VITIS", "/nowhere", 1);
	ck_assert_int_eq(open_card(device_case_xclbin(), 0, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text,
			 "XCL_EMULATION_MODE is sw_emu, but XILINX_VITIS (/nowhere) has no device model");
	ck_assert_ptr_nonnull(err.items[0].hint);
	pel_error_fini(&err);
	unsetenv("XCL_EMULATION_MODE");
	unsetenv("XILINX_VITIS");
}
END_TEST

/* ---- lost devices ---- */

static void sum(struct device_case *c, uint32_t vadd)
{
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_IN, 0, 4000),
					       WINDOW(1, PEL_ARG_IN, 4000, 4000),
					       WINDOW(2, PEL_ARG_OUT, 8000, 4000), SCALAR(3, 1000) };
	int *a = (int *)(void *)c->memory;

	for (int i = 0; i < 1000; i++) {
		a[i] = i * 3;
		a[1000 + i] = 7 - i;
		a[2000 + i] = 0;
	}
	ck_assert_int_eq(device_case_call(c, vadd, 0, args, 4).status, PEL_CALL_DONE);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(a[2000 + i], i * 2 + 7);
}

/* Keep some calls in flight, so that a death can happen at any moment of a call. */
static void submit_some(struct device_case *c, uint32_t vadd, unsigned n)
{
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_IN, 0, 40000),
					       WINDOW(1, PEL_ARG_IN, 40004, 40000),
					       WINDOW(2, PEL_ARG_OUT, 80008, 40000), SCALAR(3, 10000) };
	struct pel_device_call call = { .kernel = vadd, .n_args = 4, .args = args };

	while (n--)
		ck_assert_int_eq(pel_device_submit(c->device, &call), 0);
}

static void restart(struct device_case *c)
{
	struct pel_error err = { 0 };
	pid_t before = pel_device_pid(c->device);
	int r = pel_device_restart(c->device, &err);

	ck_assert_msg(r == 0, "%s", err.count ? err.items[0].text : "?");
	ck_assert_uint_eq(device_case_session(before), 0);
	ck_assert_int_eq(pel_device_check(c->device), 0);
}

/* Each costs a start of the device. */
static unsigned kills(void)
{
	return getenv("PELTON_TEST_KILLS") ? (unsigned)atoi(getenv("PELTON_TEST_KILLS")) : 10;
}

static void kill_often(bool model, unsigned times)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);
	unsigned least = HANG_MS;
	uint64_t seed = 12345;

	ck_assert_int_eq(pel_device_add_buffer(c.device, 5000, vadd, 0, place, NULL), 0);
	for (unsigned i = 0; i < times; i++) {
		pid_t victim = model ? device_case_model(pel_device_pid(c.device)) : pel_device_pid(c.device);
		unsigned ms;

		ck_assert_int_gt(victim, 1);
		submit_some(&c, vadd, i % 8);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		usleep((useconds_t)(seed >> 33) % 2500);
		ck_assert_int_eq(kill(victim, SIGKILL), 0);
		ms = device_case_loss(&c);
		least = ms < least ? ms : least;
		if (model)
			ck_assert_str_eq(pel_device_why(c.device), "the device model has ended");
		else
			ck_assert_str_eq(pel_device_why(c.device), "the device process was killed by signal 9");
		restart(&c);
		sum(&c, vadd);
	}
	ck_assert_uint_lt(least, KNOWN_MS);
	device_case_close(&c);
}

START_TEST(killed_device_process_is_known_and_restarted)
{
	kill_often(false, kills());
}
END_TEST

START_TEST(killed_device_model_is_known_and_restarted)
{
	kill_often(true, kills());
}
END_TEST

/* The descriptor on which the model receives windows, from the environment with which it was started. */
static int windows_of(pid_t model)
{
	static const char name[] = "PELTON_EMULATOR_WINDOWS=";
	char path[64], variables[65536] = { 0 };
	FILE *file;
	int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)model);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	(void)!fread(variables, 1, sizeof(variables) - 1, file);
	fclose(file);
	for (char *at = variables; *at; at += strlen(at) + 1)
		if (strncmp(at, name, sizeof(name) - 1) == 0)
			fd = atoi(at + sizeof(name) - 1);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Close it: when the model ends, this happens before its end is visible. False: this test is not allowed to. */
static bool close_windows(pid_t model)
{
	int pidfd = (int)syscall(SYS_pidfd_open, model, 0), fd;

	ck_assert_int_ge(pidfd, 0);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, windows_of(model), 0);
	close(pidfd);
	if (fd < 0)
		return false;
	ck_assert_int_eq(shutdown(fd, SHUT_RDWR), 0);
	close(fd);
	return true;
}

START_TEST(model_that_ends_while_it_is_told_of_a_call_has_ended)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);

	for (int ends = 0; ends < 2; ends++) {
		pid_t model = device_case_model(pel_device_pid(c.device));

		if (!close_windows(model)) {
			fprintf(stderr, "left out: descriptors of other processes cannot be had\n");
			break;
		}
		submit_some(&c, vadd, 1);
		usleep(20000);
		if (ends)
			ck_assert_int_eq(kill(model, SIGKILL), 0);
		device_case_loss(&c);
		ck_assert_str_eq(pel_device_why(c.device),
				 ends ? "the device model has ended"
				      : "the device process cannot send to the device model: Broken pipe");
		restart(&c);
		sum(&c, vadd);
	}
	device_case_close(&c);
}
END_TEST

START_TEST(stopped_processes_are_noticed)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);

	for (int i = 0; i < 2; i++) {
		pid_t victim = i ? device_case_model(pel_device_pid(c.device)) : pel_device_pid(c.device);

		ck_assert_int_eq(kill(victim, SIGSTOP), 0);
		device_case_loss(&c);
		ck_assert_str_eq(pel_device_why(c.device), i ? "the device model does not answer"
							     : "the device process does not answer");
		restart(&c);
		sum(&c, vadd);
	}
	device_case_close(&c);
}
END_TEST

START_TEST(idle_device_is_not_lost)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint64_t end = device_case_now_ms() + 3000;

	while (device_case_now_ms() < end) {
		ck_assert_int_eq(pel_device_check(c.device), 0);
		usleep(50000);
	}
	device_case_close(&c);
}
END_TEST

START_TEST(call_that_takes_too_long_loses_the_device)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t nap = device_case_kernel(&c, "nap", "nap_1", 1500);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_OUT, 0, 16), SCALAR(1, 60000) };
	const struct pel_device_arg brief[] = { WINDOW(0, PEL_ARG_OUT, 0, 16), SCALAR(1, 200) };
	struct pel_device_call call = { .cookie = 5, .kernel = nap, .n_args = 2, .args = brief };
	struct pel_device_completion done;

	/* The time limit of each call starts when its unit is free, so all calls together may take longer. */
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pel_device_submit(c.device, &call), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(device_case_await(&c).status, PEL_CALL_DONE);
	memset(c.memory, 0x22, 16);
	call.args = args;
	ck_assert_int_eq(pel_device_submit(c.device, &call), 0);
	done = device_case_await(&c);
	ck_assert_int_eq(done.status, PEL_CALL_TIMEOUT);
	ck_assert_uint_eq(done.cookie, 5);
	ck_assert_str_eq(done.message, "kernel 'nap' (CU nap_1) took longer than 1500 ms");
	device_case_loss(&c);
	ck_assert_str_eq(pel_device_why(c.device), "kernel 'nap' (CU nap_1) took longer than 1500 ms");
	ck_assert_uint_eq(c.memory[3], 0x22);
	restart(&c);
	sum(&c, vadd);
	device_case_close(&c);
}
END_TEST

START_TEST(closing_does_not_wait_for_calls)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t nap = device_case_kernel(&c, "nap", "nap_1 nap_2", 0);
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_OUT, 0, 16), SCALAR(1, 60000) };
	uint64_t begin;

	for (uint32_t i = 0; i < 20; i++) {
		struct pel_device_call call = { .kernel = nap, .cu = i % 2, .n_args = 2, .args = args };

		ck_assert_int_eq(pel_device_submit(c.device, &call), 0);
	}
	usleep(20000);
	begin = device_case_now_ms();
	device_case_close(&c);
	ck_assert_uint_lt(device_case_now_ms() - begin, HANG_MS);
}
END_TEST

/* ---- the host ---- */

START_TEST(children_and_signals_of_the_host_are_left_alone)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);
	struct sigaction action;
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(42);
	ck_assert_int_gt(child, 0);
	kill(pel_device_pid(c.device), SIGKILL);
	device_case_loss(&c);
	restart(&c);
	sum(&c, vadd);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 42);
	ck_assert_int_eq(sigaction(SIGCHLD, NULL, &action), 0);
	ck_assert_ptr_eq(action.sa_handler, SIG_DFL);
	/* A host that reaps all children. */
	signal(SIGCHLD, SIG_IGN);
	kill(pel_device_pid(c.device), SIGKILL);
	device_case_loss(&c);
	restart(&c);
	sum(&c, vadd);
	device_case_close(&c);
	signal(SIGCHLD, SIG_DFL);
}
END_TEST

/* A host that reports its device and its folder, and works until it is killed. */
static void be_host(int fd)
{
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_IN, 0, 4000),
					       WINDOW(1, PEL_ARG_IN, 4000, 4000),
					       WINDOW(2, PEL_ARG_OUT, 8000, 4000), SCALAR(3, 1000) };
	const char *cu = "vadd_1";
	struct pel_device_kernel vadd = { .name = "vadd", .cus = &cu, .n_cus = 1 };
	struct pel_device_call call = { .n_args = 4, .args = args };
	struct pel_device_completion done;
	struct device_case c;
	char line[128] = { 0 };
	int r;

	if (!device_case_start(&c, MIB, PEL_BUFFERS_AUTO) ||
	    (r = pel_device_add_kernel(c.device, &vadd, place, NULL)) < 0)
		_exit(1);
	call.kernel = (uint32_t)r;
	snprintf(line, sizeof(line), "%d %s", (int)pel_device_pid(c.device), pel_emulation_dir(c.emulation));
	(void)!write(fd, line, sizeof(line));
	while (pel_device_submit(c.device, &call) == 0)
		while (pel_device_take(c.device, &done) == 0)
			if (poll(&(struct pollfd){ .fd = pel_device_fd(c.device), .events = POLLIN }, 1,
				 PEL_DEVICE_TICK_MS) < 0 ||
			    pel_device_check(c.device) < 0)
				_exit(2);
	_exit(3);
}

START_TEST(nothing_is_left_of_a_killed_host)
{
	for (int i = 0; i < 10; i++) {
		char line[128], dir[100];
		int fds[2], device;
		uint64_t end;
		pid_t host;

		ck_assert_int_eq(pipe(fds), 0);
		host = fork();
		if (host == 0)
			be_host(fds[1]);
		ck_assert_int_eq(read(fds[0], line, sizeof(line)), sizeof(line));
		ck_assert_int_eq(sscanf(line, "%d %99s", &device, dir), 2);
		ck_assert_int_eq(access(dir, F_OK), 0);
		usleep((useconds_t)i * 1000);
		kill(host, SIGKILL);
		waitpid(host, NULL, 0);
		end = device_case_now_ms() + HANG_MS;
		while (access(dir, F_OK) == 0 && device_case_now_ms() < end)
			usleep(1000);
		ck_assert_int_ne(access(dir, F_OK), 0);
		ck_assert_uint_eq(device_case_session(device), 0);
		close(fds[0]);
		close(fds[1]);
	}
}
END_TEST

/* A folder with many files whose process has ended. */
static void leave_folder(char path[32])
{
	struct pel_tree tree;
	int fds[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		if (pel_tree_create(&tree, NULL) < 0)
			_exit(1);
		for (int i = 0; i < 500; i++) {
			char name[16];

			snprintf(name, sizeof(name), "%d", i);
			if (pel_tree_folder(&tree, name) < 0)
				_exit(1);
		}
		_exit(write(fds[1], tree.path, sizeof(tree.path)) < 0);
	}
	ck_assert_int_gt(read(fds[0], path, 32), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	close(fds[0]);
	close(fds[1]);
}

START_TEST(sweep_that_is_killed_is_finished_by_the_next)
{
	for (int i = 0; i < 20; i++) {
		uint64_t end = device_case_now_ms() + HANG_MS;
		char path[32];
		pid_t child;

		leave_folder(path);
		child = fork();
		if (child == 0)
			_exit((int)pel_tree_sweep(true));
		usleep((useconds_t)i * 250);
		kill(child, SIGKILL);
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
		/* Another test may be removing it. */
		do
			pel_tree_sweep(true);
		while (access(path, F_OK) == 0 && device_case_now_ms() < end);
		ck_assert_int_ne(access(path, F_OK), 0);
	}
}
END_TEST

static unsigned count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(no_descriptors_are_lost)
{
	unsigned before;
	struct device_case c;

	before = count_fds();
	for (int i = 0; i < 3; i++) {
		c = device_case_open(MIB, PEL_BUFFERS_AUTO);
		device_case_kernel(&c, "vadd", "vadd_1", 0);
		kill(pel_device_pid(c.device), SIGKILL);
		device_case_loss(&c);
		restart(&c);
		device_case_close(&c);
	}
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("device-loss");
	TCase *tcase = tcase_create("device-loss");

	tcase_set_timeout(tcase, 110);
	tcase_add_loop_test(tcase, device_process_that_does_not_start_is_explained, 0, 5);
	tcase_add_test(tcase, machine_without_card_says_so);
	tcase_add_test(tcase, missing_xclbin_is_refused_before_anything_starts);
	tcase_add_test(tcase, emulation_set_up_by_hand_and_wrongly_is_explained);
	tcase_add_test(tcase, killed_device_process_is_known_and_restarted);
	tcase_add_test(tcase, killed_device_model_is_known_and_restarted);
	tcase_add_test(tcase, model_that_ends_while_it_is_told_of_a_call_has_ended);
	tcase_add_test(tcase, stopped_processes_are_noticed);
	tcase_add_test(tcase, idle_device_is_not_lost);
	tcase_add_test(tcase, call_that_takes_too_long_loses_the_device);
	tcase_add_test(tcase, closing_does_not_wait_for_calls);
	tcase_add_test(tcase, children_and_signals_of_the_host_are_left_alone);
	tcase_add_test(tcase, nothing_is_left_of_a_killed_host);
	tcase_add_test(tcase, sweep_that_is_killed_is_finished_by_the_next);
	tcase_add_test(tcase, no_descriptors_are_lost);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	SRunner *runner;
	int failed;

	if (!device_case_prepare())
		return 77;
	runner = srunner_create(suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	device_case_finish();
	return failed ? 1 : 0;
}
