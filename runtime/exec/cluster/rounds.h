/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ROUNDS_H
#define PEL_ROUNDS_H

#include "run-cluster.h"

/* Rounds of a cluster: when one is possible, whose turn it is, and how its results are handed over. [locked] all of it. */

/* Could a round be taken now? If not, why not? */
enum pel_look {
	PEL_LOOK_POSSIBLE,
	PEL_LOOK_WAITS_INPUT,
	PEL_LOOK_WAITS_ROOM,
	PEL_LOOK_FALL_BACK, /* there will never be one like this */
};
/* *iterations: how many there are tokens and room for. */
enum pel_look pel_cluster_look(struct pel_run_cluster *cluster, uint64_t *iterations);

/* Take a round for `copy`, if there could be one: *ret, with its ends of rings claimed. */
enum pel_look pel_cluster_take_round(struct pel_run_cluster *cluster, uint32_t copy, struct pel_round **ret);

/* Round number `number`, which has been taken, and not retired. */
struct pel_round *pel_cluster_round(const struct pel_run_cluster *cluster, uint64_t number);

#define PEL_ANY_COPY UINT32_MAX
/* The earliest round that can go on, is not being executed, and was executed by `copy` so far; NULL: none. */
struct pel_round *pel_cluster_pick(const struct pel_run_cluster *cluster, uint32_t copy);
/* May the round go on with its next segment? */
bool pel_cluster_has_turn(const struct pel_run_cluster *cluster, const struct pel_round *round);

/*
 * The round's segment has been executed, by `from`: it is ready for the next one, or has come to its end, one way or the other. What is
 * complete, in order, is handed over.
 */
void pel_cluster_executed(struct pel_run_cluster *cluster, struct pel_round *round,
			  const struct pel_task *from);
/* That has taken `ns`. */
void pel_cluster_note_time(struct pel_run_cluster *cluster, struct pel_round *round, uint64_t ns);

/* What a round is meant to last; and is the last one too short to be shared out? */
double pel_cluster_round_ns(const struct pel_run_cluster *cluster);
bool pel_cluster_is_short(const struct pel_run_cluster *cluster);

/* Move the end of a ring on by `tokens`, which are in their places. */
void pel_cluster_move_output(struct pel_cluster_out *end, uint64_t tokens, const struct pel_task *from);
void pel_cluster_move_input(struct pel_cluster_in *end, uint64_t tokens, const struct pel_task *from);

#endif
