/* SPDX-License-Identifier: Apache-2.0 */
#include "dynamic.h"

#include <errno.h>
#include "actor-end.h"
#include "call.h"

/* Kernels are foreign code: check the counts that they report for their windows. */
static int check_consumed(struct pel_run_actor *actor, const struct pel_io *io, const char *function)
{
	for (uint32_t i = 0; i < actor->ports.n_in; i++)
		if (actor->ports.in[i].rates.dynamic && io->consumed[i] > io->in_tokens[i] &&
		    io->consumed[i] != PEL_MORE) {
			pel_fire_fail(
				-EPROTO,
				"%s() reports that it consumed %zu token%s from a window of %zu at port '%s'",
				function, io->consumed[i], pel_s(io->consumed[i]), io->in_tokens[i],
				actor->plan->in[i].name);
			return pel_call_fail(actor, function, -EPROTO);
		}
	return 0;
}

static int check_produced(struct pel_run_actor *actor, const struct pel_io *io, const char *function)
{
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		if (actor->ports.out[o].rates.dynamic && io->produced[o] > io->out_tokens[o] &&
		    io->produced[o] != PEL_MORE) {
			pel_fire_fail(-EPROTO,
				      "%s() reports that it wrote %zu token%s into a window of %zu at port '%s'",
				      function, io->produced[o], pel_s(io->produced[o]), io->out_tokens[o],
				      actor->plan->out[o].name);
			return pel_call_fail(actor, function, -EPROTO);
		}
	return 0;
}

/* Do the windows have room at every `*` output? */
static bool has_room(const struct pel_run_actor *actor, const struct pel_io *io)
{
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		if (actor->ports.out[o].n_rings && actor->ports.out[o].rates.dynamic && !io->out_tokens[o])
			return false;
	return true;
}

/*
 * Commit what was written to the `*` outputs. Returns whether anything was. *more: the kernel asks for more
 * room at one of them.
 */
static bool commit_produced(struct pel_run_actor *actor, const struct pel_turn *turn, bool *more)
{
	struct pel_io *io = &turn->scratch->io;
	bool moved = false;

	for (uint32_t o = 0; o < actor->ports.n_out; o++) {
		size_t produced = io->produced[o];

		if (!actor->ports.out[o].n_rings || !actor->ports.out[o].rates.dynamic)
			continue;
		if (produced == PEL_MORE) {
			*more = true;
			continue;
		}
		pel_out_commit(&actor->ports.out[o], produced, turn->task);
		moved |= produced > 0;
	}
	return moved;
}

/* Release what was consumed from the `*` inputs. Returns whether anything was. */
static bool release_consumed(struct pel_run_actor *actor, const struct pel_turn *turn)
{
	struct pel_io *io = &turn->scratch->io;
	bool moved = false;

	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		size_t consumed = io->consumed[i];

		if (!actor->ports.in[i].ring || !actor->ports.in[i].rates.dynamic || consumed == PEL_MORE)
			continue;
		pel_in_release(&actor->ports.in[i], consumed, turn->task);
		moved |= consumed > 0;
	}
	return moved;
}

static int fail_window(struct pel_run_actor *actor, const char *what, uint32_t channel, uint64_t sure)
{
	pel_fire_fail(-EPROTO, "requests %s than channel %s guarantees (%llu)", what,
		      actor->set->plan->channels[channel].name, (unsigned long long)(sure ? sure : 1));
	return pel_call_fail(actor, "fire", -EPROTO);
}

/*
 * A window ends where the ring's memory ends. No larger window is possible at this position, so a kernel that
 * asks for more there would wait forever.
 */
static int check_input_cut(struct pel_run_actor *actor, const struct pel_in_port *in, uint64_t shown)
{
	uint64_t run;

	pel_ring_peek(in->ring, in->reader, 0, &run);
	if (run > shown || pel_ring_fill(in->ring, in->reader, UINT64_MAX) <= shown)
		return 0;
	return fail_window(actor, "more contiguous tokens", in->channel,
			   in->ring->mirror > in->reader->history ? in->ring->mirror - in->reader->history : 0);
}

