/* SPDX-License-Identifier: Apache-2.0 */
#include "xrt-library.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "read-file.h"
#include "xrt-find.h"

/* XRT's own layout: see runtime/device/xrt-library.c. */
struct command {
	char others[0x20];
	uint32_t *packet;
};
typedef bool has_unit_fn(void *scheduler, struct command *command, unsigned unit);

#define START_KERNEL 0u
#define EXEC_WRITE   5u

static uint32_t header(unsigned opcode, unsigned masks)
{
	return 1u | (masks - 1) << 10 | 60u << 12 | opcode << 23 | 0xfu << 28;
}

/* XRT's library of software emulation; false: it is not on this machine. */
static bool load(unsigned char **bytes, size_t *size)
{
	struct pel_arena arena = { 0 };
	const char *folder = pel_xrt_find(&arena, NULL);
	char *text = NULL, *path = folder ? pel_arena_printf(&arena, "%s/" PEL_XRT_SWEMU, folder) : NULL;
	bool found = path && pel_read_file(path, (size_t)1 << 28, false, &text, size, NULL) == 0;

	*bytes = (unsigned char *)text;
	pel_arena_fini(&arena);
	return found;
}

static has_unit_fn *executable(const struct pel_xrt_patch *patch)
{
	union {
		void *memory;
		has_unit_fn *function;
	} code = { mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };

	ck_assert_ptr_ne(code.memory, MAP_FAILED);
	memcpy(code.memory, patch->bytes, patch->size);
	ck_assert_int_eq(mprotect(code.memory, 4096, PROT_READ | PROT_EXEC), 0);
	return code.function;
}

START_TEST(repaired_scheduler_finds_a_unit_at_its_own_place_only)
{
	struct pel_xrt_library_repair repair;
	unsigned char *bytes;
	size_t size;
	has_unit_fn *has;

	if (!load(&bytes, &size))
		return; /* no XRT */
	ck_assert_int_eq(pel_xrt_library_judge(bytes, size, &repair), 0);
	ck_assert_int_ne(repair.state, PEL_XRT_LIBRARY_UNKNOWN);
#if defined(__x86_64__)
	ck_assert_uint_eq(repair.units, 128);
	has = executable(&repair.patches[1]);
	for (unsigned masks = 1; masks <= 4; masks++)
		for (unsigned wanted = 0; wanted < masks * 32; wanted++) {
			uint32_t packet[5] = { header(START_KERNEL, masks) };
			struct command command = { .packet = packet };

			packet[1 + wanted / 32] = 1u << wanted % 32;
			for (unsigned unit = 0; unit < 128; unit++)
				ck_assert_int_eq(has(NULL, &command, unit), unit == wanted);
			packet[0] = header(EXEC_WRITE, masks);
			for (unsigned unit = 0; unit < 128; unit++)
				ck_assert(!has(NULL, &command, unit));
		}
	munmap((void *)(uintptr_t)has, 4096);
	ck_assert(pel_xrt_library_apply(bytes, &repair));
	ck_assert_mem_eq(bytes + repair.patches[1].at, repair.patches[1].bytes, repair.patches[1].size);
#else
	(void)has;
	ck_assert_uint_eq(repair.units, 32);
#endif
	pel_free(bytes);
}
END_TEST

START_TEST(scheduler_that_reads_its_mask_elsewhere_is_left_alone_and_counts_for_32_units)
{
	struct pel_xrt_library_repair repair;
	unsigned char *bytes;
	size_t size, at;

	if (!load(&bytes, &size))
		return;
	ck_assert_int_eq(pel_xrt_library_judge(bytes, size, &repair), 0);
	at = repair.patches[1].at;
	if (repair.patches[1].size)
		for (size_t i = at; i < at + 200; i++)
			if (bytes[i] == 0x8b && bytes[i + 2] == 0x20)
				bytes[i + 2] = 0x28;
	ck_assert_int_eq(pel_xrt_library_judge(bytes, size, &repair), 0);
	ck_assert_uint_eq(repair.patches[1].size, 0);
	ck_assert_uint_eq(repair.units, 32);
	pel_free(bytes);
}
END_TEST

START_TEST(any_bytes_are_judged)
{
	struct pel_xrt_library_repair repair;
	unsigned char *bytes;
	size_t size;

	ck_assert_int_eq(pel_xrt_library_judge((const unsigned char *)"no library", 10, &repair), -EINVAL);
	if (!load(&bytes, &size))
		return;
	for (size_t cut = 0; cut < size; cut += cut < 4096 ? 7 : size / 50)
		pel_xrt_library_judge(bytes, cut, &repair);
	pel_free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("xrt-library");
	TCase *tcase = tcase_create("xrt-library");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, repaired_scheduler_finds_a_unit_at_its_own_place_only);
	tcase_add_test(tcase, scheduler_that_reads_its_mask_elsewhere_is_left_alone_and_counts_for_32_units);
	tcase_add_test(tcase, any_bytes_are_judged);
	suite_add_tcase(s, tcase);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
