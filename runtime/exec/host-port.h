/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HOST_PORT_H
#define PEL_HOST_PORT_H

#include <pelton/run.h>
#include "run-actor.h"

/*
 * Boundary ports. The host's thread itself is the producer, or a reader, of the channel. If it finds no room
 * (or no token), it sets `armed` and looks again. Whoever then moves the other end clears `armed` and wakes
 * the host. Both are exchanges, so one of the two sees the other.
 *
 * Threads: one thread of the host at a time may use a port. Other threads read the atomic members. Lock
 * order: the outcome's lock, then a port's, which guards only the sleep of the host. Wakers take a port's
 * lock, so they may be called with the lock of a cluster or a device.
 */
struct pel_host_port {
	struct pel_host_ports *ports;
	struct pel_run_actor *actor;
	const struct pel_type *type;
	bool input;
	bool through;	     /* <in>: it feeds an <out>, so its end must be counted as a part's end */
	bool ended;	     /* by the host; used only by the host's thread */
	atomic_bool open;    /* <in>: it has not ended, or the readers have not been told yet */
	atomic_bool armed;   /* the host has found nothing, and waits to be woken */
	atomic_bool telling; /* the host has moved something, and is about to wake the other end */
	pthread_mutex_t lock;
	pthread_cond_t moved; /* with `lock`: `armed` was cleared, or the run is over */
	uint64_t reserved;    /* tokens in the window that the host has reserved */
};

struct pel_host_ports {
	struct pel_host_port *all;
	uint32_t n;
	struct pel_outcome_state *outcome;
	int event_fd;	       /* borrowed */
	atomic_bool fd_wanted; /* the host has called pel_run_fd() */
};

/* Make a port for each boundary port of the plan; its waker works from then on. 0 or -ENOMEM. */
int pel_host_ports_init(struct pel_host_ports *ports, const struct pel_actor_set *actors, int event_fd,
			struct pel_arena *arena);
void pel_host_ports_fini(struct pel_host_ports *ports);

/* [with the outcome's lock] The outcome is decided: wake the host. */
void pel_host_ports_decided(struct pel_host_ports *ports);
/*
 * [with the outcome's lock, while no worker runs a stage] Is there a port at which the host could make the
 * run go on?
 */
bool pel_host_ports_may_move(const struct pel_host_ports *ports);
/*
 * Is there a channel of an open <in> that has no room for a single token? *channel is its index. Any thread.
 */
bool pel_host_port_is_full(const struct pel_host_port *port, uint32_t *channel);

/* Implement pel_run_fd() and pel_run_fd_clear(). */
int pel_host_ports_fd(struct pel_host_ports *ports);
void pel_host_ports_fd_clear(struct pel_host_ports *ports);

#endif
