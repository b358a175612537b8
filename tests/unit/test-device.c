/* SPDX-License-Identifier: Apache-2.0 */
#include "device-case.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
static const struct pel_place place = { "graph.xml", 3, 7 };

/* ---- data ---- */

static void fill(struct device_case *c)
{
	for (size_t i = 0; i < c->bytes; i++)
		c->memory[i] = (unsigned char)(i * 131 + i / 251);
}

static int read_int(const unsigned char *at)
{
	int value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void check_sum(const struct device_case *c, size_t a, size_t b, size_t out, int n)
{
	for (int i = 0; i < n; i++) {
		unsigned x = (unsigned)read_int(c->memory + a + (size_t)i * 4);
		unsigned y = (unsigned)read_int(c->memory + b + (size_t)i * 4);

		ck_assert_uint_eq((unsigned)read_int(c->memory + out + (size_t)i * 4), x + y);
	}
}

static const enum pel_buffers strategies[] = { PEL_BUFFERS_AUTO, PEL_BUFFERS_USER, PEL_BUFFERS_MAPPED };

START_TEST(sums_are_right_at_odd_places_and_nothing_else_is_written)
{
	static const int counts[] = { 1, 3, 1023, 1024, 1025, 5000 };
	struct device_case c = device_case_open(MIB, strategies[_i]);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1 vadd_2", 0);
	struct pel_device_counters counters;
	unsigned char *before = malloc(MIB);

	fill(&c);
	for (size_t k = 0; k < 24; k++) {
		int n = counts[k % 6];
		size_t bytes = (size_t)n * 4, a = 4096 * (k % 3) + k * 28, b = 100000 + k * 4,
		       out = 300000 + k * 4092;
		const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_IN, a, bytes),
						       WINDOW(1, PEL_ARG_IN, b, bytes),
						       WINDOW(2, PEL_ARG_OUT, out, bytes), SCALAR(3, n) };
		struct pel_device_completion done;

		memcpy(before, c.memory, MIB);
		done = device_case_call(&c, vadd, k % 2, args, 4);
		ck_assert_str_eq(done.message, "");
		ck_assert_int_eq(done.status, PEL_CALL_DONE);
		ck_assert_uint_eq(done.cookie, 77);
		ck_assert_uint_gt(done.busy_ns, 0);
		check_sum(&c, a, b, out, n);
		ck_assert_mem_eq(c.memory, before, out);
		ck_assert_mem_eq(c.memory + out + bytes, before + out + bytes, MIB - out - bytes);
	}
	pel_device_counters(c.device, &counters);
	ck_assert_uint_eq(counters.calls, 24);
	ck_assert_uint_eq(counters.to_device_bytes, counters.from_device_bytes * 2);
	ck_assert_uint_eq(counters.copied_bytes,
			  _i == 2 ? counters.to_device_bytes + counters.from_device_bytes : 0);
	free(before);
	device_case_close(&c);
}
END_TEST

START_TEST(device_buffers_carry_data_between_calls)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);
	int n = 1000, number;

	fill(&c);
	number = pel_device_add_buffer(c.device, 20000, vadd, 2, place, NULL);
	ck_assert_int_eq(number, 0);
	for (uint32_t at = 0; at < 16000; at += 1004) {
		const struct pel_device_arg first[] = { WINDOW(0, PEL_ARG_IN, 40, 4000),
							WINDOW(1, PEL_ARG_CONSTANT, 8000, 4000),
							PART(2, 0, at, 4000), SCALAR(3, n) };
		const struct pel_device_arg second[] = { PART(0, 0, at, 4000),
							 WINDOW(1, PEL_ARG_CONSTANT, 8000, 4000),
							 WINDOW(2, PEL_ARG_OUT, 20004, 4000), SCALAR(3, n) };

		ck_assert_int_eq(device_case_call(&c, vadd, 0, first, 4).status, PEL_CALL_DONE);
		memset(c.memory + 20004, 0, 4000);
		ck_assert_int_eq(device_case_call(&c, vadd, 0, second, 4).status, PEL_CALL_DONE);
		for (int i = 0; i < n; i++)
			ck_assert_int_eq(read_int(c.memory + 20004 + i * 4),
					 (int)((unsigned)read_int(c.memory + 40 + i * 4) +
					       2u * (unsigned)read_int(c.memory + 8000 + i * 4)));
	}
	device_case_close(&c);
}
END_TEST

