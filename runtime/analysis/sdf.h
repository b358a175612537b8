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
	const uint64_t *produce; /* n_produce rates, repeated to the phases of `from`, which n_produce divides; n_produce >= 1 */
	const uint64_t *consume; /* n_consume rates, repeated to the phases of `to` */
	uint32_t n_produce, n_consume;
	uint64_t initial;
	/*
		 * Tokens, including initial ones; 0: unbounded. A firing needs room for all its output when
		 * it starts, and frees its input when it ends.
		 */
	uint64_t capacity;
};

struct pel_sdf {
	uint32_t n_actors, n_channels;
	const uint32_t *phases; /* for each actor, >= 1 */
	const struct pel_sdf_channel *channels;
};

/*
 * The functions with which the analyses allocate zeroed memory, and free it. NULL, NULL: calloc and free. At
 * start-up only, before any other call.
 */
void pel_sdf_set_alloc(void *(*alloc)(size_t count, size_t bytes), void (*release)(void *memory));

/*
 * The repetition vector, counted in full phase cycles, minimal for each connected component (isolated actors: 1), in q[n_actors].
 * Returns 0; -EINVAL: inconsistent, and then cycle[0..*n_cycle) holds the channels of one undirected cycle whose rates contradict
 * each other, in order (cycle has room for n_channels; both may be NULL); -EOVERFLOW; -ENOMEM.
 */
int pel_sdf_repetition(const struct pel_sdf *sdf, uint64_t *q, uint32_t *cycle, uint32_t *n_cycle);

/* The reason why an actor cannot fire: a channel that lacks tokens (waits_for_room false) or room. */
struct pel_sdf_blocked {
	uint32_t actor, channel;
	bool waits_for_room;
	uint64_t needs; /* tokens, or free room, that its next firing needs */
	uint64_t has;	/* tokens, or free room, that the channel has */
};

/*
 * Execute one iteration (each actor q * phases firings), as many at a time as tokens and capacities allow. `q` is from pel_sdf_repetition().
 *   high_water[n_channels] (may be NULL): the most tokens each channel held; capacities of at least that (for all channels without one)
 *   are live. A channel on no undirected cycle holds exactly pel_sdf_channel_bound(). The others start from there and get
 *   more only if the iteration cannot complete otherwise. Beyond 2^18 firings per iteration they get some firings more,
 *   for speed.
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
 * The least capacity of `channel`, with all others unchanged, with which the graph is live; 0 in *ret: no
 * capacity of this channel alone suffices. Same return codes, except -EDEADLK.
 */
int pel_sdf_least_capacity(const struct pel_sdf *sdf, const uint64_t *q, uint32_t channel, uint64_t max_steps,
			   uint64_t *ret);
/* Likewise the least number, from 1, of initial tokens on `channel`; its own capacity does not change. */
int pel_sdf_least_initial(const struct pel_sdf *sdf, const uint64_t *q, uint32_t channel, uint64_t max_steps,
			  uint64_t *ret);

/*
 * The least capacity with which one channel alone can work, independent of the rest of the graph: at least
 * `initial`, and for constant rates p + c - gcd(p, c) + initial mod gcd(p, c). UINT64_MAX if the rates of one
 * list sum to 2^63 or more.
 */
uint64_t pel_sdf_channel_bound(const struct pel_sdf_channel *channel, uint32_t from_phases, uint32_t to_phases);

/* Execution times of an actor: `n` values, one per phase, repeated to its phases, which n divides. Each less than 2^62. */
struct pel_sdf_times {
	const uint64_t *values;
	uint32_t n;
};

/* The limits of an analysis. All zero: no limit except memory. */
struct pel_sdf_limits {
	bool (*expired)(void *context); /* called now and then; true: give up */
	void *context;
	uint64_t max_firings; /* firings in memory at a time, 100 to 300 bytes each; 0: 2^22 */
};

/* A reduced fraction. 0/1: zero; 1/0: unbounded. */
struct pel_sdf_fraction {
	uint64_t num, den;
};

/* True if a < b. */
bool pel_sdf_less(struct pel_sdf_fraction a, struct pel_sdf_fraction b);

#define PEL_SDF_CRITICAL_TOKENS 1
#define PEL_SDF_CRITICAL_ROOM	2

