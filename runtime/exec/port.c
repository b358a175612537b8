/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/*
 * Boundary ports: the host's thread is the producer, or a reader, of the channel itself. When it finds no room (or no token) it raises
 * `armed` and looks once more; who then moves the other end takes it down and tells. Both are exchanges, so that one of the two sees
 * the other.
 */
static bool feeds_host(const struct run_actor *actor)
{
	const struct out_port *out = actor->out;

	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++)
			if (out->rings[r].readers[i]->plan->kind == PEL_ACTOR_HOST_OUT)
				return true;
	return false;
}

int ports_create(struct pel_run *run)
{
	const struct pel_plan *plan = run->plan;
	pthread_condattr_t attr;

	run->ports = pel_arena_array(&run->arena, (size_t)plan->n_ins + plan->n_outs, sizeof(*run->ports));
	if (!run->ports)
		return -ENOMEM;
	run->n_ports = plan->n_ins + plan->n_outs;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < run->n_ports; i++) {
		struct host_port *port = &run->ports[i];

		port->run = run;
		port->input = i < plan->n_ins;
		port->actor = &run->actors[port->input ? plan->ins[i] : plan->outs[i - plan->n_ins]];
		port->type = port->input ? port->actor->plan->out[0].type : port->actor->plan->in[0].type;
		port->actor->host = port;
		port->through = port->input && feeds_host(port->actor);
		atomic_init(&port->open, port->input);
		run->n_live += port->through;
		pthread_mutex_init(&port->lock, NULL);
		pthread_cond_init(&port->moved, &attr);
	}
	pthread_condattr_destroy(&attr);
	return 0;
}

void ports_destroy(struct pel_run *run)
{
	for (uint32_t i = 0; i < run->n_ports && run->ports; i++) {
		pthread_mutex_destroy(&run->ports[i].lock);
		pthread_cond_destroy(&run->ports[i].moved);
	}
}

static void raise_fd(struct pel_run *run)
{
	uint64_t one = 1;
	ssize_t written;

	if (!atomic_load(&run->fd_wanted))
		return;
	written = write(run->event_fd, &one, sizeof(one));
	(void)written; /* can fail only when the counter is full: then it is readable, as it should be */
}

static void tell_host(struct host_port *port)
{
	/* Who has looked at `armed` is asleep once we have had the lock; it wants the lock when it wakes. */
	pthread_mutex_lock(&port->lock);
	pthread_mutex_unlock(&port->lock);
	pthread_cond_broadcast(&port->moved);
}

void port_notify(struct host_port *port)
{
	if (atomic_exchange_explicit(&port->armed, false, memory_order_acq_rel)) {
		tell_host(port);
		raise_fd(port->run);
	}
}

void ports_over(struct pel_run *run)
{
	for (uint32_t i = 0; i < run->n_ports; i++)
		tell_host(&run->ports[i]);
	raise_fd(run);
}

/* ---- what the host could still do ---- */

/*
 * A run is stalled only where nothing that the host may do lets it go on. Of an <in> whose channel is full the host can write nothing; it
 * can end the stream. That helps no reader that has got all the tokens it can hold and has not asked for more; but one that waits for
 * more, or may be, ends with the stream. There it matters whether the host has more to write, and it has said so if it has asked for room.
 */
static bool waits_for_more(const struct out_ring *ring, uint32_t reader)
{
	const struct pel_ring_reader *at = &ring->ring->readers[reader];
	const struct run_actor *actor = ring->readers[reader];
	const struct pel_plan *plan = actor->run->plan;

	if (atomic_load(&at->closed))
		return false;
	return atomic_load(&ring->ring->tail) - atomic_load(&at->head) < at->capacity ||
	       actor->in[plan->channels[ring->plan->channels[reader]].to_port].asked;
}

