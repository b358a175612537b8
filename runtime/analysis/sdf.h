/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_H
#define PEL_SDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The mathematics of synchronous (Lee and Messerschmitt 1987) and cyclo-static (Bilsen et al. 1996) dataflow: pure
 * functions on plain arrays. No I/O; all integers are checked for overflow. Thread-safe.
 */

struct pel_sdf_channel {
	uint32_t from, to; /* actors */
	const uint64_t *produce; /* n_produce rates, repeated to the phases of `from`: n_produce divides them; n_produce >= 1 */
	const uint64_t *consume; /* n_consume rates, repeated to the phases of `to` */
	uint32_t n_produce, n_consume;
	uint64_t initial;
	/*
	 * Tokens, initial ones included; 0: unbounded. A firing needs room for all it produces at its start, and frees what it consumes at
	 * its end.
	 */
	uint64_t capacity;
};

struct pel_sdf {
	uint32_t n_actors, n_channels;
	const uint32_t *phases; /* of each actor, >= 1 */
	const struct pel_sdf_channel *channels;
};

/*
 * Where the analyses get their zeroed memory, and give it back. NULL, NULL: calloc and free. At start-up only, before any other call.
 */
void pel_sdf_set_alloc(void *(*alloc)(size_t count, size_t bytes), void (*release)(void *memory));

/*
 * The repetition vector, counted in full phase cycles, minimal for each connected component (isolated actors: 1), in q[n_actors].
 * Returns 0; -EINVAL: inconsistent, and then cycle[0..*n_cycle) holds the channels of one undirected cycle whose rates contradict
 * each other, in order (cycle has room for n_channels; both may be NULL); -EOVERFLOW; -ENOMEM.
 */
int pel_sdf_repetition(const struct pel_sdf *sdf, uint64_t *q, uint32_t *cycle, uint32_t *n_cycle);

/* Why an actor cannot fire: the channel that lacks tokens (waits_for_room false) or room. */
struct pel_sdf_blocked {
	uint32_t actor, channel;
	bool waits_for_room;
	uint64_t needs; /* tokens to be there, or to be free, for its next firing */
	uint64_t has;	/* tokens, or free room */
};

/*
 * Execute one iteration (each actor q * phases firings), as many at a time as tokens and capacities allow. `q` is from pel_sdf_repetition().
 *   high_water[n_channels] (may be NULL): the most tokens each channel held; capacities of at least that (for all channels without one)
 *   are live. A channel that lies on no undirected cycle holds just pel_sdf_channel_bound(); the others start from there and get more only
 *   where the iteration cannot complete without. Beyond 2^18 firings an iteration, some firings' worth more, for the sake of speed.
 *   blocked[0..*n_blocked) (room for n_actors; may be NULL): on a deadlock, one wait-for cycle, each entry waiting for the next one's actor,
 *   the last for the first's; one entry: a self-loop, or a channel that can never serve (its capacity, in `has`, is less than `needs`: the
 *   tokens of one firing, or the initial ones).
 *   max_steps: bound on the number of batches tried; 0: none.
 * Returns 0 (live: the iteration completes and the channels are as before); -EDEADLK; -ETIME (max_steps reached); -EOVERFLOW (2^62 tokens
 * through one channel); -EINVAL (q does not balance the graph); -ENOMEM.
 */
int pel_sdf_liveness(const struct pel_sdf *sdf, const uint64_t *q, uint64_t *high_water,
		     struct pel_sdf_blocked *blocked, uint32_t *n_blocked, uint64_t max_steps);

/*
 * The least capacity of `channel`, all others as they are, with which the graph is live; 0 in *ret: no capacity of this channel alone
 * suffices. Same return codes, without -EDEADLK.
 */
int pel_sdf_least_capacity(const struct pel_sdf *sdf, const uint64_t *q, uint32_t channel, uint64_t max_steps,
			   uint64_t *ret);
/* The least number, from 1, of initial tokens on `channel`, likewise; its own capacity stays as it is. */
int pel_sdf_least_initial(const struct pel_sdf *sdf, const uint64_t *q, uint32_t channel, uint64_t max_steps,
			  uint64_t *ret);

/*
 * Least capacity with which one channel alone can work, whatever surrounds it: at least `initial`, and for constant rates
 * p + c - gcd(p, c) + initial mod gcd(p, c). UINT64_MAX where the rates of one list sum to 2^63 or more.
 */
uint64_t pel_sdf_channel_bound(const struct pel_sdf_channel *channel, uint32_t from_phases, uint32_t to_phases);

/* Execution times of an actor: `n` values, one a phase, repeated to its phases: n divides them. Less than 2^62 each. */
struct pel_sdf_times {
	const uint64_t *values;
	uint32_t n;
};

/* What an analysis may use. All zero: no bound but memory. */
struct pel_sdf_limits {
	bool (*expired)(void *context); /* asked now and then; true: give up */
	void *context;
	uint64_t max_firings; /* held at a time, 100 to 300 bytes each; 0: 2^22 */
};

