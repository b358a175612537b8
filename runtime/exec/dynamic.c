/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>

/*
 * Actors with `*` ports. Their kernels say what they moved, and what they need more of; that is believed only within the windows they had.
 */

/* Kernels are foreign code: what they say of their windows is checked. */
static int check_consumed(struct run_actor *actor, const char *function)
{
	const struct pel_io *io = &this_scratch->io;

	for (uint32_t i = 0; i < actor->n_in; i++)
		if (actor->in[i].rates.dynamic && io->consumed[i] > io->in_tokens[i] &&
		    io->consumed[i] != PEL_MORE) {
			pel_fire_fail(-EPROTO,
				      "%s() says that it took %zu tokens of a window of %zu at port '%s'",
				      function, io->consumed[i], io->in_tokens[i], actor->plan->in[i].name);
			return actor_fail(actor, function, -EPROTO);
		}
	return 0;
}

static int check_produced(struct run_actor *actor, const char *function)
{
	const struct pel_io *io = &this_scratch->io;

	for (uint32_t o = 0; o < actor->n_out; o++)
		if (actor->out[o].rates.dynamic && io->produced[o] > io->out_tokens[o] &&
		    io->produced[o] != PEL_MORE) {
			pel_fire_fail(-EPROTO,
				      "%s() says that it wrote %zu tokens into a window of %zu at port '%s'",
				      function, io->produced[o], io->out_tokens[o], actor->plan->out[o].name);
			return actor_fail(actor, function, -EPROTO);
		}
	return 0;
}

/* Is there room at every `*` output, as the windows were made? */
static bool has_room(const struct run_actor *actor)
{
	for (uint32_t o = 0; o < actor->n_out; o++)
		if (actor->out[o].n_rings && actor->out[o].rates.dynamic && !this_scratch->io.out_tokens[o])
			return false;
	return true;
}

/* Hand over what was written to the `*` outputs. Returns whether anything was; *more: at one of them the kernel asks for more room. */
static bool commit_produced(struct run_actor *actor, struct run_stage *stage, bool *more)
{
	bool moved = false;

	for (uint32_t o = 0; o < actor->n_out; o++) {
		size_t produced = this_scratch->io.produced[o];

		if (!actor->out[o].n_rings || !actor->out[o].rates.dynamic)
			continue;
		if (produced == PEL_MORE) {
			*more = true;
			continue;
		}
		actor_commit_output(actor, o, produced, stage);
		moved |= produced > 0;
	}
	return moved;
}

/* Give back what was taken from the `*` inputs. Returns whether anything was. */
static bool release_consumed(struct run_actor *actor, struct run_stage *stage)
{
	bool moved = false;

	for (uint32_t i = 0; i < actor->n_in; i++) {
		size_t consumed = this_scratch->io.consumed[i];

		if (!actor->in[i].ring || !actor->in[i].rates.dynamic || consumed == PEL_MORE)
			continue;
		actor_release_input(&actor->in[i], consumed, stage);
		moved |= consumed > 0;
	}
	return moved;
}

/* How many tokens a window at the head shows now. */
static uint64_t window_tokens(const struct in_port *in)
{
	uint64_t run, fill = pel_ring_fill(in->ring, in->reader, UINT64_MAX);

	pel_ring_peek(in->ring, in->reader, 0, &run);
	return fill < run ? fill : run;
}

static int fail_window(struct run_actor *actor, const char *what, uint32_t channel, uint64_t sure)
{
	pel_fire_fail(-EPROTO, "it asks for %s in one piece than the %llu that are sure on channel %s", what,
		      (unsigned long long)(sure ? sure : 1), actor->run->plan->channels[channel].name);
	return actor_fail(actor, "fire", -EPROTO);
}

/*
 * A window ends where the ring's memory does, and no more will ever be shown or offered at this place. A kernel that asks for more there would
 * wait for ever.
 */
static int check_input_cut(struct run_actor *actor, const struct in_port *in, uint64_t shown)
{
	uint64_t run;

	pel_ring_peek(in->ring, in->reader, 0, &run);
	if (run > shown || pel_ring_fill(in->ring, in->reader, UINT64_MAX) <= shown)
		return 0;
	return fail_window(actor, "more tokens", in->channel,
			   in->ring->mirror > in->reader->history ? in->ring->mirror - in->reader->history : 0);
}

