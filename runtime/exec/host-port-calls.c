/* SPDX-License-Identifier: Apache-2.0 */
#include "host-port.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include "clock.h"

/* The public functions with which the host uses a port. */

/* struct pel_port is the public name of struct pel_host_port. */
static struct pel_host_port *host_port(struct pel_port *port)
{
	return (struct pel_host_port *)port;
}

const char *pel_port_name(const struct pel_port *port)
{
	return ((const struct pel_host_port *)port)->actor->plan->id;
}

const struct pel_type *pel_port_type(const struct pel_port *port)
{
	return ((const struct pel_host_port *)port)->type;
}

bool pel_port_is_input(const struct pel_port *port)
{
	return ((const struct pel_host_port *)port)->input;
}

/* ---- <in> ---- */

/* The room for the host in one piece, up to `tokens`. 0: none. *gone: no reader is left. */
static uint64_t host_room(struct pel_host_port *port, uint64_t tokens, bool *gone)
{
	struct pel_out_port *out = &port->actor->ports.out[0];

	*gone = true;
	for (uint32_t r = 0; r < out->n_rings; r++) {
		struct pel_ring *ring = out->rings[r].ring;
		uint64_t room = pel_ring_room(ring, tokens), run;

		*gone &= ring->abandoned;
		pel_ring_reserve(ring, 0, &run);
		room = room < run ? room : run;
		tokens = tokens < room ? tokens : room;
		tokens = tokens < ring->n_slots ? tokens : ring->n_slots;
	}
	return tokens;
}

ssize_t pel_port_reserve(struct pel_port *public_port, size_t tokens, void **window)
{
	struct pel_host_port *port = host_port(public_port);
	uint64_t run, room;
	bool gone;

	if (!port->input || !tokens)
		return -EINVAL;
	if (port->ended || pel_outcome_is_decided(port->ports->outcome))
		return -EPIPE;
	room = host_room(port, tokens, &gone);
	if (!room && !gone) {
		atomic_exchange_explicit(&port->armed, true, memory_order_acq_rel);
		room = host_room(port, tokens, &gone);
		if (!room && !gone) /* now that the host waits too, the run may have stalled */
			pel_outcome_outside(port->ports->outcome, 0);
	}
	if (gone)
		return -EPIPE;
	if (!room)
		return pel_outcome_is_decided(port->ports->outcome) ? -EPIPE : -EAGAIN;
	atomic_store_explicit(&port->armed, false, memory_order_relaxed); /* it has found room */
	port->reserved = room;
	*window = pel_ring_reserve(port->actor->ports.out[0].rings[0].ring, 0, &run);
	return (ssize_t)room;
}

int pel_port_commit(struct pel_port *public_port, size_t tokens)
{
	struct pel_host_port *port = host_port(public_port);
	uint32_t channel;

	if (!port->input || tokens > port->reserved)
		return -EINVAL;
	port->reserved = 0;
	atomic_store(&port->telling, true);
	pel_out_commit(port->actor->ports.out, tokens, NULL);
	atomic_store(&port->telling, false);
	/* This room may have been all that prevented a stall. */
	if (pel_host_port_is_full(port, &channel))
		pel_outcome_outside(port->ports->outcome, 0);
	return 0;
}

/* ---- <out> ---- */

static uint64_t host_fill(struct pel_host_port *port, uint64_t tokens, const void **window)
{
	struct pel_in_port *in = &port->actor->ports.in[0];
	uint64_t fill = pel_ring_fill(in->ring, in->reader, tokens), run;

	*window = pel_ring_peek(in->ring, in->reader, 0, &run);
	fill = fill < run ? fill : run;
	return fill < tokens ? fill : tokens;
}

ssize_t pel_port_peek(struct pel_port *public_port, size_t tokens, const void **window)
{
	struct pel_host_port *port = host_port(public_port);
	uint64_t fill;

	if (port->input || !tokens)
		return -EINVAL;
	if (port->ended || pel_outcome_is_broken(port->ports->outcome))
		return -EPIPE;
	fill = host_fill(port, tokens, window);
	if (!fill) {
		atomic_exchange_explicit(&port->armed, true, memory_order_acq_rel);
		if (pel_ring_ended(port->actor->ports.in[0].ring)) {
			fill = host_fill(port, tokens, window);
			port->reserved = fill;
			return (ssize_t)fill;
		}
		fill = host_fill(port, tokens, window);
	}
	if (!fill)
		return pel_outcome_is_broken(port->ports->outcome) ? -EPIPE : -EAGAIN;
	port->reserved = fill;
	return (ssize_t)fill;
}

