/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_HITTING_H
#define PEL_SDF_HITTING_H

#include "sdf-net.h"

/*
 * Internal to this folder: the cheapest vector of levels, one for each of n variables, that is in none of the
 * given boxes. A box contains insufficient vectors: all those whose levels are all at most its corner's.
 * Branch and bound.
 */
#define PEL_SDF_ANY_LEVEL UINT64_MAX

struct pel_sdf_hitting {
	uint32_t n, n_boxes;
	uint64_t *cost;	  /* of one level of each variable; >= 1 */
	uint64_t *rebate; /* discount on the first level; < cost */
	uint64_t *boxes;  /* corners, n levels each; PEL_SDF_ANY_LEVEL: whatever that variable's */
	size_t boxes_room;

	/* the search */
	uint64_t *level, *ceiling, *best;
	uint64_t best_cost;
	uint32_t *touched, now;
	const struct pel_sdf_limits *limits;
	struct pel_sdf_choice *choices; /* the choices that lead to level[] and ceiling[] */
	size_t n_choices, choices_room;
	uint64_t work; /* numbers examined since the last check of the clock */
	bool expired;
};

int pel_sdf_hitting_init(struct pel_sdf_hitting *hitting, uint32_t n, const struct pel_sdf_limits *limits);
/* Copy the costs and boxes. */
int pel_sdf_hitting_copy(struct pel_sdf_hitting *to, const struct pel_sdf_hitting *from);
void pel_sdf_hitting_fini(struct pel_sdf_hitting *hitting);

/* Add a box and drop the boxes inside it. Returns 0; -ETIME: more memory than allowed; -ENOMEM. */
int pel_sdf_hitting_add(struct pel_sdf_hitting *hitting, const uint64_t *corner);

/*
 * Put a vector that costs less than `below` into best[], and its cost into best_cost. Returns 0; -ENOENT:
 * none costs less; -ETIME: limits, or more boxes to leave one by one than is worthwhile; -ENOMEM.
 */
int pel_sdf_hitting_solve(struct pel_sdf_hitting *hitting, uint64_t below);

/* True if box number `box` contains the vector. */
bool pel_sdf_hitting_holds(const struct pel_sdf_hitting *hitting, uint32_t box, const uint64_t *level);

/* The cost of raising variable i from one level to a higher one. */
uint64_t pel_sdf_hitting_cost(const struct pel_sdf_hitting *hitting, uint32_t i, uint64_t from, uint64_t to);

#endif