static int check_outputs_cut(struct run_actor *actor)
{
	for (uint32_t o = 0; o < actor->n_out; o++) {
		const struct out_port *out = &actor->out[o];
		uint64_t room = UINT64_MAX, most = UINT64_MAX, sure = UINT64_MAX;

		if (!out->n_rings || !out->rates.dynamic || this_scratch->io.produced[o] != PEL_MORE)
			continue;
		for (uint32_t r = 0; r < out->n_rings; r++) {
			struct pel_ring *ring = out->rings[r].ring;
			uint64_t free_room = pel_ring_room(ring, UINT64_MAX), run;

			pel_ring_reserve(ring, 0, &run);
			most = run < most ? run : most;
			room = free_room < room ? free_room : room;
			sure = ring->mirror < sure ? ring->mirror : sure;
		}
		if (room > most && most <= this_scratch->io.out_tokens[o])
			return fail_window(actor, "room for more tokens", out->rings[0].plan->channels[0],
					   sure);
	}
	return 0;
}

/*
 * Nothing moved in a call of a dynamic actor, which asks for more room if `room`. It waits for the inputs that it named with PEL_MORE. If it
 * named none, it waits for those whose window is empty; where there is no such, for any. It ends once what it waits for has ended; else it
 * waits. Whether some other input has ended must not matter here: when that is seen is a matter of time.
 */
static int dynamic_stuck(struct run_actor *actor, struct run_stage *stage, bool room, enum step *ret)
{
	bool named = false, empty = false, ended = false, open = false;
	uint32_t connected = 0;

	for (uint32_t i = 0; i < actor->n_in; i++) {
		if (!actor->in[i].ring || !actor->in[i].rates.dynamic)
			continue;
		named |= this_scratch->io.consumed[i] == PEL_MORE;
		empty |= this_scratch->io.in_tokens[i] == 0;
		connected++;
	}
	for (uint32_t i = 0; i < actor->n_in; i++) {
		struct in_port *in = &actor->in[i];
		uint64_t shown = this_scratch->io.in_tokens[i];

		if (!in->ring || !in->rates.dynamic)
			continue;
		if (named ? this_scratch->io.consumed[i] != PEL_MORE : room || (empty && shown))
			continue;
		if ((named || connected == 1) && check_input_cut(actor, in, shown) < 0)
			return -EPROTO;
		if (!pel_ring_ended(in->ring)) {
			open = true;
			continue;
		}
		if (window_tokens(in) > shown)
			return 0; /* more came before the end: look again */
		ended = true;
	}
	*ret = room ? STEP_WAITS_ROOM : STEP_WAITS_INPUT;
	if (!ended || (open && !named && !empty))
		return 0;
	*ret = STEP_RAN;
	return actor_inputs_ended(actor, stage, ret);
}

/*
 * Is there something to call a dynamic actor's kernel for? Tokens at some `*` input; or, where it has several and one has ended, its
 * word on which of them it waits for.
 */
static bool dynamic_ready(struct run_actor *actor)
{
	bool ended = false;
	uint32_t inputs = 0;

	for (uint32_t i = 0; i < actor->n_in; i++) {
		if (!actor->in[i].rates.dynamic || !actor->in[i].ring)
			continue;
		if (this_scratch->io.in_tokens[i])
			return true;
		inputs++;
		ended |= pel_ring_ended(actor->in[i].ring);
	}
	return !inputs || (inputs > 1 && ended);
}

