/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_EXECUTION_H
#define PEL_SDF_EXECUTION_H

#include "sdf-net.h"

/* Internal to this folder: the execution of one iteration, used by liveness.c. */
enum pel_sdf_grant {
	PEL_SDF_GRANT_NOTHING, /* a deadlock is the result */
	PEL_SDF_GRANT_ROOM,    /* to all channels without a capacity, generously if they are already large */
	PEL_SDF_GRANT_ROOM_TO_ONE, /* exactly what is lacking */
	PEL_SDF_GRANT_TOKENS_TO_ONE,
};

#define PEL_SDF_UNLIMITED UINT64_MAX

struct pel_sdf_execution {
	struct pel_sdf_net net;
	const uint64_t *q;
	enum pel_sdf_grant grant;
	uint32_t one; /* the channel of PEL_SDF_GRANT_..._TO_ONE */
	uint64_t steps_left;

	/* for each channel */
	uint64_t *initial, *limit; /* current values */
	uint64_t *written, *read;  /* tokens so far; `written` counts the initial ones */
	uint64_t *high_water;

	/* for each member */
	uint64_t *fired, *goal;
	uint32_t *stopped_at; /* the number of the link */
	uint32_t *queue;      /* a circular queue of the block's members that may be able to fire */
	uint32_t *visited;    /* the last search for a cycle that visited it */
	bool *queued;
	uint32_t queue_head, queue_count, searches;
};

/* Returns 0, -EINVAL (q does not balance), -EOVERFLOW or -ENOMEM. Must always be followed by pel_sdf_execution_fini(). */
int pel_sdf_execution_init(struct pel_sdf_execution *x, const struct pel_sdf *sdf, const uint64_t *q,
			   uint64_t max_steps);
void pel_sdf_execution_fini(struct pel_sdf_execution *x);

/*
 * Execute one iteration of a block from its initial tokens. Grants remain in limit[] and initial[]. Returns
 * 0, -EDEADLK (with the reason), -ETIME or -EOVERFLOW.
 */
int pel_sdf_run_block(struct pel_sdf_execution *x, uint32_t block, struct pel_sdf_blocked *blocked,
		      uint32_t *n_blocked);

#endif
