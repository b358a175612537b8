/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EDGE_H
#define PEL_EDGE_H

#include <pelton/kernel.h>
#include "plan-model.h"
#include "rates.h"
#include "ring.h"
#include "waker.h"

/*
 * The ports of an actor and the ends of rings that they hold: how many firings they allow, the windows of
 * these firings, and commit and release.
 *
 * Threads: all of this belongs to the owner of the actor, or to the host's thread of a boundary port. The
 * other end of a ring has another owner, who is only notified, through a waker. Tokens that calls or rounds
 * in progress hold are `claimed`: windows begin after them, but they are not yet committed or released.
 */

/* Where the tokens of an actor in a cluster are while rounds are executed. */
struct pel_storage {
	enum pel_storage_kind kind;
	/*
	 * PEL_STORAGE_RING: index of the window in a round. An output has one for each ring, from this index
	 * on.
	 */
	uint32_t window;
	uint64_t offset;    /* PEL_STORAGE_CHUNK: offset in bytes into the thread's own memory */
	uint64_t iteration; /* tokens of one iteration */
};

struct pel_in_port {
	struct pel_rates rates;
	const struct pel_ring *ring; /* NULL: not connected */
	struct pel_ring_reader *reader;
	const struct pel_waker *writer; /* woken when there is room */
	uint64_t claimed;		/* tokens after the head */
	uint32_t token_bytes;
	uint32_t channel; /* index in the plan */
	enum pel_tail tail : 8;
	bool asked : 1; /* of a `*` input: since its last call, the kernel waits for more than it was shown */
	struct pel_storage storage;
};

struct pel_out_ring {
	const struct pel_plan_ring *plan;
	struct pel_ring *ring;
	const struct pel_waker **readers; /* woken when there are tokens: ring->n_readers of them */
};

struct pel_out_port {
	struct pel_rates rates;
	uint32_t n_rings; /* 0: not connected */
	uint32_t token_bytes;
	struct pel_out_ring *rings; /* the kernel writes into the first; the others get copies */
	uint64_t claimed;	    /* tokens after the tail */
	bool asked;		    /* of a `*` output: the kernel waits for more room than it was offered */
	struct pel_storage storage;
};

struct pel_ports {
	struct pel_in_port *in;
	struct pel_out_port *out;
	uint32_t n_in, n_out;
	bool effects; /* firings do more than write tokens, so they are made even if nobody reads the outputs */
};

/* ---- one port ---- */

enum pel_input_state {
	PEL_INPUT_READY, /* it has the tokens */
	PEL_INPUT_WAIT,	 /* the tokens may still come */
	PEL_INPUT_SHORT, /* the tokens will not come: it has ended */
};

/* Does the input have `need` tokens, or can they still come? */
enum pel_input_state pel_in_state(const struct pel_in_port *in, uint64_t need);
/* The number of tokens that firing number `next` consumes. */
static inline uint64_t pel_in_need(const struct pel_in_port *in, uint64_t next)
{
	return pel_rates_tokens(&in->rates, next, 1);
}

/* How many tokens a window at the head shows, in one piece. */
uint64_t pel_in_shown(const struct pel_in_port *in);

/*
 * Release `tokens`, and wake the writer. Here and below, `from` is the task that does this; NULL: the host.
 */
void pel_in_release(struct pel_in_port *in, uint64_t tokens, const struct pel_task *from);
/* Close the input: nothing more will be read. Wakes the writer. */
void pel_in_close(struct pel_in_port *in, const struct pel_task *from);

/*
 * Commit `tokens` that were written into the window at the tail of the first ring: copy them to the other
 * rings, and wake the readers.
 */
void pel_out_commit(struct pel_out_port *out, uint64_t tokens, const struct pel_task *from);
void pel_out_wake_readers(const struct pel_out_port *out, const struct pel_task *from);
/* End the output: nothing more will be written. Wakes the readers. */
void pel_out_end(struct pel_out_port *out, const struct pel_task *from);

/* ---- all ports of an actor; `next` is the number of its next firing ---- */

/*
 * Reduce *firings to what the inputs allow. PEL_INPUT_SHORT: an input has ended with fewer tokens than the
 * next firing needs. If the result is not PEL_INPUT_READY, *port is the input that caused it.
 */
enum pel_input_state pel_ports_inputs(struct pel_ports *ports, uint64_t next, uint64_t *firings,
				      uint32_t *port);
/* Reduce *firings to what the outputs have room for. false: output *port has no room for one firing. */
bool pel_ports_outputs(struct pel_ports *ports, uint64_t next, uint64_t *firings, uint32_t *port);

/*
 * Have all readers of all outputs gone? Then nobody needs what the actor would still write. Always false if
 * its firings have effects.
 */
bool pel_ports_abandoned(const struct pel_ports *ports);
/*
 * The same, after reading the state of the readers again. An actor that waits for input does not look for
 * room, so it must use this one to see that its readers have gone.
 */
bool pel_ports_abandoned_now(struct pel_ports *ports);

/*
 * Build the windows of `firings` firings, after those that are claimed, in `io`. The caller owns the arrays
 * of `io`.
 */
void pel_ports_windows(struct pel_ports *ports, uint64_t next, uint64_t firings, struct pel_io *io);
/* Claim the tokens and room of `firings` firings, or give the claim back. */
void pel_ports_claim(struct pel_ports *ports, uint64_t first, uint64_t firings, bool claimed);
/*
 * Commit and release what `firings` firings from number `first` on moved at the ports that are not dynamic.
 */
void pel_ports_commit(struct pel_ports *ports, uint64_t first, uint64_t firings, const struct pel_task *from);
/* End the outputs, close the inputs, and wake all neighbours. */
void pel_ports_end(struct pel_ports *ports, const struct pel_task *from);

#endif
