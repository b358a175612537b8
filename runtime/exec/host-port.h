/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HOST_PORT_H
#define PEL_HOST_PORT_H

#include <pelton/run.h>
#include "run-actor.h"

/*
 * Boundary ports: the host's thread is the producer, or a reader, of the channel itself. When it finds no room (or no token) it raises
 * `armed` and looks once more; who then moves the other end takes it down and tells. Both are exchanges, so that one of the two sees
 * the other.
 *
 * Threads: one of the host's at a time has a port; what is atomic others look at. Lock order: that of the outcome, then a port's, which guards nothing but
 * the sleep of the host. Wakers take it, so they may be called with the lock of a cluster or a device.
 */
struct pel_host_port {
	struct pel_host_ports *ports;
	struct pel_run_actor *actor;
	const struct pel_type *type;
	bool input;
	bool through;	     /* <in>: it feeds an <out>, so that no stage's end tells that all is over */
	bool ended;	     /* by the host; its own thread */
	atomic_bool open;    /* <in>: it is not ended, and the readers know it */
	atomic_bool armed;   /* the host waits to be told: it has asked, and there was nothing */
	atomic_bool telling; /* the host has moved something, and is about to tell the other end of it */
	pthread_mutex_t lock;
	pthread_cond_t moved; /* with `lock`: armed was taken down, or the run is over */
	uint64_t reserved;    /* tokens in the window that was lent to the host */
};

struct pel_host_ports {
	struct pel_host_port *all;
	uint32_t n;
	struct pel_outcome_state *outcome;
	int event_fd;	       /* borrowed */
	atomic_bool fd_wanted; /* the host has asked for it */
};

/* One for each boundary port, which is woken from then on. 0 or -ENOMEM. */
int pel_host_ports_init(struct pel_host_ports *ports, const struct pel_actor_set *actors, int event_fd,
			struct pel_arena *arena);
void pel_host_ports_fini(struct pel_host_ports *ports);

/* [with the outcome's lock] It is decided: wake the host. */
void pel_host_ports_decided(struct pel_host_ports *ports);
/* [with the outcome's lock, while no worker runs a stage] Is there a port at which the host could do something that lets the run go on? */
bool pel_host_ports_may_move(const struct pel_host_ports *ports);
/* The channel of an open <in> that has no room for a single token; false: there is room everywhere. Any thread. */
bool pel_host_port_is_full(const struct pel_host_port *port, uint32_t *channel);

/* pel_run_fd() and pel_run_fd_clear(). */
int pel_host_ports_fd(struct pel_host_ports *ports);
void pel_host_ports_fd_clear(struct pel_host_ports *ports);

#endif
