/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Trees as control groups of both versions show them. */

static void put(const char *root, const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		mkdir(full, 0777);
	}
	file = fopen(full, "we");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static const struct {
	const char *files[6][2];
	uint64_t cores, memory;
} trees[] = {
	{ { { "/proc/self/cgroup", "0::/a/b\n" } }, 64, 1000000 },
	{ { { "/proc/self/cgroup", "0::/a/b\n" },
	    { "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n" },
	    { "/sys/fs/cgroup/a/cpu.max", "250000 100000\n" },
	    { "/sys/fs/cgroup/a/b/memory.max", "5000\n" } },
	  3,
	  5000 },
	/* In a container its group is the root. */
	{ { { "/proc/self/cgroup", "0::/\n" }, { "/sys/fs/cgroup/cpu.max", "50000 100000\n" } }, 1, 1000000 },
	{ { { "/proc/self/cgroup", "11:memory:/d\n4:cpu,cpuacct:/d/1\n1:name=systemd:/d\n" },
	    { "/sys/fs/cgroup/cpu,cpuacct/d/1/cpu.cfs_quota_us", "400000\n" },
	    { "/sys/fs/cgroup/cpu,cpuacct/d/1/cpu.cfs_period_us", "100000\n" },
	    { "/sys/fs/cgroup/memory/d/memory.limit_in_bytes", "7000\n" } },
	  4,
	  7000 },
	{ { { "/proc/self/cgroup", "4:cpuacct,cpu:/d/1\n0::/\n" },
	    { "/sys/fs/cgroup/cpu/d/1/cpu.cfs_quota_us", "-1\n" },
	    { "/sys/fs/cgroup/cpu/d/1/cpu.cfs_period_us", "100000\n" },
	    { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n" },
	    { "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n" } },
	  2,
	  1000000 },
	{ { { "/proc/self/cgroup", "nonsense\n:\n7\n" } }, 64, 1000000 },
};

START_TEST(limits_of_either_version_hold_for_a_group_and_all_below_it)
{
	char root[] = "/tmp/test-cgroup-XXXXXX", command[64];
	uint64_t cores = 64, memory = 1000000;

	ck_assert_ptr_nonnull(mkdtemp(root));
	for (size_t i = 0; i < 6 && trees[_i].files[i][0]; i++)
		put(root, trees[_i].files[i][0], trees[_i].files[i][1]);
	pel_cgroup_limits(root, &cores, &memory);
	snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
	ck_assert_uint_eq(cores, trees[_i].cores);
	ck_assert_uint_eq(memory, trees[_i].memory);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cgroup");
	TCase *cases = tcase_create("limits");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(cases, limits_of_either_version_hold_for_a_group_and_all_below_it, 0,
			    (int)(sizeof(trees) / sizeof(trees[0])));
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