static int check_outputs_cut(struct pel_run_actor *actor, const struct pel_io *io)
{
	for (uint32_t o = 0; o < actor->ports.n_out; o++) {
		const struct pel_out_port *out = &actor->ports.out[o];
		uint64_t room = UINT64_MAX, most = UINT64_MAX, sure = UINT64_MAX;

		if (!out->n_rings || !out->rates.dynamic || io->produced[o] != PEL_MORE)
			continue;
		for (uint32_t r = 0; r < out->n_rings; r++) {
			struct pel_ring *ring = out->rings[r].ring;
			uint64_t free_room = pel_ring_room(ring, UINT64_MAX), run;

			pel_ring_reserve(ring, 0, &run);
			most = run < most ? run : most;
			room = free_room < room ? free_room : room;
			sure = ring->mirror < sure ? ring->mirror : sure;
		}
		if (room > most && most <= io->out_tokens[o])
			return fail_window(actor, "room for more contiguous tokens",
					   out->rings[0].plan->channels[0], sure);
	}
	return 0;
}

/*
 * A call of a dynamic actor moved nothing; if `room`, it asks for more room. The actor waits for the inputs
 * that it named with PEL_MORE. If it named none, it waits for the inputs whose window is empty; if there are
 * none, for any input. It ends once what it waits for has ended. It must not matter whether some other input
 * has ended, because when that is seen depends on timing.
 */
static int dynamic_stuck(struct pel_run_actor *actor, const struct pel_turn *turn, bool room, enum pel_step *ret)
{
	struct pel_io *io = &turn->scratch->io;
	bool named = false, empty = false, ended = false, open = false;
	uint32_t connected = 0;

	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		if (!actor->ports.in[i].ring || !actor->ports.in[i].rates.dynamic)
			continue;
		named |= io->consumed[i] == PEL_MORE;
		empty |= io->in_tokens[i] == 0;
		connected++;
	}
	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		struct pel_in_port *in = &actor->ports.in[i];
		uint64_t shown = io->in_tokens[i];

		if (!in->ring || !in->rates.dynamic)
			continue;
		if (named ? io->consumed[i] != PEL_MORE : room || (empty && shown))
			continue;
		if ((named || connected == 1) && check_input_cut(actor, in, shown) < 0)
			return -EPROTO;
		if (!pel_ring_ended(in->ring)) {
			open = true;
			continue;
		}
		if (pel_in_shown(in) > shown)
			return 0; /* more tokens came before the end: look again */
		ended = true;
	}
	*ret = room ? PEL_STEP_WAITS_ROOM : PEL_STEP_WAITS_INPUT;
	if (!ended || (open && !named && !empty))
		return 0;
	*ret = PEL_STEP_RAN;
	return pel_actor_inputs_ended(actor, turn, ret);
}

/*
 * Is there a reason to call a dynamic actor's kernel? Either there are tokens at some `*` input; or it has
 * several `*` inputs and one has ended, so the kernel must report which of them it waits for.
 */
static bool dynamic_ready(const struct pel_run_actor *actor, const struct pel_io *io)
{
	bool ended = false;
	uint32_t inputs = 0;

	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		if (!actor->ports.in[i].rates.dynamic || !actor->ports.in[i].ring)
			continue;
		if (io->in_tokens[i])
			return true;
		inputs++;
		ended |= pel_ring_ended(actor->ports.in[i].ring);
	}
	return !inputs || (inputs > 1 && ended);
}

/*
 * Record what the kernel waits for: the inputs that it named, else the empty ones, else any; and room, if it
 * asked for that.
 */
static void note_asked(struct pel_run_actor *actor, const struct pel_io *io, bool room)
{
	bool named = false, empty = false;

	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		bool may = actor->ports.in[i].ring && actor->ports.in[i].rates.dynamic;

		named |= may && io->consumed[i] == PEL_MORE;
		empty |= may && !io->in_tokens[i];
	}
	for (uint32_t i = 0; i < actor->ports.n_in; i++)
		actor->ports.in[i].asked = actor->ports.in[i].ring && actor->ports.in[i].rates.dynamic &&
					   (named  ? io->consumed[i] == PEL_MORE
					    : room ? false
						   : !empty || !io->in_tokens[i]);
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		actor->ports.out[o].asked = room && actor->ports.out[o].n_rings &&
					    actor->ports.out[o].rates.dynamic && io->produced[o] == PEL_MORE;
}

