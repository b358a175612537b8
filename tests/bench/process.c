/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 60.0 /* then a child is killed */

extern char **environ;

/* Read what the child says until it closes its standard output or `patience_s` are over. False: they are. */
static bool listen_to(int fd, struct bench_child *child, double patience_s)
{
	double end = bench_seconds() + patience_s;
	char rest[512];
	size_t have = 0;

	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		double left = end - bench_seconds();
		size_t room = sizeof(child->out) - 1 - have;
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&poll_fd, 1, (int)(left * 1000) + 1) <= 0)
			continue;
		n = read(fd, room ? child->out + have : rest, room ? room : sizeof(rest));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		have += room ? (size_t)n : 0;
	}
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static struct bench_child run_child(char **argv)
{
	struct bench_child child = { 0 };
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	bool in_time;
	int pipe_fds[2], r;
	double start;
	pid_t pid;

	if (pipe(pipe_fds) < 0 || posix_spawn_file_actions_init(&actions) != 0)
		abort();
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, pipe_fds[0]);
	posix_spawn_file_actions_addclose(&actions, pipe_fds[1]);
	start = bench_seconds();
	r = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	if (r != 0)
		bench_fail("cannot start '%s': %s", argv[0], strerror(r));
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	in_time = listen_to(pipe_fds[0], &child, PATIENCE_S);
	if (!in_time)
		kill(pid, SIGKILL);
	while (wait4(pid, &child.status, 0, &usage) < 0)
		if (errno != EINTR)
			bench_fail("wait4: %s", strerror(errno));
	close(pipe_fds[0]);
	child.cost.wall_s = bench_seconds() - start;
	child.cost.cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
	child.peak_mib = (double)usage.ru_maxrss / 1024;
	if (!in_time)
		child.status = -1;
	return child;
}

/*
 * Linux counts the memory of the process that calls exec() towards the peak memory of the program. So a process that is forked off before this one
 * uses memory starts all children: then the smallest measurable peak is that of an almost empty process.
 *
 * A request is one packet, the arguments with their NULs; the answer is a struct bench_child.
 */
#define ARGS_MAX    16
#define REQUEST_MAX 16384u

static int spawner = -1;

static void serve(int fd)
{
	char request[REQUEST_MAX];
	ssize_t n;

	while ((n = recv(fd, request, sizeof(request), 0)) > 0) {
		struct bench_child child;
		char *argv[ARGS_MAX + 1];
		size_t n_args = 0;

		for (char *arg = request; arg < request + n && n_args < ARGS_MAX; arg += strlen(arg) + 1)
			argv[n_args++] = arg;
		argv[n_args] = NULL;
		child = run_child(argv);
		if (send(fd, &child, sizeof(child), 0) < 0)
			break;
	}
	_exit(EXIT_SUCCESS);
}

void bench_spawner_start(void)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 || (pid = fork()) < 0)
		bench_fail("cannot fork: %s", strerror(errno));
	if (pid == 0) {
		close(fds[0]);
		serve(fds[1]);
	}
	close(fds[1]);
	spawner = fds[0];
}

struct bench_child bench_spawn(const char *const *argv)
{
	char request[REQUEST_MAX];
	struct bench_child child;
	size_t bytes = 0;

	for (size_t i = 0; argv[i]; i++) {
		size_t length = strlen(argv[i]) + 1;

		if (i == ARGS_MAX || length > sizeof(request) - bytes)
			bench_fail("'%s' has too many arguments", argv[0]);
		memcpy(request + bytes, argv[i], length);
		bytes += length;
	}
	if (send(spawner, request, bytes, MSG_NOSIGNAL) < 0 ||
	    recv(spawner, &child, sizeof(child), 0) != sizeof(child))
		bench_fail("cannot run '%s'", argv[0]);
	return child;
}

/* ---- Peers ---- */

/* A pair of peer and job that is not to be tried again. */
struct refusal {
	char text[96];
};

static struct peer {
	char *path, *name;
} * peers;
static size_t n_peers;
static struct refusal *refusals;
static size_t n_refusals;

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct peer *)a)->name, ((const struct peer *)b)->name);
}

