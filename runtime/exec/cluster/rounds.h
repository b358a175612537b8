/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ROUNDS_H
#define PEL_ROUNDS_H

#include "run-cluster.h"

/*
 * Rounds of a cluster: when one is possible, which one is next, and how its results are committed. All
 * functions: [locked].
 */

/* Could a round be taken now, and if not, why not? */
enum pel_look {
	PEL_LOOK_POSSIBLE,
	PEL_LOOK_WAITS_INPUT,
	PEL_LOOK_WAITS_ROOM,
	PEL_LOOK_FALL_BACK, /* a whole iteration will never be possible in this mode */
};
/* *iterations: the number for which there are tokens and room. */
enum pel_look pel_cluster_look(struct pel_run_cluster *cluster, uint64_t *iterations);

/* Take a round for `copy`, if one is possible. *ret is the round; it has claimed its tokens and room. */
enum pel_look pel_cluster_take_round(struct pel_run_cluster *cluster, uint32_t copy, struct pel_round **ret);

/* Round number `number`, which has been taken and not retired. */
struct pel_round *pel_cluster_round(const struct pel_run_cluster *cluster, uint64_t number);

#define PEL_ANY_COPY UINT32_MAX
/* The earliest round that can go on, is not running, and was last executed by `copy`. NULL: none. */
struct pel_round *pel_cluster_pick(const struct pel_run_cluster *cluster, uint32_t copy);
/* May the round enter its next segment? */
bool pel_cluster_has_turn(const struct pel_run_cluster *cluster, const struct pel_round *round);

/*
 * `from` has executed the round's segment. Make the round ready for the next segment, finish it, or stop it.
 * Commits the results of finished rounds, in order.
 */
void pel_cluster_executed(struct pel_run_cluster *cluster, struct pel_round *round,
			  const struct pel_task *from);
/* The execution took `ns`. */
void pel_cluster_note_time(struct pel_run_cluster *cluster, struct pel_round *round, uint64_t ns);

/* How long a round should take; and is the last one too short to share among workers? */
double pel_cluster_round_ns(const struct pel_run_cluster *cluster);
bool pel_cluster_is_short(const struct pel_run_cluster *cluster);

/* Commit or release `tokens` at an end of a ring. The tokens are in place already. */
void pel_cluster_move_output(struct pel_cluster_out *end, uint64_t tokens, const struct pel_task *from);
void pel_cluster_move_input(struct pel_cluster_in *end, uint64_t tokens, const struct pel_task *from);

#endif