START_TEST(floats_and_doubles_reach_the_kernel_as_they_are)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t scale = device_case_kernel(&c, "scale", "scale_1", 0);
	float k = -2.5f, in[16];
	double add = 1e-3, out[16];
	struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_IN, 4, sizeof(in)),
					 WINDOW(1, PEL_ARG_OUT, 8192, sizeof(out)),
					 SCALAR(2, 0),
					 SCALAR(3, 0),
					 SCALAR(4, 0),
					 SCALAR(5, 16) };

	for (int i = 0; i < 16; i++)
		in[i] = (float)i / 4;
	memcpy(c.memory + 4, in, sizeof(in));
	memcpy(&args[2].value, &k, sizeof(k));
	memcpy(&args[3].value, &add, sizeof(add));
	args[3].bytes = args[4].bytes = 8;
	args[4].value = (uint64_t)-7000000000ll;
	ck_assert_int_eq(device_case_call(&c, scale, 0, args, 6).status, PEL_CALL_DONE);
	memcpy(out, c.memory + 8192, sizeof(out));
	for (int i = 0; i < 16; i++)
		ck_assert_double_eq(out[i], (double)(in[i] * k) + add + -7000000000.0);
	device_case_close(&c);
}
END_TEST

/* ---- many ---- */

START_TEST(many_calls_on_two_units_are_all_right)
{
	enum { CALLS = 2000, SLOTS = 200, N = 64 };
	struct device_case c = device_case_open(4 * MIB, strategies[_i]);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1 vadd_2", 0);
	unsigned submitted = 0, done = 0, on_way[SLOTS] = { 0 };

	fill(&c);
	while (done < CALLS) {
		struct pel_device_completion completion;
		size_t slot = submitted % SLOTS, at = slot * 4096 + slot * 4;

		if (submitted < CALLS && !on_way[slot]) {
			const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_IN, at, N * 4),
							       WINDOW(1, PEL_ARG_IN, at + 1024, N * 4),
							       WINDOW(2, PEL_ARG_OUT, 2 * MIB + at, N * 4),
							       SCALAR(3, N) };
			struct pel_device_call call = {
				.cookie = slot, .kernel = vadd, .cu = submitted % 2, .n_args = 4, .args = args
			};

			ck_assert_int_eq(pel_device_submit(c.device, &call), 0);
			on_way[slot] = 1;
			submitted++;
			continue;
		}
		completion = device_case_await(&c);
		slot = completion.cookie;
		ck_assert_int_eq(completion.status, PEL_CALL_DONE);
		ck_assert_uint_eq(on_way[slot], 1);
		on_way[slot] = 0;
		at = slot * 4096 + slot * 4;
		check_sum(&c, at, at + 1024, 2 * MIB + at, N);
		memset(c.memory + 2 * MIB + at, 0, N * 4);
		done++;
	}
	device_case_close(&c);
}
END_TEST

START_TEST(no_more_than_the_limit_are_on_their_way)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t nap = device_case_kernel(&c, "nap", "nap_1", 0);
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_OUT, 0, 16), SCALAR(1, 1) };
	struct pel_device_call call = { .kernel = nap, .n_args = 2, .args = args };
	long long last = 0;

	for (uint64_t i = 0; i < PEL_DEVICE_CALLS_MAX; i++) {
		call.cookie = i;
		ck_assert_int_eq(pel_device_submit(c.device, &call), 0);
	}
	ck_assert_int_eq(pel_device_submit(c.device, &call), -EAGAIN);
	for (uint64_t i = 0; i < PEL_DEVICE_CALLS_MAX; i++) {
		struct pel_device_completion done = device_case_await(&c);

		ck_assert_int_eq(done.status, PEL_CALL_DONE);
		ck_assert_uint_eq(done.cookie, i);
	}
	(void)last;
	device_case_close(&c);
}
END_TEST

/* ---- failures ---- */

static void bad_call(struct device_case *c, uint32_t bad, int how, const char *message)
{
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_OUT, 8192, 4), SCALAR(1, 5), SCALAR(2, how),
					       SCALAR(3, 0) };
	struct pel_device_completion done;

	memset(c->memory + 8192, 0x11, 4);
	done = device_case_call(c, bad, 0, args, 4);
	ck_assert_str_eq(done.message, message);
	ck_assert_int_eq(done.status, *message ? PEL_CALL_FAULT : PEL_CALL_DONE);
	ck_assert_int_eq(read_int(c->memory + 8192), *message ? 0x11111111 : 5);
}

