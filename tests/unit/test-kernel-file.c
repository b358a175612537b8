/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char data[100000];

static void fill(void)
{
	uint64_t random = 1;

	random_bytes(&random, data, sizeof(data));
}

static char text[400];

/* ---- file.read ---- */

#define READ(path, ...) \
	(CASE(.kernel = kernel_named("file.read"), .params = PARAMS(PARAM("file", path), __VA_ARGS__)))

START_TEST(read_gives_the_bytes_of_the_file)
{
	const char *path = scratch_path("data");

	fill();
	write_scratch(path, data, 100000);
	expect_kernel(READ(path, PARAM("type", "u8")), "u8", data, 100000);
	expect_kernel(READ(path, PARAM("type", "f32[5,5]")), "f32[5,5]", data, 1000);
	expect_kernel(READ(path, PARAM("type", "bytes[3]"), PARAM("partial", "drop")), "bytes[3]", data, 33333);
	write_scratch(path, data, 0);
	expect_kernel(READ(path, PARAM("type", "u8")), "u8", data, 0);
}
END_TEST

START_TEST(read_tells_how_long_it_will_take)
{
	const char *path = scratch_path("data");
	struct pel_harness_result *result;

	write_scratch(path, data, 1000);
	result = run_kernel(READ(path, PARAM("type", "u32")));
	ck_assert_uint_eq(result->expected_firings, 250);
	pel_harness_result_destroy(result);
}
END_TEST

START_TEST(read_starts_relative_paths_where_they_were_written)
{
	struct pel_harness_case *test = READ("data", PARAM("type", "u8"));

	fill();
	write_scratch(scratch_path("data"), data, 10);
	test->dir = scratch_folder();
	expect_kernel(test, "u8", data, 10);
}
END_TEST

START_TEST(read_says_what_is_wrong)
{
	const char *path = scratch_path("data"), *pipe_path = scratch_path("pipe");

	write_scratch(path, data, 1001);
	snprintf(text, sizeof(text),
		 "actor 'test' (file.read): '%s' has 1001 bytes, 1 more than a whole number of tokens of type u16[2] (4 bytes)",
		 path);
	expect_error(READ(path, PARAM("type", "u16[2]")), -EINVAL, text, "partial=\"drop\" ignores them");
	expect_error(READ(path, PARAM("type", "u16"), PARAM("partial", "keep")), -EINVAL,
		     "test of file.read: parameter 'partial' is outside its limits", NULL);
	expect_error(READ("-", PARAM("type", "u16")), -EINVAL, "actor 'test' (file.read): '-' is not a file",
		     "standard input is kernel file.stdin");
	expect_error(READ("/no/such/file", PARAM("type", "u16")), -ENOENT,
		     "actor 'test' (file.read): cannot open '/no/such/file' to read: No such file or directory",
		     NULL);
	snprintf(text, sizeof(text), "actor 'test' (file.read): '%s' is a directory", scratch_folder());
	expect_error(READ(scratch_folder(), PARAM("type", "u16")), -EISDIR, text, NULL);
	ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
	snprintf(text, sizeof(text), "actor 'test' (file.read): '%s' is not a regular file", pipe_path);
	expect_error(READ(pipe_path, PARAM("type", "u16")), -EINVAL, text,
		     "redirect standard input and use kernel file.stdin");
	expect_error(
		READ(path, PARAM("type", "T")), -EINVAL,
		"actor 'test' (file.read): parameter 'type' is 'T', which is not a type",
		"types are written like u8, f32[3], u8[1080,1920] or bytes[16]; a token has at most 1073741824 bytes");
	for (size_t i = 0; i < 5; i++) {
		const char *const theirs[] = { "int16", "s16", "I16", "int16_t", "short" };

		snprintf(text, sizeof(text),
			 "actor 'test' (file.read): parameter 'type' is '%s', which is not a type", theirs[i]);
		expect_error(READ(path, PARAM("type", theirs[i])), -EINVAL, text, "did you mean 'i16'?");
	}
}
END_TEST

/* ---- file.write ---- */

START_TEST(write_leaves_the_bytes_in_the_file)
{
	static unsigned char got[100001];
	const char *path = scratch_path("out");
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("file.write"),
					 .params = PARAMS(PARAM("file", path)),
					 .in = INPUTS({ "u16[5]", data, 10000 }) };
	struct pel_harness_result *result;

	fill();
	write_scratch(path, got, sizeof(got)); /* longer: it must go */
	result = run_kernel(&test);
	ck_assert_uint_eq(result->n_results, 1);
	ck_assert_str_eq(result->results[0]->name, "bytes");
	ck_assert_uint_eq(result->results[0]->u64, 100000);
	pel_harness_result_destroy(result);
	ck_assert_uint_eq(read_scratch(path, got, sizeof(got)), 100000);
	ck_assert_mem_eq(got, data, 100000);
	check_kernel(&test, 3);
}
END_TEST

