/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <string.h>

/* ---- rates ---- */

uint64_t rates_tokens(const struct rates *rates, uint64_t first, uint64_t n)
{
	uint64_t phase, end;

	if (!rates->before)
		return n * rates->cycle_tokens;
	phase = first % rates->phases;
	end = phase + n;
	return end / rates->phases * rates->cycle_tokens + rates->before[end % rates->phases] -
	       rates->before[phase];
}

uint64_t rates_firings(const struct rates *rates, uint64_t first, uint64_t tokens)
{
	uint64_t phase, cycles, rest, low = 0, high;

	if (!rates->before)
		return rates->cycle_tokens == 1 ? tokens : tokens / rates->cycle_tokens;
	phase = first % rates->phases;
	tokens += rates->before[phase];
	cycles = tokens / rates->cycle_tokens;
	rest = tokens % rates->cycle_tokens;
	high = rates->phases - 1;
	while (low < high) { /* the last phase that starts with no more than `rest` tokens behind it */
		uint64_t middle = (low + high + 1) / 2;

		if (rates->before[middle] <= rest)
			low = middle;
		else
			high = middle - 1;
	}
	return cycles * rates->phases + low - phase;
}

/* ---- what a firing needs ---- */

/* How does an input of constant or cyclic rate stand to the next firing? */
static enum input_state input_state(struct in_port *in, uint64_t need)
{
	if (pel_ring_fill(in->ring, in->reader, need) >= need)
		return INPUT_READY;
	/* Once the end is seen, the fill is final: so look at it again, after. */
	if (!pel_ring_ended(in->ring))
		return pel_ring_fill(in->ring, in->reader, need) >= need ? INPUT_READY : INPUT_WAIT;
	return pel_ring_fill(in->ring, in->reader, need) >= need ? INPUT_READY : INPUT_SHORT;
}

/*
 * How many firings do the inputs allow, up to *firings? INPUT_SHORT: an input has ended that holds less than the next
 * firing needs; *port says which input decided.
 */
enum input_state actor_inputs(struct run_actor *actor, uint64_t *firings, uint32_t *port)
{
	enum input_state state = INPUT_READY;

	for (uint32_t i = 0; i < actor->n_in; i++) {
		struct in_port *in = &actor->in[i];
		uint64_t need, fill, run;

		if (!in->ring || in->rates.dynamic)
			continue;
		need = in->claimed + rates_tokens(&in->rates, actor->next_firing, 1);
		switch (input_state(in, need)) {
		case INPUT_SHORT:
			*port = i;
			return INPUT_SHORT; /* whatever the other ports say */
		case INPUT_WAIT:
			if (state == INPUT_READY)
				*port = i;
			state = INPUT_WAIT;
			continue;
		case INPUT_READY:
			break;
		}
		fill = pel_ring_fill(in->ring, in->reader, need) - in->claimed;
		pel_ring_peek(in->ring, in->reader, in->claimed, &run);
		*firings = min_u64(*firings, rates_firings(&in->rates, actor->next_firing, min_u64(fill, run)));
	}
	return state;
}

/* How many firings do the outputs have room for, up to *firings? false: not one, because of output *port. */
bool actor_outputs(struct run_actor *actor, uint64_t *firings, uint32_t *port)
{
	for (uint32_t o = 0; o < actor->n_out; o++) {
		struct out_port *out = &actor->out[o];

		if (out->rates.dynamic)
			continue;
		for (uint32_t r = 0; r < out->n_rings; r++) {
			uint64_t need = out->claimed + rates_tokens(&out->rates, actor->next_firing, 1);
			uint64_t room = pel_ring_room(out->rings[r].ring, need), run;

			if (room < need) {
				*port = o;
				return false;
			}
			pel_ring_reserve(out->rings[r].ring, out->claimed, &run);
			room = min_u64(room, out->rings[r].ring->n_slots) - out->claimed;
			*firings = min_u64(*firings,
					   rates_firings(&out->rates, actor->next_firing, min_u64(room, run)));
		}
	}
	return true;
}

/* Has every reader of every output gone? Then nobody will miss what the actor would still write, unless it does more than that. */
bool actor_abandoned(const struct run_actor *actor)
{
	bool connected = false;

	if (actor->plan->kernel && actor->plan->kernel->flags & PEL_KERNEL_EFFECTS)
		return false;
	for (uint32_t o = 0; o < actor->n_out; o++)
		for (uint32_t r = 0; r < actor->out[o].n_rings; r++) {
			connected = true;
			if (!actor->out[o].rings[r].ring->abandoned)
				return false;
		}
	return connected;
}