void bench_peers_find(const char *dir)
{
	DIR *folder = opendir(dir);
	struct dirent *entry;

	if (!folder)
		bench_fail("cannot open folder '%s'", dir);
	while ((entry = readdir(folder))) {
		char path[4096];

		if (strncmp(entry->d_name, "peer-", 5) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (strchr(entry->d_name, '.') || access(path, X_OK) != 0)
			continue;
		peers = realloc(peers, (n_peers + 1) * sizeof(*peers));
		if (!peers)
			abort();
		peers[n_peers].path = strdup(path);
		peers[n_peers++].name = strdup(entry->d_name + 5);
	}
	closedir(folder);
	if (n_peers)
		qsort(peers, n_peers, sizeof(*peers), by_name);
}

static struct refusal refusal_of(const struct peer *peer, const struct bench_peer_job *job)
{
	struct refusal refusal;

	snprintf(refusal.text, sizeof(refusal.text), "%.40s %s %u", peer->name, job->workload, job->arg);
	return refusal;
}

static bool has_refused(const struct refusal *refusal)
{
	for (size_t i = 0; i < n_refusals; i++)
		if (strcmp(refusals[i].text, refusal->text) == 0)
			return true;
	return false;
}

static void refuse(const struct refusal *refusal)
{
	refusals = realloc(refusals, (n_refusals + 1) * sizeof(*refusals));
	if (!refusals)
		abort();
	refusals[n_refusals++] = *refusal;
}

/* Did `child` run `job` successfully? If so, set its value and CPU time; if not, report why, unless the peer does not have the workload. */
static bool succeeded(const struct bench_child *child, const struct bench_peer_job *job,
		      const struct refusal *refusal, double *value, double *third, double *cpu_s)
{
	char unit[32], sum[64];

	if (child->status != -1 && WIFEXITED(child->status) && WEXITSTATUS(child->status) == 3)
		return false;
	if (child->status == -1)
		fprintf(stderr, "pelton-bench: peer %s: no end in %.0f s\n", refusal->text, PATIENCE_S);
	else if (child->status != 0)
		fprintf(stderr, "pelton-bench: peer %s: it failed\n", refusal->text);
	else if (sscanf(child->out, "%lf %31s %63s %lf", value, unit, sum, cpu_s) != 4)
		fprintf(stderr, "pelton-bench: peer %s: it said '%.80s'\n", refusal->text, child->out);
	else if (strcmp(unit, job->unit) != 0)
		fprintf(stderr, "pelton-bench: peer %s: its unit is %s, ours %s\n", refusal->text, unit,
			job->unit);
	else if (job->check && strtoull(sum, NULL, 0) != strtoull(job->check, NULL, 0))
		fprintf(stderr, "pelton-bench: peer %s: its checksum is %s, ours %s\n", refusal->text, sum,
			job->check);
	else {
		*third = atof(sum);
		return true;
	}
	return false;
}

static void run_peer(const struct peer *peer, const struct bench_peer_job *job)
{
	struct refusal refusal = refusal_of(peer, job);
	char arg[16], scale[32], row[128];
	const char *argv[] = { peer->path, job->workload, arg, scale, NULL };
	struct bench_cost cost = { 0 };
	struct bench_child child;
	double value, third, cpu_s;

	if (has_refused(&refusal))
		return;
	snprintf(arg, sizeof(arg), "%u", job->arg);
	snprintf(scale, sizeof(scale), "%.17g", job->scale);
	child = bench_spawn(argv);
	if (!succeeded(&child, job, &refusal, &value, &third, &cpu_s)) {
		refuse(&refusal);
		return;
	}
	snprintf(row, sizeof(row), "%s, %s", job->row, peer->name);
	if (job->whole_process) {
		bench_figure(row, job->unit, 1e3 * child.cost.wall_s, child.cost, job->beside);
		snprintf(row, sizeof(row), "%s memory, %s", job->row, peer->name);
		bench_figure(row, "MiB", child.peak_mib, cost, NULL);
		return;
	}
	cost.cpu_s = cpu_s;
	cost.wall_s = job->work / value;
	bench_figure(row, job->unit, value, cost, job->beside);
	if (job->third_row) {
		snprintf(row, sizeof(row), "%s, %s", job->third_row, peer->name);
		bench_figure(row, job->unit, third, cost, job->third_beside);
	}
}

void bench_peers(const struct bench_peer_job *job)
{
	for (size_t i = 0; i < n_peers; i++)
		run_peer(&peers[i], job);
}
