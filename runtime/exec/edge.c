/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"

#include <string.h>

/* ---- inputs ---- */

enum pel_input_state pel_in_state(const struct pel_in_port *in, uint64_t need)
{
	if (pel_ring_fill(in->ring, in->reader, need) >= need)
		return PEL_INPUT_READY;
	/* Once the end is seen, the fill is final. Read it again after that. */
	if (!pel_ring_ended(in->ring))
		return pel_ring_fill(in->ring, in->reader, need) >= need ? PEL_INPUT_READY : PEL_INPUT_WAIT;
	return pel_ring_fill(in->ring, in->reader, need) >= need ? PEL_INPUT_READY : PEL_INPUT_SHORT;
}

uint64_t pel_in_shown(const struct pel_in_port *in)
{
	uint64_t run, fill = pel_ring_fill(in->ring, in->reader, UINT64_MAX);

	pel_ring_peek(in->ring, in->reader, 0, &run);
	return pel_min_u64(fill, run);
}

void pel_in_release(struct pel_in_port *in, uint64_t tokens, const struct pel_task *from)
{
	if (!in->ring || !tokens)
		return;
	pel_ring_release(in->ring, in->reader, tokens);
	pel_wake(in->writer, from, false);
}

void pel_in_close(struct pel_in_port *in, const struct pel_task *from)
{
	if (!in->ring)
		return;
	pel_ring_close(in->reader);
	pel_wake(in->writer, from, false);
}

enum pel_input_state pel_ports_inputs(struct pel_ports *ports, uint64_t next, uint64_t *firings, uint32_t *port)
{
	enum pel_input_state state = PEL_INPUT_READY;

	for (uint32_t i = 0; i < ports->n_in; i++) {
		struct pel_in_port *in = &ports->in[i];
		uint64_t need, fill, run;

		if (!in->ring || in->rates.dynamic)
			continue;
		need = in->claimed + pel_in_need(in, next);
		switch (pel_in_state(in, need)) {
		case PEL_INPUT_SHORT:
			*port = i;
			return PEL_INPUT_SHORT; /* regardless of the other ports */
		case PEL_INPUT_WAIT:
			if (state == PEL_INPUT_READY)
				*port = i;
			state = PEL_INPUT_WAIT;
			continue;
		case PEL_INPUT_READY:
			break;
		}
		fill = pel_ring_fill(in->ring, in->reader, need) - in->claimed;
		pel_ring_peek(in->ring, in->reader, in->claimed, &run);
		*firings = pel_min_u64(*firings, pel_rates_firings(&in->rates, next, pel_min_u64(fill, run)));
	}
	return state;
}

/* ---- outputs ---- */

void pel_out_wake_readers(const struct pel_out_port *out, const struct pel_task *from)
{
	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++)
			pel_wake(out->rings[r].readers[i], from, true);
}

void pel_out_commit(struct pel_out_port *out, uint64_t tokens, const struct pel_task *from)
{
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
	pel_out_wake_readers(out, from);
}

void pel_out_end(struct pel_out_port *out, const struct pel_task *from)
{
	for (uint32_t r = 0; r < out->n_rings; r++)
		pel_ring_end(out->rings[r].ring);
	pel_out_wake_readers(out, from);
}

bool pel_ports_outputs(struct pel_ports *ports, uint64_t next, uint64_t *firings, uint32_t *port)
{
	for (uint32_t o = 0; o < ports->n_out; o++) {
		struct pel_out_port *out = &ports->out[o];

		if (out->rates.dynamic)
			continue;
		for (uint32_t r = 0; r < out->n_rings; r++) {
			uint64_t need = out->claimed + pel_rates_tokens(&out->rates, next, 1);
			uint64_t room = pel_ring_room(out->rings[r].ring, need), run;

			if (room < need) {
				*port = o;
				return false;
			}
			pel_ring_reserve(out->rings[r].ring, out->claimed, &run);
			room = pel_min_u64(room, out->rings[r].ring->n_slots) - out->claimed;
			*firings = pel_min_u64(*firings,
					       pel_rates_firings(&out->rates, next, pel_min_u64(room, run)));
		}
	}
	return true;
}

bool pel_ports_abandoned(const struct pel_ports *ports)
{
	bool connected = false;

	if (ports->effects)
		return false;
	for (uint32_t o = 0; o < ports->n_out; o++)
		for (uint32_t r = 0; r < ports->out[o].n_rings; r++) {
			connected = true;
			if (!ports->out[o].rings[r].ring->abandoned)
				return false;
		}
	return connected;
}