/* The same, looking at the readers anew: an actor that waits for input must see them go, though it does not look for room. */
bool actor_abandoned_now(struct run_actor *actor)
{
	for (uint32_t o = 0; o < actor->n_out; o++)
		for (uint32_t r = 0; r < actor->out[o].n_rings; r++)
			pel_ring_refresh_room(actor->out[o].rings[r].ring);
	return actor_abandoned(actor);
}

/* The windows of `firings` firings after those claimed, into `io`, whose arrays the caller has set. */
void actor_windows(struct run_actor *actor, struct pel_io *io, uint64_t firings)
{
	const void **in_windows = (const void **)io->in;
	void **out_windows = (void **)io->out;
	size_t *in_tokens = (size_t *)io->in_tokens, *out_tokens = (size_t *)io->out_tokens;

	io->first = actor->next_firing;
	for (uint32_t i = 0; i < actor->n_in; i++) {
		struct in_port *in = &actor->in[i];
		uint64_t run;

		in_windows[i] = NULL;
		in_tokens[i] = io->consumed[i] = 0;
		if (!in->ring)
			continue;
		in_windows[i] = pel_ring_peek(in->ring, in->reader, in->claimed, &run);
		in_tokens[i] = in->rates.dynamic
				       ? min_u64(pel_ring_fill(in->ring, in->reader, UINT64_MAX), run)
				       : rates_tokens(&in->rates, actor->next_firing, firings);
	}
	for (uint32_t o = 0; o < actor->n_out; o++) {
		struct out_port *out = &actor->out[o];
		uint64_t run, tokens;

		out_windows[o] = NULL;
		out_tokens[o] = io->produced[o] = 0;
		if (!out->n_rings)
			continue;
		tokens = out->rates.dynamic ? UINT64_MAX
					    : rates_tokens(&out->rates, actor->next_firing, firings);
		out_windows[o] = pel_ring_reserve(out->rings[0].ring, out->claimed, &run);
		if (out->rates.dynamic)
			for (uint32_t r = 0; r < out->n_rings; r++) {
				uint64_t room = pel_ring_room(out->rings[r].ring, UINT64_MAX);

				pel_ring_reserve(out->rings[r].ring, 0, &run);
				tokens = min_u64(tokens,
						 min_u64(min_u64(room, run), out->rings[r].ring->n_slots));
			}
		out_tokens[o] = tokens;
	}
}

void actor_move_claimed(struct run_actor *actor, uint64_t first, uint64_t firings, bool taken)
{
	for (uint32_t i = 0; i < actor->n_in; i++) {
		uint64_t tokens = rates_tokens(&actor->in[i].rates, first, firings);

		actor->in[i].claimed += taken ? tokens : -tokens;
	}
	for (uint32_t o = 0; o < actor->n_out; o++) {
		uint64_t tokens = rates_tokens(&actor->out[o].rates, first, firings);

		actor->out[o].claimed += taken ? tokens : -tokens;
	}
}

/* ---- telling the neighbours ---- */

void actor_tell_readers(struct run_actor *actor, uint32_t port, struct run_stage *from)
{
	struct out_port *out = &actor->out[port];

	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++)
			actor_notify(out->rings[r].readers[i], from, true);
}

void actor_tell_writer(const struct in_port *in, struct run_stage *from)
{
	actor_notify(in->writer, from, false);
}

/* Copy what was written into the first ring's window to the other rings, and hand it all over. */
void actor_commit_output(struct run_actor *actor, uint32_t port, uint64_t tokens, struct run_stage *from)
{
	struct out_port *out = &actor->out[port];
	const void *written;
	uint64_t run;

	if (!out->n_rings || !tokens)
		return;
	written = pel_ring_reserve(out->rings[0].ring, 0, &run);
	for (uint32_t r = 1; r < out->n_rings; r++) {
		memcpy(pel_ring_reserve(out->rings[r].ring, 0, &run), written, tokens * out->token_bytes);
		pel_ring_commit(out->rings[r].ring, tokens);
	}
	pel_ring_commit(out->rings[0].ring, tokens);
	actor_tell_readers(actor, port, from);
}

void actor_release_input(struct in_port *in, uint64_t tokens, struct run_stage *from)
{
	if (!in->ring || !tokens)
		return;
	pel_ring_release(in->ring, in->reader, tokens);
	actor_tell_writer(in, from);
}

void actor_count(struct run_actor *actor, struct run_stage *stage, uint64_t firings)
{
	counter_add(&actor->firings, firings);
	counter_add(&stage->firings, firings);
}