START_TEST(kernel_that_crashes_is_a_fault_and_its_unit_goes_on)
{
	struct device_case c = device_case_open(MIB, strategies[_i]);
	uint32_t bad = device_case_kernel(&c, "bad", "bad_1", 0);

	for (int i = 0; i < 5; i++) {
		bad_call(&c, bad, 0, "");
		bad_call(&c, bad, 4, "kernel 'bad' (CU bad_1) crashed: division by zero");
		bad_call(&c, bad, 7, "kernel 'bad' (CU bad_1) called exit(3)");
		bad_call(&c, bad, 0, "");
	}
	ck_assert_int_eq(pel_device_check(c.device), 0);
	device_case_close(&c);
}
END_TEST

START_TEST(faults_are_told_of_the_right_calls)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t bad = device_case_kernel(&c, "bad", "bad_1", 0);

	for (uint64_t i = 0; i < 40; i++) {
		const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_OUT, 8192 + i * 4, 4), SCALAR(1, i),
						       SCALAR(2, i % 3 == 1 ? 4 : 0), SCALAR(3, 0) };
		struct pel_device_call call = { .cookie = i, .kernel = bad, .n_args = 4, .args = args };

		ck_assert_int_eq(pel_device_submit(c.device, &call), 0);
	}
	for (int i = 0; i < 40; i++) {
		struct pel_device_completion done = device_case_await(&c);

		ck_assert_int_eq(done.status, done.cookie % 3 == 1 ? PEL_CALL_FAULT : PEL_CALL_DONE);
		ck_assert_int_eq(read_int(c.memory + 8192 + done.cookie * 4),
				 done.cookie % 3 == 1 ? 0 : (int)done.cookie);
	}
	device_case_close(&c);
}
END_TEST

/* Let descriptor `fd` be a new file; *kept is what it was. */
static int redirect(int fd, int *kept)
{
	int file = memfd_create("text", MFD_CLOEXEC);

	ck_assert_int_ge(file, 0);
	fflush(NULL);
	*kept = dup(fd);
	ck_assert_int_eq(dup2(file, fd), fd);
	return file;
}

static void restore(int fd, int kept, int file, char *text, size_t bytes)
{
	ssize_t n;

	fflush(NULL);
	dup2(kept, fd);
	close(kept);
	n = pread(file, text, bytes - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(file);
}

START_TEST(what_a_kernel_prints_goes_to_standard_error)
{
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_OUT, 0, 4096), SCALAR(1, 5), SCALAR(2, 11),
					       SCALAR(3, 0) };
	int kept_out, out = redirect(STDOUT_FILENO, &kept_out), kept_err,
		      err = redirect(STDERR_FILENO, &kept_err);
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	struct pel_device_completion done =
		device_case_call(&c, device_case_kernel(&c, "bad", "bad_1", 0), 0, args, N_ARGS(args));
	char said_out[1024], said_err[1024];

	device_case_close(&c);
	restore(STDOUT_FILENO, kept_out, out, said_out, sizeof(said_out));
	restore(STDERR_FILENO, kept_err, err, said_err, sizeof(said_err));
	ck_assert_int_eq(done.status, PEL_CALL_DONE);
	ck_assert_str_eq(said_out, "");
	ck_assert_str_eq(said_err, "a word from the kernel, value 5");
}
END_TEST

/* Windows, and a part of a device buffer, above 4 GiB. Memory that is not touched costs nothing. */
START_TEST(places_and_sizes_have_more_than_32_bits)
{
	const size_t far = ((size_t)4 << 30) + 4092, bytes = (size_t)5 << 30;
	struct device_case c = device_case_open(bytes, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);
	const struct pel_device_arg first[] = { WINDOW(0, PEL_ARG_IN, far, 4000),
						WINDOW(1, PEL_ARG_IN, 4092, 4000), PART(2, 0, far, 4000),
						SCALAR(3, 1000) };
	const struct pel_device_arg second[] = { PART(0, 0, far, 4000), WINDOW(1, PEL_ARG_IN, 4092, 4000),
						 WINDOW(2, PEL_ARG_OUT, bytes - 4000, 4000), SCALAR(3, 1000) };
	const struct pel_device_arg low[] = { PART(0, 0, far % ((size_t)4 << 30), 4000),
					      WINDOW(1, PEL_ARG_IN, 4092, 4000),
					      WINDOW(2, PEL_ARG_OUT, bytes - 8000, 4000), SCALAR(3, 1000) };

	ck_assert_int_eq(pel_device_add_buffer(c.device, bytes, vadd, 2, place, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		memcpy(c.memory + far + i * 4, &(int){ i * 7 }, 4);
		memcpy(c.memory + 4092 + i * 4, &(int){ 5 - i }, 4);
	}
	ck_assert_str_eq(device_case_call(&c, vadd, 0, first, 4).message, "");
	ck_assert_str_eq(device_case_call(&c, vadd, 0, second, 4).message, "");
	ck_assert_str_eq(device_case_call(&c, vadd, 0, low, 4).message, "");
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(read_int(c.memory + bytes - 4000 + i * 4), i * 7 + 2 * (5 - i));
		ck_assert_int_eq(read_int(c.memory + bytes - 8000 + i * 4), 5 - i);
	}
	device_case_close(&c);
}
END_TEST