/*
 * The greatest throughput, in iterations (q phase cycles of each actor) per unit of time, of the self-timed execution:
 * each firing starts as soon as tokens and room allow, in the order of its actor. Any number of firings of one actor may
 * overlap; a self-loop of rates 1 with n tokens limits them to n. A channel keeps tokens in order. 0/1: deadlock; 1/0:
 * nothing limits it. The throughput is the least over all cycles of channels, including the room of bounded channels;
 * channels on no cycle do not limit it.
 *   critical_actors[n_actors], critical_channels[n_channels] (either may be NULL): marks the actors and channels on a cycle
 *   that sets the throughput, or on the deadlock; for channels, whether their tokens (PEL_SDF_CRITICAL_TOKENS), their
 *   room, or both are waited for.
 * Exact: uses K-periodic schedules (Bodin et al. 2016, "Optimal and fast throughput evaluation of CSDF"), whose period is
 * an upper bound, until the cycle that sets it is one of the graph itself.
 * Returns 0; -ETIME: limits; -EOVERFLOW: too large for exact arithmetic; -EINVAL (q does not balance, or initial tokens
 * exceed a capacity); -ENOMEM.
 */
int pel_sdf_throughput(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		       const struct pel_sdf_limits *limits, struct pel_sdf_fraction *ret,
		       uint8_t *critical_actors, uint8_t *critical_channels);

/*
 * How much one channel's capacity costs: the throughput *ret with `channel` unbounded and everything else
 * unchanged, and its least capacity with the same effect; 0: it is already unbounded, or limits nothing.
 * Return codes as above; also -EOVERFLOW if no capacity has the same effect, which is possible if the
 * throughput is 1/0.
 */
int pel_sdf_enlarge(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		    const struct pel_sdf_limits *limits, uint32_t channel, struct pel_sdf_fraction *ret,
		    uint64_t *capacity);

/*
 * One iteration by itself, as early as possible from the initial tokens at time 0: when each actor starts for
 * the first time, and when it ends for the last time, in starts[n_actors] and ends[n_actors]. The latency
 * from a source to a sink is ends[sink] - starts[source]. Returns 0; -EDEADLK; -ETIME (more firings than
 * limits allow); -EOVERFLOW; -EINVAL; -ENOMEM.
 */
int pel_sdf_spans(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		  const struct pel_sdf_limits *limits, uint64_t *starts, uint64_t *ends);

/* Capacities, and the throughput of the graph with them. */
struct pel_sdf_sizing {
	uint64_t *capacity; /* for each channel; 0: unbounded and not counted (self-loops, and channels that move no tokens) */
	uint64_t total;
	struct pel_sdf_fraction throughput;
	bool found, least; /* there is a solution; it is proved that no smaller total does the same */
};

/* Allocated with pel_sdf_set_alloc()'s functions; freed by pel_sdf_buffers_fini(). */
struct pel_sdf_buffers {
	struct pel_sdf_sizing live; /* the smallest total that does not deadlock, and the fastest known with that total */
	struct pel_sdf_sizing fastest; /* the smallest total that reaches the unbounded throughput; not found if that is 1/0 */
	struct pel_sdf_sizing *pareto; /* by ascending total and throughput: no other is faster with the same total */
	uint32_t n_pareto;
	bool exact; /* pareto has all such points, and both of the above are proved */
};

/*
 * How throughput depends on capacities (the question of Stuijk, Geilen, Basten 2006), solved by implicit
 * hitting sets: insufficient vectors of capacities are widened to boxes in which all vectors are
 * insufficient, and the cheapest vector outside all boxes is tried next. The first sufficient one is the
 * least. Capacities that the graph has are not changed. `unbounded` is the result of pel_sdf_throughput()
 * without any; it must not be 0/1. When `limits` are reached, returns the best known, and 0. Else returns
 * -EOVERFLOW, -EINVAL or -ENOMEM, and nothing to free.
 */
int pel_sdf_buffers(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		    struct pel_sdf_fraction unbounded, const struct pel_sdf_limits *limits,
		    struct pel_sdf_buffers *ret);
void pel_sdf_buffers_fini(struct pel_sdf_buffers *buffers);

/*
 * The least repair of a graph that deadlocks because its capacities are too small: capacity[n_channels] (0:
 * unbounded), each at least as large as now, with the smallest sum of differences. Returns 0; -EDEADLK: no
 * capacities help; -ETIME; -EOVERFLOW; -ENOMEM.
 */
int pel_sdf_repair(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_limits *limits,
		   uint64_t *capacity);

/* The greatest common divisor; for 0 and another number, that number. */
uint64_t pel_sdf_gcd(uint64_t a, uint64_t b);

#endif