/* Outputs first, so that a reader that we tell of tokens finds them; then the inputs go back. */
void actor_commit(struct run_actor *actor, struct run_stage *from, uint64_t first, uint64_t firings)
{
	for (uint32_t o = 0; o < actor->n_out; o++)
		if (!actor->out[o].rates.dynamic)
			actor_commit_output(actor, o, rates_tokens(&actor->out[o].rates, first, firings), from);
	for (uint32_t i = 0; i < actor->n_in; i++)
		if (!actor->in[i].rates.dynamic)
			actor_release_input(&actor->in[i], rates_tokens(&actor->in[i].rates, first, firings),
					    from);
}

/* ---- the end of an actor ---- */

/* Its last word has been said: end the outputs, let go of the inputs, and tell all neighbours. */
int actor_end(struct run_actor *actor, struct run_stage *from)
{
	const struct pel_kernel *kernel = actor->plan->kernel;
	int r;

	actor->state = ACTOR_ENDED;
	pel_fire_reset();
	actor_calling(actor);
	if (kernel->finish && !actor->device &&
	    (r = actor_returned(actor, "finish", kernel->finish(actor->kernel_state, actor->results), false)) <
		    0)
		return r;
	if (actor->results && actor->results->failed) {
		pel_fire_fail(-ENOMEM, "out of memory for its results");
		return actor_fail(actor, "finish", -ENOMEM);
	}
	atomic_store_explicit(&actor->finished, true, memory_order_release);
	for (uint32_t o = 0; o < actor->n_out; o++) {
		for (uint32_t k = 0; k < actor->out[o].n_rings; k++)
			pel_ring_end(actor->out[o].rings[k].ring);
		actor_tell_readers(actor, o, from);
	}
	for (uint32_t i = 0; i < actor->n_in; i++)
		if (actor->in[i].ring) {
			pel_ring_close(actor->in[i].reader);
			actor_tell_writer(&actor->in[i], from);
		}
	return 0;
}

/* The inputs have ended: go on to the kernel's last words, if it has any. */
static int inputs_ended(struct run_actor *actor, struct run_stage *from)
{
	if (actor->plan->kernel->drain) {
		actor->state = ACTOR_DRAINING;
		return 0;
	}
	return actor_end(actor, from);
}

/*
 * An input has ended with less than a firing needs. If every such input is to be padded, and something is left at one of them, one more
 * firing is made possible, as soon as the other inputs are ready for it.
 */
enum tail_verdict actor_tail_verdict(struct run_actor *actor)
{
	bool any_left = false, waits = false;

	for (uint32_t i = 0; i < actor->n_in; i++) {
		struct in_port *in = &actor->in[i];
		uint64_t need;

		if (!in->ring || in->rates.dynamic)
			continue;
		need = rates_tokens(&in->rates, actor->next_firing, 1);
		switch (input_state(in, need)) {
		case INPUT_READY:
			continue;
		case INPUT_WAIT:
			waits = true;
			continue;
		case INPUT_SHORT:
			break;
		}
		if (in->tail != PEL_TAIL_PAD)
			return TAIL_END;
		any_left |= pel_ring_fill(in->ring, in->reader, need) > 0;
	}
	if (waits)
		return TAIL_WAIT;
	return any_left ? TAIL_PAD : TAIL_END;
}

/* Windows of our own for one firing: what is left, and zeros. */
void actor_pad(struct run_actor *actor)
{
	const void **windows = (const void **)this_scratch->io.in;

	actor_windows(actor, &this_scratch->io, 1);
	for (uint32_t i = 0; i < actor->n_in; i++) {
		struct in_port *in = &actor->in[i];
		size_t bytes = in->token_bytes;
		uint64_t need, fill, history;
		unsigned char *window = actor->pad[i];

		if (!in->ring)
			continue;
		need = rates_tokens(&in->rates, actor->next_firing, 1);
		fill = pel_ring_fill(in->ring, in->reader, need);
		history = in->reader->history;
		if (fill >= need)
			continue;
		memcpy(window, (const unsigned char *)windows[i] - history * bytes, (history + fill) * bytes);
		memset(window + (history + fill) * bytes, 0, (need - fill) * bytes);
		windows[i] = window + history * bytes;
	}
}

void actor_commit_padded(struct run_actor *actor, struct run_stage *stage)
{
	for (uint32_t o = 0; o < actor->n_out; o++)
		actor_commit_output(actor, o, rates_tokens(&actor->out[o].rates, actor->next_firing, 1), stage);
	for (uint32_t i = 0; i < actor->n_in; i++) {
		struct in_port *in = &actor->in[i];

		if (in->ring)
			actor_release_input(in,
					    min_u64(pel_ring_fill(in->ring, in->reader, 1),
						    rates_tokens(&in->rates, actor->next_firing, 1)),
					    stage);
	}
	actor->next_firing++;
	actor_count(actor, stage, 1);
}