/* The emulated device has banks of 16 GiB. */
START_TEST(buffer_that_no_bank_holds_is_refused)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);
	struct pel_error err = { 0 };

	ck_assert_int_lt(pel_device_add_buffer(c.device, ((size_t)16 << 30) + 1, vadd, 2, place, &err), 0);
	/* XRT's own words follow in some releases. */
	ck_assert_ptr_eq(strstr(err.items[0].text, "the device has no memory for a buffer of 17179869185 bytes"),
			 err.items[0].text);
	pel_error_fini(&err);
	device_case_close(&c);
}
END_TEST

START_TEST(wrong_arguments_are_faults)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1", 0);
	const struct pel_device_arg outside[] = { WINDOW(0, PEL_ARG_IN, MIB - 4, 8) };
	const struct pel_device_arg huge[] = { WINDOW(0, PEL_ARG_OUT, 8, UINT64_MAX - 4) };
	const struct pel_device_arg scalar[] = { WINDOW(3, PEL_ARG_IN, 0, 8) };
	const struct pel_device_arg part[] = { PART(0, 3, 0, 8) };

	ck_assert_str_eq(
		device_case_call(&c, vadd, 0, outside, 1).message,
		"kernel 'vadd' (CU vadd_1) cannot be called: argument 0: its window is outside channel memory");
	ck_assert_int_eq(device_case_call(&c, vadd, 0, huge, 1).status, PEL_CALL_FAULT);
	ck_assert_str_eq(
		device_case_call(&c, vadd, 0, scalar, 1).message,
		"kernel 'vadd' (CU vadd_1) cannot be called: argument 3: it is not connected to device memory");
	ck_assert_str_eq(
		device_case_call(&c, vadd, 0, part, 1).message,
		"kernel 'vadd' (CU vadd_1) cannot be called: argument 0: the range is outside device buffer 3");
	ck_assert_int_eq(device_case_call(&c, vadd, 7, scalar, 1).status, PEL_CALL_FAULT);
	device_case_close(&c);
}
END_TEST

static void refused_kernel(struct device_case *c, const char *name, const char *cu, const char *text,
			   const char *hint)
{
	struct pel_device_kernel kernel = { .name = name, .cus = &cu, .n_cus = cu ? 1 : 0 };
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_device_add_kernel(c->device, &kernel, place, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_pstr_eq(strstr(err.items[0].text, "kernel"), text);
	ck_assert_pstr_eq(err.items[0].hint, hint);
	ck_assert_uint_eq(err.items[0].line, 3);
	pel_error_fini(&err);
}

START_TEST(wrong_names_are_explained)
{
	struct device_case c = device_case_open(MIB, PEL_BUFFERS_AUTO);
	struct pel_error err = { 0 };
	char text[256];

	refused_kernel(&c, "vaddd", "vadd_1", "kernel 'vaddd'", "did you mean 'vadd'?");
	refused_kernel(&c, "vadd", NULL, "kernel 'vadd' is used without a compute unit", NULL);
	snprintf(text, sizeof(text), "kernel 'vadd' in %s has no compute unit 'vadd_7'", device_case_xclbin());
	refused_kernel(&c, "vadd", "vadd_7", text, "did you mean 'vadd_1'?");
	ck_assert_uint_eq(device_case_kernel(&c, "vadd", "vadd_1", 0), 0);
	ck_assert_int_eq(pel_device_add_buffer(c.device, 100, 0, 3, place, &err), -EINVAL);
	ck_assert_str_eq(err.items[0].text, "argument 3 of kernel 'vadd' is not connected to device memory");
	pel_error_fini(&err);
	device_case_close(&c);
}
END_TEST

/* ---- figures: test-device bench ---- */

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void bench_latency(struct device_case *c, uint32_t empty)
{
	static double us[2000];
	const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_OUT, 0, 4), SCALAR(1, 1) };
	uint64_t busy = 0;

	for (int i = 0; i < 2000; i++) {
		double begin = now_us();

		busy += device_case_call(c, empty, 0, args, 2).busy_ns;
		us[i] = now_us() - begin;
	}
	qsort(us, 2000, sizeof(us[0]), compare);
	printf("one call of 4 bytes at a time: median %.0f us, best %.0f us, 99 %%: %.0f us; on the unit %.0f us\n",
	       us[1000], us[0], us[1980], (double)busy / 2000 / 1e3);
}

