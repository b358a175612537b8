/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_STATS_H
#define PELTON_STATS_H

#include <pelton/base.h>
#include <pelton/plan.h>
#include <pelton/run.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* What a stage has done so far: a part of struct pel_stats. */
struct pel_stage_stats {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *id;
	const char *where; /* "cpu", "cpu:2", "fpga:0/vadd_1"; "cpu" once its CPU implementation has taken over */
	const char *const *actors; /* n_actors ids, in order of execution */
	size_t n_actors;
	uint64_t firings; /* of all its actors together */
	double busy_s, wait_input_s, wait_room_s, wait_device_s;
	/*
	 * Workers that may execute it at the same time. If there are several, busy_s is the sum over all of
	 * them, and the stage counts as waiting while none executes it.
	 */
	unsigned copies; /* 0 means 1 */
};

/* What a channel has carried so far: a part of struct pel_stats. */
struct pel_channel_stats {
	size_t size;		      /* of this struct; see PEL_HAS() */
	const char *name, *from, *to; /* "a.out->b.in", "a.out", "b.in" */
	uint64_t capacity;	      /* tokens */
	uint64_t high_water; /* the most tokens it held at once, sampled when a batch was handed over */
	uint64_t tokens;     /* written to it */
	uint64_t left_over;  /* tokens its reader could not use */
	bool warn_left_over; /* the graph does not declare that this is expected */
	bool loop;	     /* part of a cycle of channels, which always keeps its last tokens */
	const char *file;    /* where the graph has it; NULL: unknown */
	unsigned line, col;
};

/* The member of struct pel_result that has the value. */
enum pel_result_kind { PEL_RESULT_U64, PEL_RESULT_F64, PEL_RESULT_STRING };

/* A result that a kernel has reported in finish(): a part of struct pel_actor_stats. */
struct pel_result {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *name;
	enum pel_result_kind kind;
	uint64_t u64;
	double f64;
	const char *string;
};

/* What an actor has done so far: a part of struct pel_stats. */
struct pel_actor_stats {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *id;
	uint64_t firings;
	uint64_t expected_firings;	   /* 0: unknown */
	struct pel_result *const *results; /* n_results pointers */
	size_t n_results;
	double call_s; /* time spent in its kernel, summed over all workers; 0: not measured, see pel_run_options.profile */
	const char *const *warnings; /* sentences from pel_results_warn() */
	size_t n_warnings;
	bool on_device;		/* placed on a device */
	uint64_t device_faults; /* device faults from which the run recovered; the first ten are also warnings */
};

/* Where an analysis takes the times of firings from. */
enum pel_times {
	PEL_TIMES_NONE,	    /* nowhere: all firings take the same time, and that is the unit */
	PEL_TIMES_DECLARED, /* the attributes `time` of the graph, in the graph's own unit; 1 if not given */
	PEL_TIMES_MEASURED, /* a profile, or the run itself, in nanoseconds; 1 for actors that are not in the profile */
};

/*
 * An upper bound on the throughput of the run by these times and the plan's capacities, as if each stage had
 * its own worker, and the throughput that it reached. Filled by pel_stats_predict(). For a run with
 * `profile`, its own measurements are used.
 */
struct pel_prediction {
	size_t size; /* of this struct; see PEL_HAS() */
	bool known;  /* the members up to `gain` are valid: the graph is static, and the bound was found */
	enum pel_times times;	       /* the unit of these times */
	uint64_t num, den;	       /* at most num/den iterations per unit */
	const char *const *bottleneck; /* actors on the cycle that limits it */
	size_t n_bottleneck;
	const char *channel; /* the channel whose capacity costs most throughput; NULL: none does */
	uint64_t capacity;   /* its smallest capacity that costs none */
	double gain;	     /* factor on the throughput with that capacity */
	double iterations, iterations_per_s; /* observed: those of the actor that completed fewest; 0: unknown */
	double unit_s; /* the length of a unit if the run reached the bound; 0: unknown */
};

/*
 * What a run has done so far: a snapshot, independent of the run and valid after it is destroyed. It owns all
 * its strings.
 */
struct pel_stats {
	size_t size; /* of this struct; see PEL_HAS() */
	double wall_s;
	unsigned workers;
	struct pel_stage_stats **stages; /* n_stages pointers, and so on */
	size_t n_stages;
	struct pel_channel_stats **channels;
	size_t n_channels;
	struct pel_actor_stats **actors;
	size_t n_actors;
	struct pel_prediction *predicted; /* never NULL */
};

/* Take a snapshot of `run`, at any time. Returns 0 and sets *ret, to be released with pel_stats_destroy(), or -ENOMEM. */
PEL_API int pel_run_stats(struct pel_run *run, struct pel_stats **ret);
/* True if a snapshot would show a channel with left-over tokens to warn about. Unlike a snapshot, allocates nothing. */
PEL_API bool pel_run_left_over(struct pel_run *run);
/* True if a snapshot would show an actor with warnings. Allocates nothing. */
PEL_API bool pel_run_warned(struct pel_run *run);
/* Fill in stats->predicted; `stats` is a snapshot of a run of `plan`. Takes at most 2 s. Returns 0 or -ENOMEM. */
PEL_API int pel_stats_predict(struct pel_stats *stats, const struct pel_plan *plan);
/* Release `stats`. NULL is allowed. */
PEL_API void pel_stats_destroy(struct pel_stats *stats);

PEL_EXTERN_C_END

#endif