/* There is room for it. */
static int fire_padded(struct run_actor *actor, struct run_stage *stage)
{
	int r;

	actor_pad(actor);
	r = actor_call(actor, &this_scratch->io, 1);
	if (r >= 0 && (r != PEL_END || *this_scratch->io.fired))
		actor_commit_padded(actor, stage);
	return r;
}

static int fail_tail(struct run_actor *actor, const struct in_port *in, uint64_t left)
{
	uint64_t need = in->rates.dynamic ? 0 : rates_tokens(&in->rates, actor->next_firing, 1);
	const char *channel = actor->run->plan->channels[in->channel].name;

	if (left < need && pel_ring_ended(in->ring))
		pel_fire_fail(
			-EPROTO,
			"channel %s ended with %llu of the %llu tokens that a firing needs, and has tail=\"error\"",
			channel, (unsigned long long)left, (unsigned long long)need);
	else
		pel_fire_fail(
			-EPROTO,
			"channel %s has tokens left that no firing can take since an input has ended, and has tail=\"error\"",
			channel);
	return actor_fail(actor, "tail", -EPROTO);
}

/*
 * An input has ended for good: what is left at the others is of no use either. Where that is an error, it must be known whether anything
 * will be left before the actor can end: the verdict may not depend on which input's end is seen first.
 */
int actor_inputs_ended(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	bool open = false;

	for (uint32_t i = 0; i < actor->n_in; i++) {
		struct in_port *in = &actor->in[i];
		enum input_state state;

		if (!in->ring || in->tail != PEL_TAIL_ERROR)
			continue;
		state = input_state(in, 1);
		if (state == INPUT_READY)
			return fail_tail(actor, in, pel_ring_fill(in->ring, in->reader, UINT64_MAX));
		open |= state == INPUT_WAIT;
	}
	if (open && !actor_abandoned_now(actor)) {
		*ret = STEP_WAITS_INPUT;
		return 0;
	}
	actor->short_of_input = true;
	return inputs_ended(actor, stage);
}

int actor_step_short(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	uint64_t firings = 1;
	uint32_t port;
	int r;

	switch (actor_tail_verdict(actor)) {
	case TAIL_WAIT:
		*ret = STEP_WAITS_INPUT;
		return 0;
	case TAIL_END:
		return actor_inputs_ended(actor, stage, ret);
	case TAIL_PAD:
		break;
	}
	if (!actor_outputs(actor, &firings, &port)) {
		*ret = STEP_WAITS_ROOM;
		return 0;
	}
	r = fire_padded(actor, stage);
	return r == PEL_END ? actor_end(actor, stage) : r;
}

/* ---- steps ---- */

int actor_step(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	uint64_t firings = actor->max_firings ? actor->max_firings : UINT64_MAX;
	uint32_t port;
	int r;

	if (actor->stop_at != UINT64_MAX)
		firings = min_u64(firings, actor->stop_at - actor->next_firing);
	*ret = STEP_RAN;
	if (actor->state == ACTOR_DRAINING)
		return dynamic_drain(actor, stage, ret);
	if (actor_abandoned(actor))
		return actor_end(actor, stage);
	if (actor->dynamic)
		return dynamic_step(actor, stage, ret);
	switch (actor_inputs(actor, &firings, &port)) {
	case INPUT_SHORT:
		return actor_step_short(actor, stage, ret);
	case INPUT_WAIT:
		if (actor_abandoned_now(actor))
			return actor_end(actor, stage);
		*ret = STEP_WAITS_INPUT;
		return 0;
	case INPUT_READY:
		break;
	}
	if (!actor_outputs(actor, &firings, &port)) {
		*ret = STEP_WAITS_ROOM;
		return 0;
	}
	if (actor_abandoned(actor)) /* as the look at the room has just shown */
		return actor_end(actor, stage);
	if (firings == UINT64_MAX)
		firings = 1; /* neither inputs nor outputs bound it */
	actor_windows(actor, &this_scratch->io, firings);
	r = actor_call(actor, &this_scratch->io, firings);
	if (r < 0)
		return r;
	firings = *this_scratch->io.fired;
	actor_commit(actor, stage, actor->next_firing, firings);
	actor->next_firing += firings;
	actor_count(actor, stage, firings);
	return r == PEL_END ? actor_end(actor, stage) : 0;
}