bool pel_ports_abandoned_now(struct pel_ports *ports)
{
	for (uint32_t o = 0; o < ports->n_out; o++)
		for (uint32_t r = 0; r < ports->out[o].n_rings; r++)
			pel_ring_refresh_room(ports->out[o].rings[r].ring);
	return pel_ports_abandoned(ports);
}

/* ---- windows ---- */

static void in_window(struct pel_in_port *in, uint64_t next, uint64_t firings, const void **window,
		      size_t *tokens)
{
	uint64_t run;

	*window = NULL;
	*tokens = 0;
	if (!in->ring)
		return;
	*window = pel_ring_peek(in->ring, in->reader, in->claimed, &run);
	*tokens = in->rates.dynamic ? pel_min_u64(pel_ring_fill(in->ring, in->reader, UINT64_MAX), run)
				    : pel_rates_tokens(&in->rates, next, firings);
}

/* The room that all rings of a `*` output have in one piece. */
static uint64_t dynamic_room(const struct pel_out_port *out)
{
	uint64_t tokens = UINT64_MAX;

	for (uint32_t r = 0; r < out->n_rings; r++) {
		struct pel_ring *ring = out->rings[r].ring;
		uint64_t room = pel_ring_room(ring, UINT64_MAX), run;

		pel_ring_reserve(ring, 0, &run);
		tokens = pel_min_u64(tokens, pel_min_u64(pel_min_u64(room, run), ring->n_slots));
	}
	return tokens;
}

static void out_window(struct pel_out_port *out, uint64_t next, uint64_t firings, void **window, size_t *tokens)
{
	uint64_t run;

	*window = NULL;
	*tokens = 0;
	if (!out->n_rings)
		return;
	*window = pel_ring_reserve(out->rings[0].ring, out->claimed, &run);
	*tokens = out->rates.dynamic ? dynamic_room(out) : pel_rates_tokens(&out->rates, next, firings);
}

void pel_ports_windows(struct pel_ports *ports, uint64_t next, uint64_t firings, struct pel_io *io)
{
	io->first = next;
	for (uint32_t i = 0; i < ports->n_in; i++) {
		io->consumed[i] = 0;
		in_window(&ports->in[i], next, firings, (const void **)&io->in[i], (size_t *)&io->in_tokens[i]);
	}
	for (uint32_t o = 0; o < ports->n_out; o++) {
		io->produced[o] = 0;
		out_window(&ports->out[o], next, firings, (void **)&io->out[o], (size_t *)&io->out_tokens[o]);
	}
}

void pel_ports_claim(struct pel_ports *ports, uint64_t first, uint64_t firings, bool claimed)
{
	for (uint32_t i = 0; i < ports->n_in; i++) {
		uint64_t tokens = pel_rates_tokens(&ports->in[i].rates, first, firings);

		ports->in[i].claimed += claimed ? tokens : -tokens;
	}
	for (uint32_t o = 0; o < ports->n_out; o++) {
		uint64_t tokens = pel_rates_tokens(&ports->out[o].rates, first, firings);

		ports->out[o].claimed += claimed ? tokens : -tokens;
	}
}

/* ---- commit and release ---- */

/* Commit the outputs first, so that a reader that is woken finds the tokens; then release the inputs. */
void pel_ports_commit(struct pel_ports *ports, uint64_t first, uint64_t firings, const struct pel_task *from)
{
	for (uint32_t o = 0; o < ports->n_out; o++)
		if (!ports->out[o].rates.dynamic)
			pel_out_commit(&ports->out[o], pel_rates_tokens(&ports->out[o].rates, first, firings),
				       from);
	for (uint32_t i = 0; i < ports->n_in; i++)
		if (!ports->in[i].rates.dynamic)
			pel_in_release(&ports->in[i], pel_rates_tokens(&ports->in[i].rates, first, firings),
				       from);
}

void pel_ports_end(struct pel_ports *ports, const struct pel_task *from)
{
	for (uint32_t o = 0; o < ports->n_out; o++)
		pel_out_end(&ports->out[o], from);
	for (uint32_t i = 0; i < ports->n_in; i++)
		pel_in_close(&ports->in[i], from);
}
