/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_PEERS_PEER_H
#define PELTON_PEERS_PEER_H

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include "kernels.h"

/*
 * A peer: `peer-NAME WORKLOAD ARG SCALE` runs one workload once, on two CPUs, with about SCALE * 0.3 seconds of work, and
 * prints a line `VALUE UNIT CHECKSUM CPU_SECONDS` (latency: `P50 us P99 CPU_SECONDS`). Exit status 3: it does not do that
 * workload. A program lists what it does in peer_workloads[] and includes this once.
 */
struct outcome {
	double value;
	const char *unit;
	uint64_t checksum;
	double cpu_s;
	double p99; /* where not below 0, printed in place of the checksum */
};

struct workload {
	const char *name;
	outcome (*run)(unsigned arg, double scale);
};

extern const std::vector<workload> peer_workloads;

static inline double clock_s(clockid_t clock)
{
	timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

class stopwatch {
	double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);

public:
	/* Seconds; of the process's CPU time too. */
	double stop()
	{
		cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		return wall = clock_s(CLOCK_MONOTONIC) - wall;
	}
	outcome result(double value, const char *unit, uint64_t checksum = 0) const
	{
		return { value, unit, checksum, cpu, -1 };
	}
};

[[noreturn]] static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(EXIT_FAILURE);
}

/* A temporary home folder for files that libraries would keep in the user's. */
class scratch_home {
	char path[32] = "/tmp/pelton-peer-XXXXXX";

public:
	explicit scratch_home(const char *variable)
	{
		if (!mkdtemp(path))
			die("no temporary folder");
		setenv(variable, path, 1);
	}
	~scratch_home()
	{
		std::error_code ignored;

		std::filesystem::remove_all(path, ignored);
	}
};

/* ---- how much ---- */

/* W2 and W3, whatever the number of stages, so that a checksum tells whether two peers agree. */
static inline uint64_t stream_tokens(double scale)
{
	uint64_t tokens = (uint64_t)(scale * 64e6) / 65536 * 65536;

	return tokens ? tokens : 65536;
}

static inline uint64_t uneven_cost_us(uint64_t i)
{
	return 1 + i * 7919 % 100;
}

static inline uint64_t now_ns()
{
	timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void burn_us(uint64_t us)
{
	uint64_t start = now_ns();

	while (now_ns() - start < us * 1000)
		;
}

/* The efficiency, relative to the best that two CPUs could do. */
static inline outcome uneven_result(stopwatch &watch, uint64_t tokens, uint64_t seen)
{
	double wall = watch.stop();
	uint64_t sum = 0;

	if (seen != tokens)
		die("w5: tokens are missing or out of order");
	for (uint64_t i = 0; i < tokens; i++)
		sum += uneven_cost_us(i);
	return watch.result(1e-6 * (double)sum / 2 / wall, "of-ideal", seen);
}

/* ---- latency: a token each 100 us ---- */

#define LATENCY_PERIOD_NS 100000u
#define LATENCY_STAGES	  8u

/* Sleep until token i is there; its time of arrival. */
static inline uint64_t latency_arrival(uint64_t start_ns, uint64_t i)
{
	uint64_t due = start_ns + i * LATENCY_PERIOD_NS;
	timespec until;

	until.tv_sec = (time_t)(due / 1000000000u);
	until.tv_nsec = (long)(due % 1000000000u);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		;
	return now_ns();
}

static inline outcome latency_result(stopwatch &watch, std::vector<uint64_t> &ns)
{
	watch.stop();
	std::sort(ns.begin(), ns.end());
	outcome o = watch.result(1e-3 * (double)ns[ns.size() / 2], "us");
	o.p99 = 1e-3 * (double)ns[ns.size() * 99 / 100];
	return o;
}

/* ---- two CPUs ---- */

static cpu_set_t peer_cpus;
static int peer_cpu[2];

/* The two CPUs that Pelton's bench lets us have; of more, the first and the first that is not its twin. */
static inline void choose_cpus()
{
	cpu_set_t allowed, twins;
	int first = -1, second = -1, other = -1;

	CPU_ZERO(&twins);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		die("sched_getaffinity failed");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (first < 0) {
			char path[96];

			first = cpu;
			snprintf(path, sizeof(path),
				 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
			if (FILE *file = fopen(path, "r")) {
				int low, high;
				char next = ',';

				while (next == ',' && fscanf(file, "%d%c", &low, &next) >= 1) {
					high = low;
					if (next == '-' && fscanf(file, "%d%c", &high, &next) < 1)
						break;
					for (; low <= high; low++)
						CPU_SET(low, &twins);
				}
				fclose(file);
			}
		} else {
			if (other < 0)
				other = cpu;
			if (second < 0 && !CPU_ISSET(cpu, &twins))
				second = cpu;
		}
	}
	second = second >= 0 ? second : other >= 0 ? other : first;
	peer_cpu[0] = first;
	peer_cpu[1] = second;
	CPU_ZERO(&peer_cpus);
	CPU_SET(first, &peer_cpus);
	CPU_SET(second, &peer_cpus);
	sched_setaffinity(0, sizeof(peer_cpus), &peer_cpus);
}

static inline void pin(unsigned which)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(peer_cpu[which], &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

int main(int argc, char **argv)
{
	double scale;

	if (argc != 4 || !((scale = strtod(argv[3], NULL)) > 0)) {
		fprintf(stderr, "usage: %s WORKLOAD ARG SCALE\n", program_invocation_short_name);
		return 2;
	}
	for (const workload &w : peer_workloads) {
		if (strcmp(w.name, argv[1]) != 0)
			continue;
		choose_cpus();
		/* Make sleeps end on time. */
		prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
		outcome o = w.run((unsigned)strtoul(argv[2], NULL, 0), scale);
		if (o.p99 >= 0)
			printf("%.6g %s %.6g %.6g\n", o.value, o.unit, o.p99, o.cpu_s);
		else
			printf("%.6g %s %" PRIu64 " %.6g\n", o.value, o.unit, o.checksum, o.cpu_s);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	return 3;
}

#endif