/* Keep what the kernel waits for: more of the inputs that it named, else of the empty ones, else of any; and room where it said so. */
static void note_asked(struct run_actor *actor, bool room)
{
	const struct pel_io *io = &this_scratch->io;
	bool named = false, empty = false;

	for (uint32_t i = 0; i < actor->n_in; i++) {
		bool may = actor->in[i].ring && actor->in[i].rates.dynamic;

		named |= may && io->consumed[i] == PEL_MORE;
		empty |= may && !io->in_tokens[i];
	}
	for (uint32_t i = 0; i < actor->n_in; i++)
		actor->in[i].asked = actor->in[i].ring && actor->in[i].rates.dynamic &&
				     (named  ? io->consumed[i] == PEL_MORE
				      : room ? false
					     : !empty || !io->in_tokens[i]);
	for (uint32_t o = 0; o < actor->n_out; o++)
		actor->out[o].asked = room && actor->out[o].n_rings && actor->out[o].rates.dynamic &&
				      io->produced[o] == PEL_MORE;
}

/* Nothing moved, and nothing will before a neighbour does something. */
static int dynamic_wait(struct run_actor *actor, struct run_stage *stage, bool room, enum step *ret)
{
	note_asked(actor, room);
	if (actor_abandoned_now(actor))
		return actor_end(actor, stage);
	if (room && check_outputs_cut(actor) < 0)
		return -EPROTO;
	return dynamic_stuck(actor, stage, room, ret);
}

/* Does every call move something, since a port has a constant rate? */
static bool has_constant(const struct run_actor *actor)
{
	bool constant = false;

	for (uint32_t i = 0; i < actor->n_in; i++)
		constant |= actor->in[i].ring && !actor->in[i].rates.dynamic;
	for (uint32_t o = 0; o < actor->n_out; o++)
		constant |= actor->out[o].n_rings && !actor->out[o].rates.dynamic;
	return constant;
}

/* Call the kernel on the windows that have been made. */
static int dynamic_call(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	bool moved, room = false;
	int r = actor_call(actor, &this_scratch->io, 1);

	if (r < 0)
		return r;
	if (check_consumed(actor, "fire") < 0 || check_produced(actor, "fire") < 0)
		return -EPROTO;
	moved = commit_produced(actor, stage, &room);
	moved |= release_consumed(actor, stage);
	if (r == PEL_END) {
		if (*this_scratch->io.fired)
			actor_commit(actor, stage, actor->next_firing, 1);
		actor_count(actor, stage, *this_scratch->io.fired);
		return actor_end(actor, stage);
	}
	if (!moved && !has_constant(actor))
		return dynamic_wait(actor, stage, room, ret);
	actor_commit(actor, stage, actor->next_firing, 1);
	actor->next_firing++;
	actor_count(actor, stage, 1);
	return 0;
}

int dynamic_step(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	uint64_t firings = 1;
	uint32_t port;

	switch (actor_inputs(actor, &firings, &port)) {
	case INPUT_SHORT:
		return actor_inputs_ended(actor, stage, ret);
	case INPUT_WAIT:
		if (actor_abandoned_now(actor))
			return actor_end(actor, stage);
		*ret = STEP_WAITS_INPUT;
		return 0;
	case INPUT_READY:
		break;
	}
	*ret = STEP_WAITS_ROOM;
	if (!actor_outputs(actor, &firings, &port))
		return 0;
	actor_windows(actor, &this_scratch->io, 1);
	if (!has_room(actor))
		return 0;
	*ret = STEP_RAN;
	return dynamic_ready(actor) ? dynamic_call(actor, stage, ret) : dynamic_wait(actor, stage, false, ret);
}

int dynamic_drain(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	bool moved, more = false;
	int r;

	*ret = STEP_RAN;
	if (actor_abandoned(actor))
		return actor_end(actor, stage);
	actor_windows(actor, &this_scratch->io, 0);
	if (!has_room(actor)) {
		*ret = STEP_WAITS_ROOM;
		return 0;
	}
	pel_fire_reset();
	actor_calling(actor);
	r = actor_returned(actor, "drain", actor->plan->kernel->drain(actor->kernel_state, &this_scratch->io),
			   true);
	if (r < 0)
		return r;
	if (check_produced(actor, "drain") < 0)
		return -EPROTO;
	moved = commit_produced(actor, stage, &more);
	if (r == PEL_END || (!moved && !more))
		return actor_end(actor, stage);
	if (moved)
		return 0;
	note_asked(actor, true);
	*ret = STEP_WAITS_ROOM; /* it asked for more than is free now */
	return check_outputs_cut(actor);
}