/* A fraction, reduced. 0/1: nothing; 1/0: without bound. */
struct pel_sdf_fraction {
	uint64_t num, den;
};

/* Whether a < b. */
bool pel_sdf_less(struct pel_sdf_fraction a, struct pel_sdf_fraction b);

#define PEL_SDF_CRITICAL_TOKENS 1
#define PEL_SDF_CRITICAL_ROOM	2

/*
 * The greatest throughput, in iterations (q phase cycles of each actor) a unit of time, of the self-timed execution: each firing starts as
 * soon as tokens and room allow, in the order of its actor. Any number of firings of one actor may run at once: a self-loop of
 * rates 1 with n tokens bounds that to n. A channel hands tokens over in their order. 0/1: it deadlocks; 1/0: nothing limits it.
 * The least over all cycles of channels, rooms of bounded channels included; channels that lie on none do not limit.
 *   critical_actors[n_actors], critical_channels[n_channels] (either may be NULL): who lies on a cycle that sets the throughput, or the
 *   deadlock; of channels whether their tokens (PEL_SDF_CRITICAL_TOKENS), their room, or both are waited for.
 * Exact: K-periodic schedules (Bodin et al. 2016, "Optimal and fast throughput evaluation of CSDF"), whose period is an upper bound, until the cycle that
 * sets it is one of the graph itself.
 * Returns 0; -ETIME: limits; -EOVERFLOW: too large for exact arithmetic; -EINVAL (q does not balance, or initial tokens above a capacity); -ENOMEM.
 */
int pel_sdf_throughput(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		       const struct pel_sdf_limits *limits, struct pel_sdf_fraction *ret,
		       uint8_t *critical_actors, uint8_t *critical_channels);

/*
 * How much one channel's capacity costs: the throughput *ret with `channel` unbounded and all else as it is, and the least capacity of it that has
 * the same effect; 0: it is unbounded already, or not bounding anything. Return codes as above; -EOVERFLOW also where no capacity has the same effect, as
 * can be where the throughput is 1/0.
 */
int pel_sdf_enlarge(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		    const struct pel_sdf_limits *limits, uint32_t channel, struct pel_sdf_fraction *ret,
		    uint64_t *capacity);

/*
 * One iteration by itself, as soon as possible from the initial tokens at time 0: when each actor starts for the first time, and when it
 * ends for the last, in starts[n_actors] and ends[n_actors]. The latency from a source to a sink is ends[sink] - starts[source].
 * Returns 0; -EDEADLK; -ETIME (more firings than limits allow); -EOVERFLOW; -EINVAL; -ENOMEM.
 */
int pel_sdf_spans(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		  const struct pel_sdf_limits *limits, uint64_t *starts, uint64_t *ends);

/* Capacities, and what the graph does with them. */
struct pel_sdf_sizing {
	uint64_t *capacity; /* of each channel; 0: no bound, and not counted: self-loops, and those that move no tokens */
	uint64_t total;
	struct pel_sdf_fraction throughput;
	bool found, least; /* there is one; it is proved that no smaller total does the same */
};

/* Memory of pel_sdf_set_alloc()'s: freed by pel_sdf_buffers_fini(). */
struct pel_sdf_buffers {
	struct pel_sdf_sizing live; /* the smallest total that does not deadlock, and the best of these known */
	struct pel_sdf_sizing fastest; /* the smallest total that reaches the throughput without bounds; not found where that is 1/0 */
	struct pel_sdf_sizing *pareto; /* totals ascending, throughput too: none does better with as little */
	uint32_t n_pareto;
	bool exact; /* pareto holds all such points, and both of the above are proved */
};

/*
 * How throughput depends on capacities (Stuijk, Geilen, Basten 2006 put the question), by implicit hitting sets: vectors of capacities that are too small
 * are widened to boxes in which nothing is large enough, and the cheapest vector outside all boxes is tried next. The first that is large enough is the least.
 * Capacities that the graph has are left aside. `unbounded` is from pel_sdf_throughput() without any; it must not be 0/1.
 * Within `limits`, the best known is returned, and 0. Else returns -EOVERFLOW, -EINVAL or -ENOMEM, and nothing to free.
 */
int pel_sdf_buffers(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		    struct pel_sdf_fraction unbounded, const struct pel_sdf_limits *limits,
		    struct pel_sdf_buffers *ret);
void pel_sdf_buffers_fini(struct pel_sdf_buffers *buffers);

/*
 * The least repair of a graph that deadlocks because its capacities are too small: to capacity[n_channels] (0: no bound), each at least as large as
 * it is, and the sum of the differences as small as can be. Returns 0; -EDEADLK: no capacities help; -ETIME; -EOVERFLOW; -ENOMEM.
 */
int pel_sdf_repair(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_limits *limits,
		   uint64_t *capacity);

/* The greatest common divisor; of 0 and another number that number. */
uint64_t pel_sdf_gcd(uint64_t a, uint64_t b);

#endif
