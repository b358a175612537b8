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
 * An actor of a run: its kernel's state, its ports, and how far it is. It belongs to who owns its stage; the actors of a cluster to who has its lock, or
 * to copy 0 of its stages while they are fired one by one (see cluster.h). What is atomic any thread may read.
 */
enum pel_actor_state {
	PEL_ACTOR_FIRING,
	PEL_ACTOR_DRAINING, /* inputs have ended; its kernel may still have something to say */
	PEL_ACTOR_ENDED,
};

/* Why a step came back. */
enum pel_step {
	PEL_STEP_RAN, /* something moved; there may be more */
	PEL_STEP_WAITS_INPUT,
	PEL_STEP_WAITS_ROOM,
	PEL_STEP_WAITS_DEVICE, /* its calls are on their way, and no more may be */
	PEL_STEP_ENDED,	       /* it has ended (of a stage: all its actors have) */
};

/* What the calls of an actor have taken. */
struct pel_call_time {
	_Atomic uint64_t ns;
};

/* What all actors of a run share. Constant once it is built. */
struct pel_actor_set {
	const struct pel_plan *plan;
	struct pel_run_actor *all;	  /* plan->n_actors of them, by their numbers in the plan */
	struct pel_call_time *call_times; /* of each; NULL: they are not measured */
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
	/* [owner] One call at most, by the layer that knows how; its stage calls it. A negative errno has failed the run, explained. */
	int (*step)(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);
	struct pel_waker waker; /* for its neighbours: something has changed at one of its ports */
	uint64_t max_firings;	/* of one call; 0: as many as fit */
	uint64_t next_firing;	/* number of the next one */
	uint64_t stop_at;	/* not to be made by a step, nor any after it */
	enum pel_actor_state state;
	bool dynamic;
	bool inited;
	bool simple;	     /* a call of it in a round is nothing but that: see cluster/execute.c */
	bool short_of_input; /* why it ended */
	bool kernel_ended; /* the kernel returned PEL_END in a round: the actor is ended as soon as rounds are */
	bool finishes_late;    /* it has ended; its kernel's finish() waits for the success of the run */
	_Atomic bool finished; /* it has ended, and takes no more tokens */
	_Atomic bool reported; /* results are there */
	uint32_t place;	       /* in its stage */
	unsigned char **pad;   /* a window for each input that is padded, else NULL */
	struct pel_results *results; /* NULL: its kernel gives none */
	_Atomic uint64_t firings;
	uint64_t expected_firings;
	/* What the layers above have of it, and the ones below do not look into. */
	struct pel_run_stage *stage;	 /* of a cluster: the first; NULL: a boundary */
	struct pel_run_cluster *cluster; /* NULL: none */
	struct pel_device_stage *device; /* NULL: its place is a CPU */
	struct pel_host_port *host;	 /* boundary actors */
};

/* The actor that `waker` is of, in the function that it calls. */
static inline struct pel_run_actor *pel_actor_of(const struct pel_waker *waker)
{
	return (struct pel_run_actor *)((const char *)waker - offsetof(struct pel_run_actor, waker));
}

static inline uint32_t pel_actor_number(const struct pel_run_actor *actor)
{
	return (uint32_t)(actor - actor->set->all);
}

/* Who writes the channel of `in`, an input of `actor`. */
static inline struct pel_run_actor *pel_actor_writer(const struct pel_run_actor *actor,
						     const struct pel_in_port *in)
{
	return &actor->set->all[actor->set->plan->channels[in->channel].from];
}

/* Who reads `ring`, an output of `actor`, as its reader number `reader`, and at which of its ports. */
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