bool port_is_full(const struct host_port *port, uint32_t *channel)
{
	const struct out_port *out = port->actor->out;

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

static bool input_may_move(const struct host_port *port)
{
	const struct out_port *out = port->actor->out;
	bool gone = true, waits = false;
	uint32_t channel;

	if (!atomic_load(&port->open))
		return false;
	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++) {
			gone = gone && atomic_load(&out->rings[r].ring->readers[i].closed);
			waits = waits || waits_for_more(&out->rings[r], i);
		}
	if (gone) /* whatever the host writes, nobody gets it; only that this port is not ended may be waited for */
		return port->through;
	return !port_is_full(port, &channel) || (waits && !atomic_load(&port->armed));
}

static bool output_may_move(const struct host_port *port)
{
	const struct in_port *in = port->actor->in;

	return !atomic_load(&in->reader->closed) &&
	       atomic_load(&in->ring->tail) != atomic_load(&in->reader->head);
}

bool ports_may_move(struct pel_run *run)
{
	for (uint32_t i = 0; i < run->n_ports; i++) {
		const struct host_port *port = &run->ports[i];

		if (port->input ? input_may_move(port) : output_may_move(port))
			return true;
		if (atomic_load(&port->telling)) /* after the look at the ring, which it may just have moved */
			return true;
	}
	return false;
}

int pel_run_fd(struct pel_run *run)
{
	/* What was told before anybody asked must not be missed. */
	if (!atomic_exchange(&run->fd_wanted, true))
		raise_fd(run);
	return run->event_fd;
}

void pel_run_fd_clear(struct pel_run *run)
{
	uint64_t count;
	ssize_t got = read(run->event_fd, &count, sizeof(count));

	(void)got;		     /* EAGAIN: it was clear */
	if (atomic_load(&run->over)) /* a fact that does not go away */
		raise_fd(run);
}

struct pel_port *pel_run_port(struct pel_run *run, const char *name)
{
	for (uint32_t i = 0; i < run->n_ports; i++)
		if (strcmp(run->ports[i].actor->plan->id, name) == 0)
			return (struct pel_port *)&run->ports[i];
	return NULL;
}

/* struct pel_port is the public name of struct host_port. */
static struct host_port *host_port(struct pel_port *port)
{
	return (struct host_port *)port;
}

const struct pel_type *pel_port_type(const struct pel_port *port)
{
	return ((const struct host_port *)port)->type;
}

bool pel_port_is_input(const struct pel_port *port)
{
	return ((const struct host_port *)port)->input;
}

/* Has the run ended otherwise than by all stages' ending? */
static bool is_broken(struct pel_run *run)
{
	return atomic_load_explicit(&run->over, memory_order_acquire) && !run->drained;
}

/* ---- <in> ---- */

/* Room for the host, up to `tokens`, in one piece. 0: none; *gone: no reader is left. */
static uint64_t host_room(struct host_port *port, uint64_t tokens, bool *gone)
{
	struct out_port *out = &port->actor->out[0];

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
	struct host_port *port = host_port(public_port);
	uint64_t run, room;
	bool gone;

	if (!port->input || !tokens)
		return -EINVAL;
	if (port->ended || atomic_load_explicit(&port->run->over, memory_order_acquire))
		return -EPIPE;
	room = host_room(port, tokens, &gone);
	if (!room && !gone) {
		atomic_exchange_explicit(&port->armed, true, memory_order_acq_rel);
		room = host_room(port, tokens, &gone);
		if (!room && !gone) /* that the host has asked in vain may be what makes a stall */
			run_outside(port->run, 0);
	}
	if (gone)
		return -EPIPE;
	if (!room)
		return atomic_load(&port->run->over) ? -EPIPE : -EAGAIN;
	atomic_store_explicit(&port->armed, false, memory_order_relaxed); /* it has got what it asked for */
	port->reserved = room;
	*window = pel_ring_reserve(port->actor->out[0].rings[0].ring, 0, &run);
	return (ssize_t)room;
}

int pel_port_commit(struct pel_port *public_port, size_t tokens)
{
	struct host_port *port = host_port(public_port);
	uint32_t channel;

	if (!port->input || tokens > port->reserved)
		return -EINVAL;
	port->reserved = 0;
	atomic_store(&port->telling, true);
	actor_commit_output(port->actor, 0, tokens, NULL);
	atomic_store(&port->telling, false);
	if (port_is_full(port, &channel)) /* the room that was left may have been all that kept a stall from being one */
		run_outside(port->run, 0);
	return 0;
}