static void bench_blocks(struct device_case *c, uint32_t vadd, size_t bytes, unsigned depth)
{
	unsigned calls = bytes > MIB ? 40 : 400, submitted = 0, done = 0;
	double begin = 0;

	for (; done < calls; done++) {
		if (done == depth * 2)
			begin = now_us();
		for (; submitted < calls && submitted - done < depth; submitted++) {
			size_t slot = submitted % depth * 3 * bytes;
			const struct pel_device_arg args[] = { WINDOW(0, PEL_ARG_IN, slot, bytes),
							       WINDOW(1, PEL_ARG_IN, slot + bytes, bytes),
							       WINDOW(2, PEL_ARG_OUT, slot + 2 * bytes, bytes),
							       SCALAR(3, bytes / 4) };
			struct pel_device_call call = {
				.kernel = vadd, .cu = submitted % 2, .n_args = 4, .args = args
			};

			ck_assert_int_eq(pel_device_submit(c->device, &call), 0);
		}
		ck_assert_int_eq(device_case_await(c).status, PEL_CALL_DONE);
	}
	begin = (now_us() - begin) / (calls - depth * 2);
	printf("%8zu bytes in, in and out, %u in flight: %8.0f us a call, %.2f GB/s\n", bytes, depth, begin,
	       (double)bytes * 3 / begin / 1e3);
}

START_TEST(bench)
{
	for (int i = 1; i < 3; i++) {
		struct device_case c = device_case_open(256 * MIB, strategies[i]);
		uint32_t empty = device_case_kernel(&c, "empty", "empty_1", 0);
		uint32_t vadd = device_case_kernel(&c, "vadd", "vadd_1 vadd_2", 0);

		fill(&c);
		printf("%s buffers\n", i == 1 ? "user" : "mapped");
		bench_latency(&c, empty);
		for (size_t bytes = 4096; bytes <= 16 * MIB; bytes *= 4)
			for (unsigned depth = 1; depth <= 4; depth += 3)
				bench_blocks(&c, vadd, bytes, depth);
		device_case_close(&c);
	}
}
END_TEST

static Suite *figures(void)
{
	Suite *s = suite_create("figures");
	TCase *tcase = tcase_create("figures");

	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, bench);
	suite_add_tcase(s, tcase);
	return s;
}

static Suite *suite(void)
{
	Suite *s = suite_create("device");
	TCase *tcase = tcase_create("device");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, sums_are_right_at_odd_places_and_nothing_else_is_written, 0, 3);
	tcase_add_test(tcase, device_buffers_carry_data_between_calls);
	tcase_add_test(tcase, floats_and_doubles_reach_the_kernel_as_they_are);
	tcase_add_loop_test(tcase, many_calls_on_two_units_are_all_right, 1, 3);
	tcase_add_test(tcase, no_more_than_the_limit_are_on_their_way);
	tcase_add_loop_test(tcase, kernel_that_crashes_is_a_fault_and_its_unit_goes_on, 1, 3);
	tcase_add_test(tcase, faults_are_told_of_the_right_calls);
	tcase_add_test(tcase, what_a_kernel_prints_goes_to_standard_error);
	tcase_add_test(tcase, places_and_sizes_have_more_than_32_bits);
	tcase_add_test(tcase, buffer_that_no_bank_holds_is_refused);
	tcase_add_test(tcase, wrong_arguments_are_faults);
	tcase_add_test(tcase, wrong_names_are_explained);
	suite_add_tcase(s, tcase);
	return s;
}

int main(int argc, char **argv)
{
	SRunner *runner;
	int failed;

	if (!device_case_prepare())
		return 77;
	runner = srunner_create(argc > 1 && strcmp(argv[1], "bench") == 0 ? figures() : suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	device_case_finish();
	return failed ? 1 : 0;
}
