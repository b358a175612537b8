/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_THROUGHPUT_H
#define PEL_SDF_THROUGHPUT_H

#include "sdf-events.h"

/* Internal to this folder: pel_sdf_throughput() prepared for many calls with different capacities. */
struct pel_sdf_evaluator {
	const struct pel_sdf *sdf;
	const uint64_t *q;
	const struct pel_sdf_times *times;
	const struct pel_sdf_limits *limits;
	struct pel_sdf_net net;
	struct pel_sdf_events events;
	bool *in_order, *sequential;

	struct pel_sdf_times *ones; /* for a graph that takes no time at all */
	bool keep;		    /* parts and firings are as in the last call, which had one part */

	/* Strongly connected components: actors and channel tags, grouped by part. */
	uint32_t *begin, *around; /* tags of the edges out of an actor */
	uint32_t *number, *low, *part, *next, *path, *stack;
	uint32_t *actors, *tags, *actors_begin, *tags_begin;
	uint32_t n_parts;

	uint8_t *critical_actors, *critical_channels;

	/* for a part that was executed */
	struct pel_sdf_fraction executed;
	uint8_t *executed_actors, *executed_channels; /* the critical ones */
	bool by_execution;
	void *causes; /* kept by pel_sdf_self_timed() */
};

int pel_sdf_evaluator_init(struct pel_sdf_evaluator *evaluator, const struct pel_sdf *sdf, const uint64_t *q,
			   const struct pel_sdf_times *times, const struct pel_sdf_limits *limits);
void pel_sdf_evaluator_fini(struct pel_sdf_evaluator *evaluator);

/*
 * As pel_sdf_throughput(), with capacity[n_channels] instead of the graph's. The critical actors and channels
 * are then in critical_actors[] and critical_channels[].
 */
int pel_sdf_evaluate(struct pel_sdf_evaluator *evaluator, const uint64_t *capacity,
		     struct pel_sdf_fraction *ret);

/*
 * The throughput of the evaluator's part (events.actors, .channels, .capacity), which is strongly connected,
 * found by execution with at most max_firings batches of firings. actors[] and channels[], zeroed by the
 * caller, are marked as by pel_sdf_throughput(). Returns 0; -ETIME (limits; or the firings of some actor do
 * not end in order); -EOVERFLOW; -ENOMEM.
 */
int pel_sdf_self_timed(struct pel_sdf_evaluator *evaluator, uint64_t max_firings,
		       struct pel_sdf_fraction *ret, uint8_t *actors, uint8_t *channels);

uint64_t pel_sdf_firings_max(const struct pel_sdf_limits *limits);

/* A self-loop that lets one firing run at a time. */
bool pel_sdf_is_sequential(const struct pel_sdf_channel *channel);

#endif