/* ---- <out> ---- */

static uint64_t host_fill(struct host_port *port, uint64_t tokens, const void **window)
{
	struct in_port *in = &port->actor->in[0];
	uint64_t fill = pel_ring_fill(in->ring, in->reader, tokens), run;

	*window = pel_ring_peek(in->ring, in->reader, 0, &run);
	fill = fill < run ? fill : run;
	return fill < tokens ? fill : tokens;
}

ssize_t pel_port_peek(struct pel_port *public_port, size_t tokens, const void **window)
{
	struct host_port *port = host_port(public_port);
	uint64_t fill;

	if (port->input || !tokens)
		return -EINVAL;
	if (port->ended || is_broken(port->run))
		return -EPIPE;
	fill = host_fill(port, tokens, window);
	if (!fill) {
		atomic_exchange_explicit(&port->armed, true, memory_order_acq_rel);
		if (pel_ring_ended(port->actor->in[0].ring)) {
			fill = host_fill(port, tokens, window);
			port->reserved = fill;
			return (ssize_t)fill;
		}
		fill = host_fill(port, tokens, window);
	}
	if (!fill)
		return is_broken(port->run) ? -EPIPE : -EAGAIN;
	port->reserved = fill;
	return (ssize_t)fill;
}

int pel_port_release(struct pel_port *public_port, size_t tokens)
{
	struct host_port *port = host_port(public_port);
	struct in_port *in;

	if (port->input || tokens > port->reserved)
		return -EINVAL;
	in = &port->actor->in[0];
	port->reserved -= tokens;
	if (!tokens)
		return 0;
	atomic_store(&port->telling, true);
	pel_ring_release(in->ring, in->reader, tokens);
	actor_tell_writer(in, NULL);
	atomic_store(&port->telling, false);
	if (!pel_ring_fill(in->ring, in->reader,
			   1)) /* an empty one may have been all that kept a stall from being one */
		run_outside(port->run, 0);
	return 0;
}

/* ---- both ---- */

ssize_t pel_port_available(struct pel_port *public_port)
{
	struct host_port *port = host_port(public_port);
	const void *window;
	uint64_t tokens;
	bool gone = false;

	if (port->ended || (port->input ? atomic_load(&port->run->over) : is_broken(port->run)))
		return -EPIPE;
	tokens = port->input ? host_room(port, SSIZE_MAX, &gone) : host_fill(port, SSIZE_MAX, &window);
	if (gone)
		return -EPIPE;
	if (!tokens && !port->input && pel_ring_ended(port->actor->in[0].ring))
		return (ssize_t)host_fill(port, SSIZE_MAX, &window);
	return tokens ? (ssize_t)tokens : -EAGAIN;
}

/* ---- blocking forms ---- */

/* Wait until the port has been told of something since it was armed, or the run is over. */
static int host_wait(struct host_port *port, int timeout_ms)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	if (timeout_ms > 0) {
		until.tv_sec += timeout_ms / 1000;
		until.tv_nsec += timeout_ms % 1000 * 1000000L;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
	}
	pthread_mutex_lock(&port->lock);
	while (atomic_load(&port->armed) && !atomic_load(&port->run->over) && !r)
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
	struct host_port *port = host_port(public_port);
	struct run_actor *actor = port->actor;

	if (port->ended)
		return;
	port->ended = true;
	atomic_store(&port->telling, true);
	if (port->input) {
		for (uint32_t r = 0; r < actor->out[0].n_rings; r++)
			pel_ring_end(actor->out[0].rings[r].ring);
		actor_tell_readers(actor, 0, NULL);
		if (port->through)
			run_part_ended(port->run);
		atomic_store(&port->open, false);
	} else {
		pel_ring_close(actor->in[0].reader);
		actor_tell_writer(&actor->in[0], NULL);
	}
	atomic_store(&port->telling, false);
	run_outside(port->run, 0);
}