/* Nothing moved, and nothing will until a neighbour does something. */
static int dynamic_wait(struct pel_run_actor *actor, const struct pel_turn *turn, bool room, enum pel_step *ret)
{
	struct pel_io *io = &turn->scratch->io;
	note_asked(actor, io, room);
	if (pel_ports_abandoned_now(&actor->ports))
		return pel_actor_end(actor, turn);
	if (room && check_outputs_cut(actor, io) < 0)
		return -EPROTO;
	return dynamic_stuck(actor, turn, room, ret);
}

/* Does a port have a constant rate, so that every call moves something? */
static bool has_constant(const struct pel_run_actor *actor)
{
	bool constant = false;

	for (uint32_t i = 0; i < actor->ports.n_in; i++)
		constant |= actor->ports.in[i].ring && !actor->ports.in[i].rates.dynamic;
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		constant |= actor->ports.out[o].n_rings && !actor->ports.out[o].rates.dynamic;
	return constant;
}

/* Call the kernel on the windows in the scratch. */
static int dynamic_call(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_io *io = &turn->scratch->io;
	bool moved, room = false;
	int r = pel_call_fire(actor, turn->scratch, io, 1);

	if (r < 0)
		return r;
	if (check_consumed(actor, io, "fire") < 0 || check_produced(actor, io, "fire") < 0)
		return -EPROTO;
	moved = commit_produced(actor, turn, &room);
	moved |= release_consumed(actor, turn);
	if (r == PEL_END) {
		if (*io->fired)
			pel_ports_commit(&actor->ports, actor->next_firing, 1, turn->task);
		pel_actor_count(actor, turn, *io->fired);
		return pel_actor_end(actor, turn);
	}
	if (!moved && !has_constant(actor))
		return dynamic_wait(actor, turn, room, ret);
	pel_ports_commit(&actor->ports, actor->next_firing, 1, turn->task);
	actor->next_firing++;
	pel_actor_count(actor, turn, 1);
	return 0;
}

int pel_dynamic_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_io *io = &turn->scratch->io;
	uint64_t firings = 1;
	uint32_t port;

	switch (pel_ports_inputs(&actor->ports, actor->next_firing, &firings, &port)) {
	case PEL_INPUT_SHORT:
		return pel_actor_inputs_ended(actor, turn, ret);
	case PEL_INPUT_WAIT:
		if (pel_ports_abandoned_now(&actor->ports))
			return pel_actor_end(actor, turn);
		*ret = PEL_STEP_WAITS_INPUT;
		return 0;
	case PEL_INPUT_READY:
		break;
	}
	*ret = PEL_STEP_WAITS_ROOM;
	if (!pel_ports_outputs(&actor->ports, actor->next_firing, &firings, &port))
		return 0;
	pel_ports_windows(&actor->ports, actor->next_firing, 1, io);
	if (!has_room(actor, io))
		return 0;
	*ret = PEL_STEP_RAN;
	return dynamic_ready(actor, io) ? dynamic_call(actor, turn, ret)
					: dynamic_wait(actor, turn, false, ret);
}

int pel_dynamic_drain(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_io *io = &turn->scratch->io;
	bool moved, more = false;
	int r;

	*ret = PEL_STEP_RAN;
	if (pel_ports_abandoned(&actor->ports))
		return pel_actor_end(actor, turn);
	pel_ports_windows(&actor->ports, actor->next_firing, 0, io);
	if (!has_room(actor, io)) {
		*ret = PEL_STEP_WAITS_ROOM;
		return 0;
	}
	pel_fire_reset();
	pel_scratch_calling(turn->scratch, actor);
	r = pel_call_returned(actor, "drain", actor->plan->kernel->drain(actor->kernel_state, io), true);
	if (r < 0)
		return r;
	if (check_produced(actor, io, "drain") < 0)
		return -EPROTO;
	moved = commit_produced(actor, turn, &more);
	if (r == PEL_END || (!moved && !more))
		return pel_actor_end(actor, turn);
	if (moved)
		return 0;
	note_asked(actor, io, true);
	*ret = PEL_STEP_WAITS_ROOM; /* it asked for more room than is free now */
	return check_outputs_cut(actor, io);
}
