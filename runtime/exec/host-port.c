/* SPDX-License-Identifier: Apache-2.0 */
#include "host-port.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "clock.h"

static bool feeds_host(const struct pel_run_actor *actor)
{
	const struct pel_out_port *out = actor->ports.out;

	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++)
			if (pel_actor_reader(actor, &out->rings[r], i, NULL)->plan->kind == PEL_ACTOR_HOST_OUT)
				return true;
	return false;
}

static void wake_host(const struct pel_waker *waker, const struct pel_task *from, bool urgent);

static void init_port(struct pel_host_port *port, struct pel_host_ports *ports, struct pel_run_actor *actor,
		      bool input, const pthread_condattr_t *attr)
{
	port->ports = ports;
	port->actor = actor;
	port->input = input;
	port->type = input ? actor->plan->out[0].type : actor->plan->in[0].type;
	port->through = input && feeds_host(actor);
	atomic_init(&port->open, input);
	pthread_mutex_init(&port->lock, NULL);
	pthread_cond_init(&port->moved, attr);
	actor->host = port;
	actor->waker.wake = wake_host;
	ports->outcome->n_live += port->through;
}

int pel_host_ports_init(struct pel_host_ports *ports, const struct pel_actor_set *actors, int event_fd,
			struct pel_arena *arena)
{
	const struct pel_plan *plan = actors->plan;
	pthread_condattr_t attr;

	ports->event_fd = event_fd;
	ports->outcome = actors->outcome;
	ports->all = pel_arena_array(arena, (size_t)plan->n_ins + plan->n_outs, sizeof(*ports->all));
	if (!ports->all)
		return -ENOMEM;
	ports->n = plan->n_ins + plan->n_outs;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < ports->n; i++) {
		bool input = i < plan->n_ins;

		init_port(&ports->all[i], ports,
			  &actors->all[input ? plan->ins[i] : plan->outs[i - plan->n_ins]], input, &attr);
	}
	pthread_condattr_destroy(&attr);
	return 0;
}

void pel_host_ports_fini(struct pel_host_ports *ports)
{
	for (uint32_t i = 0; i < ports->n; i++) {
		pthread_mutex_destroy(&ports->all[i].lock);
		pthread_cond_destroy(&ports->all[i].moved);
	}
}

/* ---- waking the host ---- */

static void raise_fd(const struct pel_host_ports *ports)
{
	uint64_t one = 1;
	ssize_t written;

	if (!atomic_load(&ports->fd_wanted))
		return;
	written = write(ports->event_fd, &one, sizeof(one));
	(void)written; /* fails only if the counter is full, so the descriptor is readable anyway */
}

static void notify_host(struct pel_host_port *port)
{
	/*
	 * A thread that has seen `armed` sleeps by the time we get the lock; it takes the lock again when it
	 * wakes.
	 */
	pthread_mutex_lock(&port->lock);
	pthread_mutex_unlock(&port->lock);
	pthread_cond_broadcast(&port->moved);
}

static void wake_host(const struct pel_waker *waker, const struct pel_task *from, bool urgent)
{
	struct pel_host_port *port = pel_actor_of(waker)->host;

	(void)from;
	(void)urgent;
	if (atomic_exchange_explicit(&port->armed, false, memory_order_acq_rel)) {
		notify_host(port);
		raise_fd(port->ports);
	}
}

void pel_host_ports_decided(struct pel_host_ports *ports)
{
	for (uint32_t i = 0; i < ports->n; i++)
		notify_host(&ports->all[i]);
	raise_fd(ports);
}

/* ---- can the host still move something? ---- */

/*
 * A run has stalled only if nothing that the host may do makes it go on. If the channel of an <in> is full,
 * the host cannot write, but it can end the stream. That does not help a reader that has as many tokens as it
 * can hold and has not asked for more. It does help a reader that waits for more, or may come to wait: that
 * one ends with the stream. In that case it matters whether the host has more to write; it has, if it has
 * asked for room.
 */
static bool waits_for_more(const struct pel_run_actor *writer, const struct pel_out_ring *ring, uint32_t reader)
{
	const struct pel_ring_reader *at = &ring->ring->readers[reader];
	struct pel_in_port *in;

	if (atomic_load(&at->closed))
		return false;
	pel_actor_reader(writer, ring, reader, &in);
	return atomic_load(&ring->ring->tail) - atomic_load(&at->head) < at->capacity || in->asked;
}

bool pel_host_port_is_full(const struct pel_host_port *port, uint32_t *channel)
{
	const struct pel_out_port *out = port->actor->ports.out;

	for (uint32_t r = 0; r < out->n_rings; r++) {
		const struct pel_ring *ring = out->rings[r].ring;

		for (uint32_t i = 0; i < ring->n_readers; i++) {
			const struct pel_ring_reader *reader = &ring->readers[i];

			if (atomic_load(&reader->closed) ||
			    atomic_load(&ring->tail) - atomic_load(&reader->head) < reader->capacity)
				continue;
			*channel = out->rings[r].plan->channels[i];
			return true;
		}
	}
	return false;
}

static bool input_may_move(const struct pel_host_port *port)
{
	const struct pel_out_port *out = port->actor->ports.out;
	bool gone = true, waits = false;
	uint32_t channel;

	if (!atomic_load(&port->open))
		return false;
	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++) {
			gone = gone && atomic_load(&out->rings[r].ring->readers[i].closed);
			waits = waits || waits_for_more(port->actor, &out->rings[r], i);
		}
	/* Nobody receives what the host writes. Something may still wait for the end of this port. */
	if (gone)
		return port->through;
	return !pel_host_port_is_full(port, &channel) || (waits && !atomic_load(&port->armed));
}

static bool output_may_move(const struct pel_host_port *port)
{
	const struct pel_in_port *in = port->actor->ports.in;

	return !atomic_load(&in->reader->closed) &&
	       atomic_load(&in->ring->tail) != atomic_load(&in->reader->head);
}

bool pel_host_ports_may_move(const struct pel_host_ports *ports)
{
	for (uint32_t i = 0; i < ports->n; i++) {
		const struct pel_host_port *port = &ports->all[i];

		if (port->input ? input_may_move(port) : output_may_move(port))
			return true;
		if (atomic_load(&port->telling)) /* after the ring, which the host may have just moved */
			return true;
	}
	return false;
}

int pel_host_ports_fd(struct pel_host_ports *ports)
{
	/* The host must not miss what happened before it asked for the descriptor. */
	if (!atomic_exchange(&ports->fd_wanted, true))
		raise_fd(ports);
	return ports->event_fd;
}

void pel_host_ports_fd_clear(struct pel_host_ports *ports)
{
	uint64_t count;
	ssize_t got = read(ports->event_fd, &count, sizeof(count));

	(void)got;				    /* EAGAIN: it was clear */
	if (pel_outcome_is_decided(ports->outcome)) /* a decided outcome stays readable */
		raise_fd(ports);
}
