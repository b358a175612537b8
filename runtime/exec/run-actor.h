/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_ACTOR_H
#define PEL_RUN_ACTOR_H

#include <stddef.h>
#include "counter.h"
#include "edge.h"
#include "info.h"
#include "outcome.h"
#include "scratch.h"

/*
 * An actor of a run: its kernel's state, its ports, and its progress. It belongs to the owner of its stage.
 * The actors of a cluster belong to the holder of the cluster's lock, or, in mode LOOSE, to copy 0 of its
 * stages (see cluster/run-cluster.h). Any thread may read the atomic members.
 */
enum pel_actor_state {
	PEL_ACTOR_FIRING,
	PEL_ACTOR_DRAINING, /* the inputs have ended; the kernel's drain() may still write */
	PEL_ACTOR_ENDED,
};

/* The result of a step. */
enum pel_step {
	PEL_STEP_RAN, /* something moved; there may be more to do */
	PEL_STEP_WAITS_INPUT,
	PEL_STEP_WAITS_ROOM,
	PEL_STEP_WAITS_DEVICE, /* calls are in flight, and no more can be sent */
	PEL_STEP_ENDED,	       /* it has ended (of a stage: all its actors have) */
};

/* The time that the calls of an actor have taken. */
struct pel_call_time {
	_Atomic uint64_t ns;
};

/* Shared by all actors of a run. Constant once it is built. */
struct pel_actor_set {
	const struct pel_plan *plan;
	struct pel_run_actor *all;	  /* plan->n_actors of them, indexed as in the plan */
	struct pel_call_time *call_times; /* of each actor; NULL: not measured */
	struct pel_outcome_state *outcome;
};

struct pel_run_stage;
struct pel_run_cluster;
struct pel_device_stage;
struct pel_host_port;

struct pel_run_actor {
	const struct pel_plan_actor *plan;
	const struct pel_actor_set *set;
	void *kernel_state;
	struct pel_ports ports;
	/*
	 * [owner] Make one call at most. Set by the layer that implements this kind of actor, called by its
	 * stage. Returns 0, or a negative errno if the run has failed (with an explanation).
	 */
	int (*step)(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);
	struct pel_waker waker; /* for its neighbours: something has changed at one of its ports */
	uint64_t max_firings;	/* of one call; 0: as many as fit */
	uint64_t next_firing;	/* number of the next one */
	uint64_t stop_at;	/* a step must not make this firing or a later one */
	enum pel_actor_state state;
	bool dynamic;
	bool inited;
	bool simple;	     /* a brief call can do its calls in rounds: see cluster/create.c */
	bool short_of_input; /* why it ended */
	/* The kernel returned PEL_END in a round; the actor ends after the rounds. */
	bool kernel_ended;
	bool finishes_late;    /* it has ended; finish() of its kernel waits for the success of the run */
	_Atomic bool finished; /* it has ended, and consumes no more tokens */
	_Atomic bool reported; /* `results` are complete */
	uint32_t place;	       /* index in its stage */
	unsigned char **pad;   /* a window for each input with tail="pad", else NULL */
	struct pel_results *results; /* NULL: its kernel has no results */
	_Atomic uint64_t firings;
	uint64_t expected_firings;
	/* Set by the layers above; opaque to those below. */
	struct pel_run_stage *stage;	 /* of a cluster: its first stage; NULL: a boundary port */
	struct pel_run_cluster *cluster; /* NULL: none */
	struct pel_device_stage *device; /* NULL: it runs on a CPU */
	struct pel_host_port *host;	 /* NULL: not a boundary port */
};

/* The actor that contains `waker`, for the function that the waker calls. */
static inline struct pel_run_actor *pel_actor_of(const struct pel_waker *waker)
{
	return (struct pel_run_actor *)((const char *)waker - offsetof(struct pel_run_actor, waker));
}

static inline uint32_t pel_actor_number(const struct pel_run_actor *actor)
{
	return (uint32_t)(actor - actor->set->all);
}

/* The actor that writes the channel of `in`, an input of `actor`. */
static inline struct pel_run_actor *pel_actor_writer(const struct pel_run_actor *actor,
						     const struct pel_in_port *in)
{
	return &actor->set->all[actor->set->plan->channels[in->channel].from];
}

/*
 * The actor that reads `ring`, an output of `actor`, as reader number `reader`. If `in` is non-NULL, it
 * receives the port.
 */
static inline struct pel_run_actor *pel_actor_reader(const struct pel_run_actor *actor,
						     const struct pel_out_ring *ring, uint32_t reader,
						     struct pel_in_port **in)
{
	const struct pel_plan_channel *channel = &actor->set->plan->channels[ring->plan->channels[reader]];
	struct pel_run_actor *found = &actor->set->all[channel->to];

	if (in)
		*in = &found->ports.in[channel->to_port];
	return found;
}

static inline void pel_actor_count(struct pel_run_actor *actor, const struct pel_turn *turn, uint64_t firings)
{
	pel_counter_add(&actor->firings, firings);
	pel_counter_add(turn->firings, firings);
}

#endif
