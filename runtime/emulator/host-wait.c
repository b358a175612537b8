/* SPDX-License-Identifier: Apache-2.0 */
#include "host-wait.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* The path of the host's end of the socket, which is the path of its listening socket. */
static bool peer_path(int fd, char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNSPEC };
	socklen_t bytes = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &bytes) < 0 || address.sun_family != AF_UNIX)
		return false;
	snprintf(path, sizeof(address.sun_path) + 1, "%.*s", (int)sizeof(address.sun_path), address.sun_path);
	return *path;
}

/* Is descriptor `fd` of the host a socket with this path? */
static bool is_socket_at(pid_t host, long fd, const char *path)
{
	char name[64], link[64], line[512];
	unsigned long wanted, inode;
	bool found = false;
	ssize_t n;
	FILE *list;
	int at;

	snprintf(name, sizeof(name), "/proc/%ld/fd/%ld", (long)host, fd);
	n = readlink(name, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	if (sscanf(link, "socket:[%lu]", &wanted) != 1)
		return false;
	snprintf(name, sizeof(name), "/proc/%ld/net/unix", (long)host);
	list = fopen(name, "re");
	/* "NUMBER: COUNT PROTOCOL FLAGS TYPE STATE INODE PATH" */
	while (list && !found && fgets(line, sizeof(line), list))
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %lu %n", &inode, &at) == 1 && inode == wanted) {
			line[strcspn(line, "\n")] = '\0';
			found = strcmp(line + at, path) == 0;
		}
	if (list)
		fclose(list);
	return found;
}

static bool thread_waits(pid_t host, const char *thread, const char *path)
{
	char name[320];
	long call, fd;
	FILE *file;
	int n;

	snprintf(name, sizeof(name), "/proc/%ld/task/%s/syscall", (long)host, thread);
	file = fopen(name, "re");
	if (!file)
		return false;
	n = fscanf(file, "%ld %lx", &call,
		   (unsigned long *)&fd); /* "running" if the thread is in no system call */
	fclose(file);
	return n == 2 && fd >= 0 && fd <= INT_MAX &&
	       (call == SYS_read || call == SYS_readv || call == SYS_recvfrom || call == SYS_recvmsg) &&
	       is_socket_at(host, fd, path);
}

bool pel_host_waits(pid_t host, int fd)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1], name[64];
	const struct dirent *entry;
	bool waits = false;
	DIR *threads;

	if (!peer_path(fd, path))
		return false;
	snprintf(name, sizeof(name), "/proc/%ld/task", (long)host);
	threads = opendir(name);
	while (threads && !waits && (entry = readdir(threads)))
		waits = entry->d_name[0] != '.' && thread_waits(host, entry->d_name, path);
	if (threads)
		closedir(threads);
	return waits;
}