START_TEST(write_says_what_is_wrong)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("file.write"),
					 .in = INPUTS({ "u8", data, 100 }) };

	test.params = PARAMS(PARAM("file", "-"));
	expect_error(&test, -EINVAL, "actor 'test' (file.write): '-' is not a file",
		     "standard output is kernel file.stdout");
	test.params = PARAMS(PARAM("file", "/no/such/folder/file"));
	expect_error(
		&test, -ENOENT,
		"actor 'test' (file.write): cannot open '/no/such/folder/file' to write: No such file or directory",
		NULL);
	test.params = PARAMS(PARAM("file", "/dev/full"));
	expect_error(&test, -ENOSPC, "kernel file.write: cannot write '/dev/full': No space left on device",
		     NULL);
}
END_TEST

/* ---- file.stdin, file.stdout: in a child whose standard streams are pipes ---- */

struct child {
	pid_t pid;
	int in, out; /* the other ends */
};

/* Runs the case in a child; its output 0, or its error's text, is what it writes to `out`. */
static struct child start(const struct pel_harness_case *test, bool output_to_pipe)
{
	int in[2], out[2];
	struct child child;

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	fflush(stdout);
	child.pid = fork();
	if (child.pid == 0) {
		struct pel_harness_result *result = NULL;
		struct pel_error err = { 0 };
		ssize_t n = 0;

		dup2(in[0], STDIN_FILENO);
		if (output_to_pipe)
			dup2(out[1], STDOUT_FILENO);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		if (pel_harness_run(test, &result, &err) < 0)
			n = write(out[1], err.items[0].text, strlen(err.items[0].text));
		else if (result->n_out)
			n = write(out[1], result->out[0]->data,
				  result->out[0]->tokens * pel_type_bytes(&result->out[0]->type));
		pel_harness_result_destroy(result);
		pel_error_fini(&err);
		_exit(n < 0);
	}
	close(in[0]);
	close(out[1]);
	child.in = in[1];
	child.out = out[0];
	return child;
}

static size_t end(struct child *child, void *got, size_t max)
{
	size_t n = 0;
	ssize_t more;
	int status;

	while ((more = read(child->out, (char *)got + n, max - n)) > 0)
		n += (size_t)more;
	close(child->out);
	ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
	ck_assert_int_eq(status, 0);
	return n;
}

START_TEST(standard_input_is_passed_on_however_it_comes)
{
	static unsigned char got[2000];
	struct child child =
		start(CASE(.kernel = kernel_named("file.stdin"), .params = PARAMS(PARAM("type", "bytes[7]"))),
		      false);

	fill();
	for (size_t done = 0; done < 700; done += 50) /* pieces that end within tokens */
		ck_assert_int_eq(write(child.in, data + done, 50), 50);
	close(child.in);
	ck_assert_uint_eq(end(&child, got, sizeof(got)), 700);
	ck_assert_mem_eq(got, data, 700);
}
END_TEST

START_TEST(standard_input_that_ends_within_a_token_is_an_error_or_dropped)
{
	static char got[200];
	struct child child = start(
		CASE(.kernel = kernel_named("file.stdin"), .params = PARAMS(PARAM("type", "u32"))), false);
	size_t n;

	ck_assert_int_eq(write(child.in, "123456", 6), 6);
	close(child.in);
	n = end(&child, got, sizeof(got) - 1);
	got[n] = '\0';
	ck_assert_str_eq(got, "kernel file.stdin: standard input ended with 2 bytes of a token of 4 bytes");
	child = start(CASE(.kernel = kernel_named("file.stdin"),
			   .params = PARAMS(PARAM("type", "u32"), PARAM("partial", "drop"))),
		      false);
	ck_assert_int_eq(write(child.in, "123456", 6), 6);
	close(child.in);
	ck_assert_uint_eq(end(&child, got, sizeof(got)), 4);
	expect_error(CASE(.kernel = kernel_named("file.stdin"),
			  .params = PARAMS(PARAM("type", "u32"), PARAM("partial", "?"))),
		     -EINVAL, "test of file.stdin: parameter 'partial' is outside its limits", NULL);
}
END_TEST

START_TEST(standard_output_gets_the_bytes)
{
	static unsigned char got[100001];
	struct child child;

	fill();
	child = start(CASE(.kernel = kernel_named("file.stdout"), .in = INPUTS({ "bytes[10]", data, 10000 })),
		      true);
	close(child.in);
	ck_assert_uint_eq(end(&child, got, sizeof(got)), 100000);
	ck_assert_mem_eq(got, data, 100000);
}
END_TEST

START_TEST(full_standard_output_is_an_error)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("file.stdout"),
					 .in = INPUTS({ "u8", data, 10 }) };
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct pel_harness_result *result;
		struct pel_error err = { 0 };

		dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
		status = pel_harness_run(&test, &result, &err) == -ENOSPC &&
			 strcmp(err.items[0].text,
				"kernel file.stdout: cannot write to standard output: No space left on device") ==
				 0;
		_exit(!status);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

RUN_TESTS("kernel-file", read_gives_the_bytes_of_the_file, read_tells_how_long_it_will_take,
	  read_starts_relative_paths_where_they_were_written, read_says_what_is_wrong,
	  write_leaves_the_bytes_in_the_file, write_says_what_is_wrong,
	  standard_input_is_passed_on_however_it_comes,
	  standard_input_that_ends_within_a_token_is_an_error_or_dropped, standard_output_gets_the_bytes,
	  full_standard_output_is_an_error)
