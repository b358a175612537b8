/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_KERNEL_CASE_H
#define PEL_TEST_KERNEL_CASE_H

#include <check.h>
#include <pelton/harness.h>
#include <stddef.h>

/* Short forms for tests of kernels. All of them fail the test where something goes wrong. */

/* Parameters and inputs of a case, as compound literals. */
#define PARAMS(...) ((const struct pel_harness_param[]){ __VA_ARGS__, { 0 } })
#define PARAM(the_name, the_text)                      \
	{                                              \
		.name = (the_name), .text = (the_text) \
	}
#define LIST(the_name, the_data, the_count)                                  \
	{                                                                    \
		.name = (the_name), .data = (the_data), .count = (the_count) \
	}
#define INPUTS(...) ((const struct pel_harness_input[]){ __VA_ARGS__ })

/* A case, as a pointer to a compound literal. */
#define CASE(...) (&(struct pel_harness_case){ .size = sizeof(struct pel_harness_case), __VA_ARGS__ })

/* A kernel of a built-in module or of one in PELTON_MODULE_PATH. */
const struct pel_kernel *kernel_named(const char *name);

/* pel_harness_run() that must succeed. */
struct pel_harness_result *run_kernel(const struct pel_harness_case *test);

/* pel_harness_check() that must succeed. */
void check_kernel(const struct pel_harness_case *test, unsigned rounds);

/* pel_harness_run() must fail with `code` and exactly this text. `hint`: NULL means that there is none. */
void expect_error(const struct pel_harness_case *test, int code, const char *text, const char *hint);

/* Output `i` is of type `type` and has exactly these tokens. */
void expect_out(const struct pel_harness_result *result, unsigned i, const char *type, const void *data,
		size_t tokens);

/* Run, compare output 0, and check the rules. */
void expect_kernel(const struct pel_harness_case *test, const char *type, const void *data, size_t tokens);

/* Random numbers that are the same every time. */
uint64_t random_bits(uint64_t *state);
float random_float(uint64_t *state); /* -1 to 1 */
void random_bytes(uint64_t *state, void *to, size_t bytes);
void random_floats(uint64_t *state, float *to, size_t n);

/* A new empty folder, removed with all in it when the program ends. Paths are static. */
const char *scratch_folder(void);
const char *scratch_path(const char *name); /* the last 8 results stay valid */
void write_scratch(const char *path, const void *data, size_t bytes);
size_t read_scratch(const char *path, void *data, size_t max);

/* main() of a test program. */
int run_tests(const char *name, const TTest *const *tests, size_t n);
#define RUN_TESTS(name, ...)                                                   \
	int main(void)                                                         \
	{                                                                      \
		const TTest *const tests[] = { __VA_ARGS__ };                  \
                                                                               \
		return run_tests(name, tests, sizeof(tests) / sizeof(*tests)); \
	}

#endif
