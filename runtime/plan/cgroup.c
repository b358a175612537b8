/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * The limits that control groups set for this process. In version 2, a group has one folder; in version 1, each controller has its own
 * hierarchy. Some machines have both. A limit applies to a group and all groups below it. In a container, its own group is mounted as the root.
 */
#define PATH_BYTES 8192

/* Read number `index` on the first line of a small file. False: it is missing, or is not a number ("max"). */
static bool read_number(const char *path, int index, long long *ret)
{
	FILE *file = fopen(path, "re");
	char line[128], *at = line, *word = NULL;
	bool ok = file && fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	for (; ok && index >= 0; index--)
		word = strsep(&at, " \n");
	return ok && word && sscanf(word, "%lld", ret) == 1;
}

static void tighten(long long limit, uint64_t *value)
{
	if (limit > 0 && (uint64_t)limit < *value)
		*value = (uint64_t)limit;
}

/* Lower *cores to the number of whole cores that a quota allows. */
static void tighten_cores(long long quota, long long period, uint64_t *cores)
{
	if (quota > 0 && period > 0)
		tighten(quota > period ? (quota - 1) / period + 1 : 1, cores);
}

static void unified(const char *folder, uint64_t *cores, uint64_t *memory)
{
	char path[PATH_BYTES + 32];
	long long quota, period, bytes;

	snprintf(path, sizeof(path), "%s/cpu.max", folder);
	if (read_number(path, 0, &quota) && read_number(path, 1, &period))
		tighten_cores(quota, period, cores);
	snprintf(path, sizeof(path), "%s/memory.max", folder);
	if (read_number(path, 0, &bytes))
		tighten(bytes, memory);
}

static void separate(const char *folder, uint64_t *cores, uint64_t *memory)
{
	char path[PATH_BYTES + 32], other[PATH_BYTES + 32];
	long long quota, period, bytes;

	snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
	snprintf(other, sizeof(other), "%s/cpu.cfs_period_us", folder);
	if (read_number(path, 0, &quota) && read_number(other, 0, &period)) /* -1: no limit */
		tighten_cores(quota, period, cores);
	snprintf(path, sizeof(path), "%s/memory.limit_in_bytes", folder);
	if (read_number(path, 0, &bytes))
		tighten(bytes, memory);
}

/* Apply the limits of a group and of all groups above it. */
static void apply(const char *mount, const char *group, bool v2, uint64_t *cores, uint64_t *memory)
{
	char folder[PATH_BYTES], *slash;
	size_t root = strlen(mount);

	if ((size_t)snprintf(folder, sizeof(folder), "%s%s", mount, group) >= sizeof(folder))
		return;
	for (;;) {
		(v2 ? unified : separate)(folder, cores, memory);
		slash = strrchr(folder, '/');
		if (!slash || (size_t)(slash - folder) < root)
			return;
		*slash = '\0';
	}
}

static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
			return true;
	return false;
}

/* Apply the limits of the group in a line of /proc/self/cgroup: "0::/user.slice", "4:cpu,cpuacct:/docker/1". */
static void apply_line(const char *root, char *line, uint64_t *cores, uint64_t *memory)
{
	char *rest = line, *controllers, *group, mount[PATH_BYTES / 2];

	line[strcspn(line, "\n")] = '\0';
	strsep(&rest, ":");
	controllers = strsep(&rest, ":");
	group = rest;
	if (!controllers || !group)
		return;
	if (strcmp(group, "/") == 0)
		group++;
	if (!*controllers) {
		snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup", root);
		apply(mount, group, true, cores, memory);
		return;
	}
	if (!is_listed(controllers, "cpu") && !is_listed(controllers, "memory"))
		return;
	/* The hierarchy is mounted under the whole list of controllers, or under a single name. */
	snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/%.200s", root, controllers);
	apply(mount, group, false, cores, memory);
	snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/%s", root,
		 is_listed(controllers, "cpu") ? "cpu" : "memory");
	apply(mount, group, false, cores, memory);
}

void pel_cgroup_limits(const char *root, uint64_t *cores, uint64_t *memory)
{
	char path[PATH_BYTES], line[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		apply_line(root, line, cores, memory);
	if (file)
		fclose(file);
}
