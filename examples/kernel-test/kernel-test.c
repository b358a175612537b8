/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the kernel in smooth.c: its results, and that it follows the rules for kernels.
 *
 *   build: cc -std=c17 -ffp-contract=off -o kernel-test kernel-test.c smooth.c $(pkg-config --cflags --libs pelton)
 */
#include <stdio.h>
#include <string.h>

#include <pelton/harness.h>

extern const struct pel_kernel_module pel_kernel_module; /* of smooth.c */

int main(void)
{
	static const float x[] = { 4, 8, 0, -4, 16, 0 };
	static const float averages[] = { 1, 3, 3, 2, 5, 3 };
	const struct pel_harness_case test = {
		.size = sizeof(test),
		.kernel = pel_kernel_module.kernels[0],
		.params = (const struct pel_harness_param[]){ { .name = "width", .text = "4" }, { 0 } },
		.in = (const struct pel_harness_input[]){ { "f32", x, 6 } },
	};
	struct pel_harness_result *result = NULL;
	struct pel_error err = { 0 };
	int failed = 1;

	if (pel_harness_run(&test, &result, &err) < 0 || pel_harness_check(&test, 100, 1, &err) < 0)
		fprintf(stderr, "kernel-test: %s\n", err.items[0].text);
	else if (result->out[0]->tokens != 6 || memcmp(result->out[0]->data, averages, sizeof(averages)) != 0)
		fprintf(stderr, "kernel-test: the averages are wrong\n");
	else
		failed = 0;
	pel_harness_result_destroy(result);
	pel_error_fini(&err);
	return failed;
}
