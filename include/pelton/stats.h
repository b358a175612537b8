/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_STATS_H
#define PELTON_STATS_H

#include <pelton/base.h>
#include <pelton/run.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* What a run has done so far. A snapshot: plain data of its own, valid after the run is gone. All strings are owned by it. */
struct pel_stage_stats {
	const char *id;
	const char *where;	   /* "cpu", "cpu:2", "fpga:0/vadd_1" */
	const char *const *actors; /* n_actors ids, in order of execution */
	size_t n_actors;
	uint64_t firings; /* of all its actors */
	double busy_s, wait_input_s, wait_room_s, wait_device_s;
};

struct pel_channel_stats {
	const char *name, *from, *to; /* "a.out->b.in", "a.out", "b.in" */
	uint64_t capacity;	      /* tokens */
	uint64_t high_water; /* the most tokens seen in it at once, at the moments a batch was handed over */
	uint64_t tokens;     /* written to it */
	uint64_t left_over;  /* tokens its reader could not use */
	bool warn_left_over; /* the user has not said that this is expected */
};

enum pel_result_kind { PEL_RESULT_U64, PEL_RESULT_F64, PEL_RESULT_STRING };

struct pel_result {
	const char *name;
	enum pel_result_kind kind;
	uint64_t u64;
	double f64;
	const char *string;
};

struct pel_actor_stats {
	const char *id;
	uint64_t firings;
	uint64_t expected_firings; /* 0: not known */
	const struct pel_result *results;
	size_t n_results;
};

struct pel_stats {
	double wall_s;
	unsigned workers;
	struct pel_stage_stats *stages;
	size_t n_stages;
	struct pel_channel_stats *channels;
	size_t n_channels;
	struct pel_actor_stats *actors;
	size_t n_actors;
};

/* A snapshot of `run`, at any time. Returns 0 and sets *ret, to be released with pel_stats_destroy(), or -ENOMEM. */
PEL_API int pel_run_stats(struct pel_run *run, struct pel_stats **ret);
PEL_API void pel_stats_destroy(struct pel_stats *stats);

PEL_EXTERN_C_END

#endif
