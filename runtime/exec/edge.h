/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EDGE_H
#define PEL_EDGE_H

#include <pelton/kernel.h>
#include "plan-model.h"
#include "rates.h"
#include "ring.h"
#include "waker.h"

/*
 * The ports of an actor and the ends of rings that they hold: how many firings they allow, the windows of these, and how their tokens are handed over.
 *
 * All of this is the owner's: the thread that runs the actor, or the host's thread of a boundary port. The far end of a ring is somebody else's, and is
 * only told, by the waker that each end holds of it. Tokens that calls or rounds in progress hold are `claimed`: they come first in the window,
 * and belong to nobody else, but are not yet handed over.
 */

/* Where the tokens of an actor in a cluster are while rounds are executed. */
struct pel_storage {
	enum pel_storage_kind kind;
	uint32_t window; /* PEL_STORAGE_RING: number of it in a round; of an output that of the first ring, those of the others follow */
	uint64_t offset; /* PEL_STORAGE_CHUNK: bytes into the thread's own memory */
	uint64_t iteration; /* tokens of one */
};

struct pel_in_port {
	struct pel_rates rates;
	const struct pel_ring *ring; /* NULL: not connected */
	struct pel_ring_reader *reader;
	const struct pel_waker *writer; /* who is told of room */
	uint64_t claimed;		/* tokens after the head */
	uint32_t token_bytes;
	uint32_t channel; /* in the plan */
	enum pel_tail tail : 8;
	bool asked : 1; /* of a `*` input: its kernel waits for more than it was shown, since its last call */
	struct pel_storage storage;
};

struct pel_out_ring {
	const struct pel_plan_ring *plan;
	struct pel_ring *ring;
	const struct pel_waker **readers; /* who are told of tokens: ring->n_readers of them */
};

struct pel_out_port {
	struct pel_rates rates;
	uint32_t n_rings; /* 0: not connected */
	uint32_t token_bytes;
	struct pel_out_ring *rings; /* the kernel writes into the first; the others get copies */
	uint64_t claimed;	    /* tokens after the tail */
	bool asked;		    /* of a `*` output: its kernel waits for more room than it was offered */
	struct pel_storage storage;
};

struct pel_ports {
	struct pel_in_port *in;
	struct pel_out_port *out;
	uint32_t n_in, n_out;
	bool effects; /* its firings do more than write tokens: they are made though nobody reads these */
};

/* ---- one port ---- */

enum pel_input_state {
	PEL_INPUT_READY, /* it has the tokens */
	PEL_INPUT_WAIT,	 /* they may still come */
	PEL_INPUT_SHORT, /* they will not */
};

/* How does the input stand to a need of so many tokens? */
enum pel_input_state pel_in_state(const struct pel_in_port *in, uint64_t need);
/* Tokens that the next firing takes, firing number `next`. */
static inline uint64_t pel_in_need(const struct pel_in_port *in, uint64_t next)
{
	return pel_rates_tokens(&in->rates, next, 1);
}

/* How many tokens a window at the head shows, in one piece. */
uint64_t pel_in_shown(const struct pel_in_port *in);

/* Give `tokens` back, and tell the writer. `from` here and below: the task that does it, NULL: the host. */
void pel_in_release(struct pel_in_port *in, uint64_t tokens, const struct pel_task *from);
/* Nothing will be read any more. */
void pel_in_close(struct pel_in_port *in, const struct pel_task *from);

/* Hand over `tokens` that were written into the first ring's window at the tail: copy them to the other rings, and tell the readers. */
void pel_out_commit(struct pel_out_port *out, uint64_t tokens, const struct pel_task *from);
void pel_out_wake_readers(const struct pel_out_port *out, const struct pel_task *from);
/* Nothing will be written any more. */
void pel_out_end(struct pel_out_port *out, const struct pel_task *from);

/* ---- all ports of an actor; `next` is the number of its next firing ---- */

/*
 * How many firings do the inputs allow, up to *firings? PEL_INPUT_SHORT: an input has ended that holds less than the next firing needs.
 * *port says which input decided.
 */
enum pel_input_state pel_ports_inputs(struct pel_ports *ports, uint64_t next, uint64_t *firings,
				      uint32_t *port);
/* How many firings do the outputs have room for, up to *firings? false: not one, because of output *port. */
bool pel_ports_outputs(struct pel_ports *ports, uint64_t next, uint64_t *firings, uint32_t *port);

/* Has every reader of every output gone? Then nobody will miss what the actor would still write, unless it does more than that. */
bool pel_ports_abandoned(const struct pel_ports *ports);
/* The same, looking at the readers anew: an actor that waits for input must see them go, though it does not look for room. */
bool pel_ports_abandoned_now(struct pel_ports *ports);

/* The windows of `firings` firings after those claimed, into `io`, whose arrays are the caller's. */
void pel_ports_windows(struct pel_ports *ports, uint64_t next, uint64_t firings, struct pel_io *io);
/* Claim the tokens of `firings` firings, or let them go again. */
void pel_ports_claim(struct pel_ports *ports, uint64_t first, uint64_t firings, bool claimed);
/* Hand over what `firings` firings from number `first` have moved at the ports that are not dynamic. */
void pel_ports_commit(struct pel_ports *ports, uint64_t first, uint64_t firings, const struct pel_task *from);
/* End the outputs, let go of the inputs, and tell all neighbours. */
void pel_ports_end(struct pel_ports *ports, const struct pel_task *from);

#endif
