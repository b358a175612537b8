/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "expr.h"
#include "graph-model.h"
#include "load.h"
#include "pack-model.h"
#include "source.h"
#include "windows.h"
#include "xrt-library.h"

/* The numbers in the manual are those in the code. */

static char *page;

static void load(const char *name)
{
	char path[4096];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/docs/%s", getenv("SOURCE_DIR"), name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	free(page);
	page = calloc(1, 1 << 20);
	ck_assert_ptr_nonnull(page);
	size = fread(page, 1, (1 << 20) - 1, file);
	fclose(file);
	ck_assert_uint_gt(size, 0);
}

/* The page has this text. */
__attribute__((format(printf, 1, 2))) static void has(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!strstr(page, text))
		ck_abort_msg("the manual does not say: %s", text);
}

/* "20 000 000". Returns buf. */
static const char *grouped(uint64_t value, char *buf, size_t size)
{
	char digits[32];
	size_t n = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value), at = 0;

	for (size_t i = 0; i < n && at + 2 < size; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf[at++] = ' ';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

static int log2_of(uint64_t value)
{
	ck_assert_uint_eq(value & (value - 1), 0);
	return 63 - __builtin_clzll(value);
}

START_TEST(limits_of_documents_are_those_of_the_reference)
{
	char a[32], b[32];

	load("reference.md");
	has("| document | %llu GiB, %s elements, elements nested %d deep, %d attributes an element |",
	    (unsigned long long)PEL_MAX_DOCUMENT_BYTES >> 30, grouped(PEL_MAX_ELEMENTS, a, sizeof(a)),
	    PEL_MAX_DEPTH, PEL_MAX_ATTRIBUTES);
	has("| hierarchy | %d levels; %s actors and %s channels when unfolded |", PEL_MAX_DEPTH,
	    grouped(PEL_MAX_ACTORS, a, sizeof(a)), grouped(PEL_MAX_CHANNELS, b, sizeof(b)));
	has("| rate, phases | 2^%d, %u |", log2_of(PEL_MAX_RATE), PEL_MAX_PHASES);
	has("A rate is at most 2^%d, and a list has at most %u phases.", log2_of(PEL_MAX_RATE), PEL_MAX_PHASES);
	has("| capacity | 2^%d tokens |", log2_of(PEL_MAX_CAPACITY));
	has("| copies | %u |", PEL_MAX_COPIES);
	has("| `copies` | expression, 1 to %u |", PEL_MAX_COPIES);
	has("| token | %llu GiB, %d dimensions |", (unsigned long long)PEL_MAX_TOKEN_BYTES >> 30, PEL_MAX_DIMS);
	has("with up to %d dimensions", PEL_MAX_DIMS);
	has("| list parameter | %s elements |", grouped(PEL_MAX_LIST_ELEMENTS, a, sizeof(a)));
	has("| text after replacement | %u MiB |", PEL_MAX_TEXT_BYTES >> 20);
	has("| errors shown | %d |", PEL_MAX_ERRORS);
}
END_TEST

START_TEST(limits_of_xclbins_are_those_of_their_page)
{
	load("xclbin.md");
	has("up to %d compute units (32 where", PEL_PACK_CUS_MAX);
	has("up to %d arguments (%d where a graph calls it)", PEL_PACK_ARGS_MAX, PEL_DEVICE_ARGS_MAX);
	has("up to %d banks of 4 GiB", PEL_PACK_BANKS_MAX);
}
END_TEST

START_TEST(limits_of_devices_are_those_of_their_page)
{
	load("fpga.md");
	has("| compute units in one xclbin, emulated | %d; 32 where", PEL_XRT_UNITS_MAX);
	has("| arguments of a kernel | %d where a graph calls it; %d where it is packed", PEL_DEVICE_ARGS_MAX,
	    PEL_PACK_ARGS_MAX);
	has("| bytes of a scalar argument | %zu |", sizeof(((struct pel_device_arg *)0)->value));
	has("| letters of the names of a kernel and its unit, together | %d |", PEL_WINDOWS_CU_MAX - 1);
	has("| actors on one device | %d |", PEL_DEVICE_KERNELS_MAX);
	has("| calls in flight on one device | %d, of all its actors |", PEL_DEVICE_CALLS_MAX);
	has("| memory banks | %d in an xclbin;", PEL_PACK_BANKS_MAX);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("manual");
	TCase *c = tcase_create("numbers");

	tcase_add_test(c, limits_of_documents_are_those_of_the_reference);
	tcase_add_test(c, limits_of_xclbins_are_those_of_their_page);
	tcase_add_test(c, limits_of_devices_are_those_of_their_page);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(page);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