int pel_port_release(struct pel_port *public_port, size_t tokens)
{
	struct pel_host_port *port = host_port(public_port);
	struct pel_in_port *in;

	if (port->input || tokens > port->reserved)
		return -EINVAL;
	in = &port->actor->ports.in[0];
	port->reserved -= tokens;
	if (!tokens)
		return 0;
	atomic_store(&port->telling, true);
	pel_in_release(in, tokens, NULL);
	atomic_store(&port->telling, false);
	/* These tokens may have been all that prevented a stall. */
	if (!pel_ring_fill(in->ring, in->reader, 1))
		pel_outcome_outside(port->ports->outcome, 0);
	return 0;
}

/* ---- both ---- */

ssize_t pel_port_available(struct pel_port *public_port)
{
	struct pel_host_port *port = host_port(public_port);
	const void *window;
	uint64_t tokens;
	bool gone = false;

	if (port->ended || (port->input ? pel_outcome_is_decided(port->ports->outcome)
					: pel_outcome_is_broken(port->ports->outcome)))
		return -EPIPE;
	tokens = port->input ? host_room(port, SSIZE_MAX, &gone) : host_fill(port, SSIZE_MAX, &window);
	if (gone)
		return -EPIPE;
	if (!tokens && !port->input && pel_ring_ended(port->actor->ports.in[0].ring))
		return (ssize_t)host_fill(port, SSIZE_MAX, &window);
	return tokens ? (ssize_t)tokens : -EAGAIN;
}

/* ---- blocking calls ---- */

/* Wait until a waker clears `armed`, or the run is over. */
static int host_wait(struct pel_host_port *port, int timeout_ms)
{
	struct timespec until = pel_clock_deadline(timeout_ms);
	int r = 0;

	pthread_mutex_lock(&port->lock);
	while (atomic_load(&port->armed) && !pel_outcome_is_decided(port->ports->outcome) && !r)
		r = timeout_ms < 0 ? pthread_cond_wait(&port->moved, &port->lock)
				   : pthread_cond_timedwait(&port->moved, &port->lock, &until);
	pthread_mutex_unlock(&port->lock);
	return -r;
}

ssize_t pel_port_write(struct pel_port *port, const void *data, size_t tokens, int timeout_ms)
{
	size_t done = 0, bytes = pel_type_bytes(pel_port_type(port));

	while (done < tokens) {
		void *window;
		ssize_t n = pel_port_reserve(port, tokens - done, &window);

		if (n == -EAGAIN && (n = host_wait(host_port(port), timeout_ms)) == 0)
			continue;
		if (n < 0)
			return done ? (ssize_t)done : n;
		memcpy(window, (const unsigned char *)data + done * bytes, (size_t)n * bytes);
		pel_port_commit(port, (size_t)n);
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t pel_port_read(struct pel_port *port, void *data, size_t tokens, int timeout_ms)
{
	size_t done = 0, bytes = pel_type_bytes(pel_port_type(port));

	while (done < tokens) {
		const void *window;
		ssize_t n = pel_port_peek(port, tokens - done, &window);

		if (n == 0)
			break;
		if (n == -EAGAIN && (n = host_wait(host_port(port), timeout_ms)) == 0)
			continue;
		if (n < 0)
			return done ? (ssize_t)done : n;
		memcpy((unsigned char *)data + done * bytes, window, (size_t)n * bytes);
		pel_port_release(port, (size_t)n);
		done += (size_t)n;
	}
	return (ssize_t)done;
}

void pel_port_end(struct pel_port *public_port)
{
	struct pel_host_port *port = host_port(public_port);
	struct pel_run_actor *actor = port->actor;

	if (port->ended)
		return;
	port->ended = true;
	port->reserved = 0; /* no token may be committed after the end */
	atomic_store(&port->telling, true);
	if (port->input) {
		pel_out_end(actor->ports.out, NULL);
		if (port->through)
			pel_outcome_part_ended(port->ports->outcome);
		atomic_store(&port->open, false);
	} else {
		pel_in_close(actor->ports.in, NULL);
	}
	atomic_store(&port->telling, false);
	pel_outcome_outside(port->ports->outcome, 0);
}
