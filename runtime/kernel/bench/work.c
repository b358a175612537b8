/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

/*
 * Kernels with any ports that take a given time and compute nothing. They model other actors, such as those of a graph from another tool.
 * bench.work keeps the core busy; bench.sleep sleeps, so that any number of actors can do so at the same time.
 */
struct state {
	uint64_t firings; /* the actor ends after that many; 0: never */
	size_t n_times;
	uint64_t *times; /* nanoseconds */
	unsigned n_out;
	size_t *token_bytes; /* of each output */
};

#define LONGEST_NS 0x1p62

static int work_resolve(struct pel_info *info)
{
	double unit_us = pel_info_f64(info, "unit_us");
	size_t n;
	const uint64_t *times = pel_info_list(info, "time", &n);

	for (size_t i = 0; i < n; i++)
		if (!((double)times[i] * unit_us * 1000 < LONGEST_NS))
			return pel_info_fail_param(info, "time", -EINVAL,
						   "a time of %llu units of %g microseconds is too long",
						   (unsigned long long)times[i], unit_us);
	if (!pel_info_i64(info, "firings") && !pel_info_in_count(info))
		return pel_info_fail(info, -EINVAL,
				     "without inputs it would never end: give parameter 'firings'");
	return 0;
}

static int work_init(struct pel_info *info, void **state)
{
	unsigned n_out = pel_info_out_count(info);
	size_t n_times;
	const uint64_t *times = pel_info_list(info, "time", &n_times);
	struct state *s;
	int64_t firings = pel_info_i64(info, "firings");
	int r = pel_state_alloc(
		info, sizeof(*s) + n_times * sizeof(*s->times) + n_out * sizeof(*s->token_bytes), state);

	if (r < 0)
		return r;
	s = *state;
	*s = (struct state){ .firings = (uint64_t)firings, .n_times = n_times, .n_out = n_out };
	s->times = (uint64_t *)(s + 1);
	s->token_bytes = (size_t *)(s->times + n_times);
	for (unsigned o = 0; o < n_out; o++)
		s->token_bytes[o] = pel_type_bytes(pel_info_out_type(info, o));
	for (size_t i = 0; i < n_times; i++)
		s->times[i] = (uint64_t)((double)times[i] * pel_info_f64(info, "unit_us") * 1000);
	if (firings)
		pel_info_expect(info, s->firings);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void burn_until(uint64_t end)
{
	while (now_ns() < end)
		;
}

/* The actor has this thread to itself. By default, Linux lets timers expire up to 50 microseconds late to save power; turn this off. */
static void sleep_until(uint64_t end)
{
	static _Thread_local bool punctual;
	struct timespec at = { (time_t)(end / 1000000000u), (long)(end % 1000000000u) };

	if (!punctual)
		punctual = prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul) == 0;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static int spend(const struct state *s, const struct pel_io *io, size_t firings, void (*wait)(uint64_t end))
{
	uint64_t left = !s->firings ? UINT64_MAX : io->first < s->firings ? s->firings - io->first : 0;
	size_t n = firings < left ? firings : (size_t)left;
	uint64_t length = 0;

	for (size_t i = 0; i < n; i++)
		length += s->times[(io->first + i) % s->n_times];
	if (length)
		wait(now_ns() + length);
	for (unsigned o = 0; o < s->n_out; o++)
		if (io->out[o])
			memset(io->out[o], 0, io->out_tokens[o] * s->token_bytes[o]);
	*io->fired = n;
	return firings < left ? 0 : PEL_END;
}

static int work_fire(void *state, const struct pel_io *io, size_t firings)
{
	return spend(state, io, firings, burn_until);
}

static int sleep_fire(void *state, const struct pel_io *io, size_t firings)
{
	return spend(state, io, firings, sleep_until);
}

static const struct pel_param_desc params[] = {
	{ .name = "time",
	  .type = "u64[]",
	  .value = "1",
	  .doc = "how long a firing takes, in units; a list has one entry per phase and repeats",
	  .least_count = "1" },
	{ .name = "unit_us", .type = "f64", .value = "1", .doc = "length of a unit in microseconds", .least = "0" },
	{ .name = "firings",
	  .type = "i64",
	  .value = "0",
	  .doc = "number of firings after which the actor ends; 0: as many as its inputs allow",
	  .least = "0" },
	{ 0 },
};

const struct pel_kernel pel_bench_work = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT | PEL_KERNEL_ANY_PORTS | PEL_KERNEL_EFFECTS,
	.name = "bench.work",
	.summary = "keep the core busy for a given time",
	.doc = "A firing discards its input tokens, polls the clock until `time` * `unit_us` microseconds have passed, and writes zeros. If `time` has n entries, "
	       "firing k, counted from 0, takes time[k mod n].",
	.params = params,
	.resolve = work_resolve,
	.init = work_init,
	.fire = work_fire,
	.fini = pel_free,
};

const struct pel_kernel pel_bench_sleep = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT | PEL_KERNEL_BLOCKING | PEL_KERNEL_ANY_PORTS |
		 PEL_KERNEL_EFFECTS,
	.name = "bench.sleep",
	.summary = "sleep for a given time",
	.doc = "Like bench.work, but sleeps. Any number of actors can sleep at the same time, even on one core.",
	.params = params,
	.resolve = work_resolve,
	.init = work_init,
	.fire = sleep_fire,
	.fini = pel_free,
};
