/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_STATS_H
#define PELTON_STATS_H

#include <pelton/base.h>
#include <pelton/plan.h>
#include <pelton/run.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* What a run has done so far. A snapshot: plain data of its own, valid after the run is gone. All strings are owned by it. */
struct pel_stage_stats {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *id;
	const char *where; /* "cpu", "cpu:2", "fpga:0/vadd_1"; "cpu" once its CPU form has taken over */
	const char *const *actors; /* n_actors ids, in order of execution */
	size_t n_actors;
	uint64_t firings; /* of all its actors */
	double busy_s, wait_input_s, wait_room_s, wait_device_s;
	/* Workers that may be at work on it at once. Where they are several, busy_s is the sum of all, and it waits while none is at work. */
	unsigned copies; /* 0: 1 */
};

struct pel_channel_stats {
	size_t size;		      /* of this struct; see PEL_HAS() */
	const char *name, *from, *to; /* "a.out->b.in", "a.out", "b.in" */
	uint64_t capacity;	      /* tokens */
	uint64_t high_water; /* the most tokens seen in it at once, at the moments a batch was handed over */
	uint64_t tokens;     /* written to it */
	uint64_t left_over;  /* tokens its reader could not use */
	bool warn_left_over; /* the user has not said that this is expected */
	bool loop;	     /* it is on a cycle of channels, which always keeps its last tokens */
};

enum pel_result_kind { PEL_RESULT_U64, PEL_RESULT_F64, PEL_RESULT_STRING };

struct pel_result {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *name;
	enum pel_result_kind kind;
	uint64_t u64;
	double f64;
	const char *string;
};

struct pel_actor_stats {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *id;
	uint64_t firings;
	uint64_t expected_firings;	   /* 0: not known */
	struct pel_result *const *results; /* n_results pointers */
	size_t n_results;
	double call_s; /* spent in its kernel's calls, on all workers together; 0: not measured, see pel_run_options.profile */
	const char *const *warnings; /* sentences by pel_results_warn() */
	size_t n_warnings;
	bool on_device;		/* it was placed on a device */
	uint64_t device_faults; /* faults there that the run has got over; the first ten are warnings, too */
};

/* What an analysis knows of the times that firings take. */
enum pel_times {
	PEL_TIMES_NONE,	    /* nothing: it takes them for equal, and the unit is a firing */
	PEL_TIMES_DECLARED, /* the graph's attributes `time`, in a unit of its own; 1 where there is none */
	PEL_TIMES_MEASURED, /* of a profile, or of the run itself, in nanoseconds; 1 for actors that are not in the profile */
};

/*
 * What the run could have reached at most by these times and the capacities of the plan, if each stage had a worker of its own; and what it did
 * reach. Filled by pel_stats_predict(). A run with `profile` is judged by what it has measured.
 */
struct pel_prediction {
	size_t size;		       /* of this struct; see PEL_HAS() */
	bool known;		       /* the following six: the graph is static, and its bound was found */
	enum pel_times times;	       /* the unit of these times */
	uint64_t num, den;	       /* at most num/den iterations a unit */
	const char *const *bottleneck; /* actors on the cycle that limits it */
	size_t n_bottleneck;
	const char *channel;		     /* the one whose capacity costs most; NULL: none does */
	uint64_t capacity;		     /* the least of it that costs nothing */
	double gain;			     /* times the throughput, with that */
	double iterations, iterations_per_s; /* observed: by the actor that completed fewest; 0: not known */
	double unit_s; /* how long a unit would be if the bound had been reached; 0: not known */
};

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

/* A snapshot of `run`, at any time. Returns 0 and sets *ret, to be released with pel_stats_destroy(), or -ENOMEM. */
PEL_API int pel_run_stats(struct pel_run *run, struct pel_stats **ret);
/* Would a snapshot show a channel with warn_left_over now? Takes no memory, as a snapshot of a large graph does. */
PEL_API bool pel_run_left_over(struct pel_run *run);
/* Would it show an actor with warnings? Likewise. */
PEL_API bool pel_run_warned(struct pel_run *run);
/* Fill stats->predicted, a snapshot of a run of `plan`. Takes 2 s at most. Returns 0 or -ENOMEM. */
PEL_API int pel_stats_predict(struct pel_stats *stats, const struct pel_plan *plan);
/* Release `stats`. NULL is allowed. */
PEL_API void pel_stats_destroy(struct pel_stats *stats);

PEL_EXTERN_C_END

#endif
