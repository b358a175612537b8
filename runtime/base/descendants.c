/* SPDX-License-Identifier: Apache-2.0 */
#include "descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_MAX 64 /* a limit for processes that fork as fast as they are killed */
#define DEPTH_MAX  4096

/* 0: it is gone or about to go. */
static pid_t parent_of(pid_t pid)
{
	char path[32], text[512], state = 0;
	const char *at;
	long parent = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strrchr(text, ')'); /* its name may contain any characters */
	if (!at || sscanf(at + 1, " %c %ld", &state, &parent) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : (pid_t)parent;
}

static bool is_spared(pid_t pid, const pid_t *spared, size_t n_spared)
{
	for (size_t i = 0; i < n_spared; i++)
		if (spared[i] == pid)
			return true;
	return false;
}

static bool descends(pid_t pid, pid_t root, const pid_t *spared, size_t n_spared)
{
	for (int depth = 0; pid > 1 && depth < DEPTH_MAX; depth++) {
		if (is_spared(pid, spared, n_spared))
			return false;
		pid = parent_of(pid);
		if (pid == root)
			return true;
	}
	return false;
}

void pel_kill_descendants(pid_t root, const pid_t *spared, size_t n_spared)
{
	bool any = true;

	for (int round = 0; round < ROUNDS_MAX && any; round++) {
		DIR *processes = opendir("/proc");
		struct dirent *entry;

		any = false;
		while (processes && (entry = readdir(processes))) {
			long pid = strtol(entry->d_name, NULL, 10);

			if (pid > 1 && pid != root && pid != getpid() &&
			    descends((pid_t)pid, root, spared, n_spared) && kill((pid_t)pid, SIGKILL) == 0)
				any = true;
		}
		if (processes)
			closedir(processes);
	}
}
