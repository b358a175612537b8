/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXEC_H
#define PEL_EXEC_H

#include <pelton/run.h>
#include <pelton/stats.h>
#include <pthread.h>
#include <stdatomic.h>
#include "device.h"
#include "info.h"
#include "plan-model.h"
#include "ring.h"
#include "support.h"
#include "xclbin-file.h"

/*
 * A run. Who touches what:
 *   - an actor, its ports and the ring ends they hold belong to the worker that owns its stage; ownership passes with
 *     stage->state (acquire-release);
 *   - the stages of a cluster share its actors: its lock passes them on, or leaves them to copy 0 (cluster.c);
 *   - what a device stage shares with the thread that watches its device is guarded by the device's lock (device-stage.c);
 *   - counters are atomics with one writer, so that statistics can be read at any time;
 *   - run->park_lock guards parking, stall detection and the outcome. Lock order: a cluster's or device's lock, park_lock, a queue's lock.
 */
struct run_stage;
struct run_cluster;
struct device_stage;
struct run_device;
struct trace;

/* Tokens by firings: rates are constant, cyclic (prefix sums) or dynamic. */
struct rates {
	bool dynamic;
	uint32_t phases;	/* length of the cycle; 1: constant */
	uint64_t cycle_tokens;	/* of one whole cycle; of a constant rate: the rate */
	const uint64_t *before; /* phases + 1 sums: before[p] tokens in phases 0..p-1; NULL: constant */
};

struct in_port {
	struct rates rates;
	const struct pel_ring *ring; /* NULL: not connected */
	struct pel_ring_reader *reader;
	struct run_actor *writer; /* who to tell of room */
	uint64_t claimed;	  /* tokens after the head that calls or rounds in progress hold */
	uint32_t token_bytes;
	uint32_t channel; /* in the plan */
	enum pel_tail tail : 8;
	bool asked : 1; /* of a `*` input: its kernel waits for more than it was shown, since its last call */
	/* Of an actor in a cluster. */
	enum pel_hold hold : 8;
	uint32_t window;    /* PEL_HOLD_RING: number of it in a round */
	uint64_t offset;    /* PEL_HOLD_CHUNK: bytes into the worker's own memory */
	uint64_t iteration; /* tokens of one */
};

struct out_ring {
	const struct pel_plan_ring *plan;
	struct pel_ring *ring;
	struct run_actor **readers; /* ring->n_readers of them */
};

struct out_port {
	struct rates rates;
	uint32_t n_rings; /* 0: not connected */
	uint32_t token_bytes;
	struct out_ring *rings; /* the kernel writes into the first; the others get copies */
	uint64_t claimed;	/* tokens after the tail that calls or rounds in progress hold */
	bool asked;		/* of a `*` output: its kernel waits for more room than it was offered */
	/* Of an actor in a cluster. */
	enum pel_hold hold;
	uint32_t window; /* PEL_HOLD_RING: number of the first ring's in a round; those of the others follow */
	uint64_t offset;    /* PEL_HOLD_CHUNK: bytes into the worker's own memory */
	uint64_t iteration; /* tokens of one */
};

enum actor_state {
	ACTOR_FIRING,
	ACTOR_DRAINING, /* inputs have ended; its kernel may still have something to say */
	ACTOR_ENDED,
};

struct run_actor {
	const struct pel_plan_actor *plan;
	struct pel_run *run;
	void *kernel_state;
	struct in_port *in;
	struct out_port *out;
	uint32_t n_in, n_out;
	uint64_t max_firings; /* of one call; 0: as many as fit */
	uint64_t next_firing; /* number of the next one */
	uint64_t stop_at;     /* not to be made by actor_step(), nor any after it */
	enum actor_state state;
	bool dynamic;
	bool inited;
	bool simple;		 /* a call of it in a round is nothing but that: see fire_simply() */
	bool short_of_input;	 /* why it ended */
	bool over;		 /* its kernel said so in a round: to be ended as soon as rounds are over */
	_Atomic bool finished;	 /* results are there */
	uint32_t place;		 /* in its stage */
	struct run_stage *stage; /* of a cluster: the first */
	struct run_cluster *cluster; /* NULL: none */
	struct device_stage *device; /* NULL: its place is a CPU */
	struct host_port *host;	     /* boundary actors */
	unsigned char **pad;	     /* a window for each input that is padded, else NULL */
	struct pel_results *results; /* NULL: its kernel gives none */
	_Atomic uint64_t firings;
	uint64_t expected_firings;
};

/* Why a step came back. */
enum step {
	STEP_RAN, /* something moved; there may be more */
	STEP_WAITS_INPUT,
	STEP_WAITS_ROOM,
	STEP_WAITS_DEVICE, /* its calls are on their way, and no more may be */
	STEP_ENDED,	   /* it has ended (of a stage: all its actors have) */
};

#define STAGE_SCHEDULED 1u /* in a queue, or being run */
#define STAGE_AGAIN	2u /* told of something since its owner last began to look */

struct run_stage {
	struct pel_run *run;
	const struct pel_plan_stage *plan;
	struct run_actor **actors;
	atomic_bool *told; /* of each actor: of something since it last found that it has to wait. Shared by the stages of a cluster */
	struct run_cluster *cluster; /* NULL: none */
	uint32_t n_actors, n_ended;
	atomic_uint state;
	int32_t bound;			/* worker that it must run on; -1: any */
	struct blocking_thread *thread; /* a stage with a thread of its own; else NULL */
	struct run_stage *next, *prev;	/* in a queue; under its lock */
	/* Counters: one writer, the owner. */
	uint64_t idle_since_ns;
	enum step idle_reason;
	_Atomic uint64_t busy_ns, wait_input_ns, wait_room_ns, wait_device_ns;
	_Atomic uint64_t firings;
};

struct stage_list {
	struct run_stage *front, *back;
};

/* What the calls of an actor have taken. */
struct call_time {
	_Atomic uint64_t ns;
};

/* What a thread is at. Its own, but any thread may look. */
struct calling {
	_Atomic(const struct run_actor *) actor; /* called last in this step; NULL: none */
	_Atomic uint64_t since_ns;		 /* when the step began */
};

/* What a thread needs to call kernels. */
struct scratch {
	struct calling calling;
	unsigned char *memory; /* what is held in chunks */
	struct pel_io io;      /* of the call in progress, with room for the ports of any actor */
};

struct queue {
	pthread_mutex_t lock;
	struct stage_list shared; /* the owner works at the front, thieves at the back */
	struct stage_list bound;  /* stages only this worker may run */
	bool bound_next;	  /* whose turn it is where there are both */
	unsigned n_urgent;
};

struct worker {
	struct pel_run *run;
	unsigned index;
	pthread_t thread;
	bool started;
	struct queue queue;
	struct scratch scratch;
	struct trace *trace; /* NULL: not asked for */
	pthread_cond_t wake;
	bool parked;	/* under park_lock */
	bool searching; /* counted in n_searching */
	uint32_t random;
	int cpu; /* to be bound to; -1: no */
};

struct blocking_thread {
	struct run_stage *stage;
	struct scratch scratch;
	struct trace *trace;
	pthread_t thread;
	bool started, cancelled;
	pthread_cond_t wake;
	bool told, parked; /* under park_lock */
};

struct host_port {
	struct pel_run *run;
	struct run_actor *actor;
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

/* Memory that device processes see too: a memfd, sealed against shrinking. */
struct shared_memory {
	unsigned char *base; /* NULL: there is none */
	size_t bytes, used;
	int fd;
};

struct pel_run {
	const struct pel_plan *plan;
	struct pel_arena arena;
	void *memory; /* slots of all rings */
	size_t memory_bytes;
	struct pel_ring *rings;
	struct pel_ring_reader *readers;
	struct run_actor *actors;
	struct run_stage *stages;
	struct run_cluster *clusters;
	struct call_time *call_times; /* of each actor; NULL: they are not measured */
	struct worker *workers;
	struct blocking_thread *blocking;
	struct host_port *ports;
	struct shared_memory shared;
	struct shared_memory nowhere; /* addresses only: of rings that are on a device */
	struct run_device *devices;
	struct pel_emulation *emulation;
	const char *pack_dir;		 /* where xclbins are packed */
	bool checking;			 /* there is no run: pel_plan_check_devices() */
	const struct pel_cancel *cancel; /* of pel_run_start(), while it lasts */
	uint32_t n_devices;
	uint32_t n_stages, n_workers, n_blocking, n_ports;
	uint64_t max_batch;
	double stall_after_s;
	int data_fd, text_fd; /* of what kernels write to standard output */
	int event_fd;
	atomic_bool fd_wanted; /* the host has asked for event_fd */
	bool tracing;

	atomic_uint n_queued;	 /* stages in the workers' queues */
	atomic_uint n_idle;	 /* parked workers; written under park_lock */
	atomic_uint n_searching; /* awake workers that look for work */
	atomic_uint next_worker; /* gets the next stage that comes from outside */
	atomic_uint n_calling;	 /* device stages with calls on their way */
	atomic_bool over;	 /* outcome is decided */

	pthread_mutex_t park_lock;
	pthread_cond_t ended; /* the outcome is decided */
	uint32_t n_live;      /* stages that have not ended, and <in>s not ended that feed an <out> */
	uint32_t n_outside;   /* blocking threads at work, and device stages with calls on their way */
	enum pel_outcome outcome;
	bool drained; /* every stage has ended: what is in the <out>s is all there will be, and is the host's */
	int code;     /* of PEL_RUN_FAILED: a negative errno */
	struct pel_error error; /* what explains the outcome; complete once `over` */
	uint64_t start_ns, end_ns;
};

uint64_t now_ns(void);

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A counter with one writer at a time: no need for an atomic addition. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

/* ---- actor.c: one actor, one call at a time ---- */

/* Tokens of `n` firings from firing number `first`; and the most firings that `tokens` allow. */
uint64_t rates_tokens(const struct rates *rates, uint64_t first, uint64_t n);
uint64_t rates_firings(const struct rates *rates, uint64_t first, uint64_t tokens);

/*
 * [owner] Make at most one call of the actor's kernel. Sets *ret; a negative errno fails the run (already explained).
 */
int actor_step(struct run_actor *actor, struct run_stage *stage, enum step *ret);

/* Pieces that device-stage.c and dynamic.c share. */
enum input_state { INPUT_READY, INPUT_WAIT, INPUT_SHORT };
enum input_state actor_inputs(struct run_actor *actor, uint64_t *firings, uint32_t *port);
bool actor_outputs(struct run_actor *actor, uint64_t *firings, uint32_t *port);
bool actor_abandoned(const struct run_actor *actor);
bool actor_abandoned_now(struct run_actor *actor);
void actor_windows(struct run_actor *actor, struct pel_io *io, uint64_t firings);
void actor_tell_readers(struct run_actor *actor, uint32_t port, struct run_stage *from);
void actor_tell_writer(const struct in_port *in, struct run_stage *from);
void actor_commit(struct run_actor *actor, struct run_stage *from, uint64_t first, uint64_t firings);
/* Hand over `tokens` that were written at output `port`, in the first ring's window at the tail. */
void actor_commit_output(struct run_actor *actor, uint32_t port, uint64_t tokens, struct run_stage *from);
void actor_count(struct run_actor *actor, struct run_stage *stage, uint64_t firings);
/* An input is short, and no call is in progress: end, or fire once more on a padded window. */
int actor_step_short(struct run_actor *actor, struct run_stage *stage, enum step *ret);
void actor_release_input(struct in_port *in, uint64_t tokens, struct run_stage *from);
/* An input has ended with less than the next firing needs: drain or end, unless it must be seen first what is left at others. */
int actor_inputs_ended(struct run_actor *actor, struct run_stage *stage, enum step *ret);
/* Move the claimed part of all ports by the tokens of `firings` firings: `taken`, or let go again. */
void actor_move_claimed(struct run_actor *actor, uint64_t first, uint64_t firings, bool taken);
/* May the next firing be made on padded windows? Then actor_pad() makes them in this_scratch->io, and actor_commit_padded() hands the results over. */
enum tail_verdict { TAIL_END, TAIL_PAD, TAIL_WAIT };
enum tail_verdict actor_tail_verdict(struct run_actor *actor);
void actor_pad(struct run_actor *actor);
void actor_commit_padded(struct run_actor *actor, struct run_stage *stage);
int actor_end(struct run_actor *actor, struct run_stage *from);

/* ---- call.c: calls of kernels ---- */
/* Returns 0, PEL_END with *io->fired, or a negative errno: then the run has failed, explained. */
int actor_call(struct run_actor *actor, const struct pel_io *io, uint64_t firings);
/* What follows a call of fire() that returned `r`: the same. */
int actor_called(struct run_actor *actor, const struct pel_io *io, uint64_t firings, int r);
/* The same of any other function of the kernel; PEL_END only where it `may_end`. */
int actor_returned(struct run_actor *actor, const char *function, int r, bool may_end);
/* This thread is about to call the actor's kernel, for those that ask. Until the end of the step. */
void actor_calling(const struct run_actor *actor);
/* Fail the run by what was last said with pel_fire_fail() in this thread; without, by the code. Returns `code`. */
int actor_fail(struct run_actor *actor, const char *function, int code);
/* The thread that `scratch` is of ends. Inside a call, that fails the run. */
void call_thread_lost(struct scratch *scratch);

/* ---- dynamic.c: an actor with `*` ports; and the last words of any ---- */
int dynamic_step(struct run_actor *actor, struct run_stage *stage, enum step *ret);
int dynamic_drain(struct run_actor *actor, struct run_stage *stage, enum step *ret);

/* ---- cluster.c, cluster-create.c: actors that are executed together ---- */
/* [actors and stages are there, their ports are not yet in use] 0 or -ENOMEM, not explained. */
int clusters_create(struct pel_run *run);
void clusters_destroy(struct pel_run *run);
/* [owner] Carry a round through the cluster, or let its actors make one call each. As stage_sweep(). */
int cluster_step(struct run_stage *stage, enum step *ret);
void cluster_notify(struct run_cluster *cluster, struct run_stage *from, bool urgent);
/* Any thread: firings of an actor, in a cluster or not. */
uint64_t actor_firings(const struct run_actor *actor);
/* Any thread: iterations of all clusters that are not yet counted as firings. */
uint64_t cluster_iterations(const struct pel_run *run);

/* ---- device-bind.c, device-memory.c, device-stage.c, device-watch.c: actors on devices ---- */
/* Does every form fit its xclbin, or its source, where there are any? For pel_plan_check_devices(). 0 or a negative errno, explained. */
int devices_check(struct pel_run *run, struct pel_error *err);
/* Which xclbin each device gets, and whether the actors' forms fit it. Makes the emulation, and packs sources, where that is asked for. */
int devices_bind(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err);
/* Is the memory of ring number `index` seen by a device, and is it on the device only? [after devices_bind()] */
bool ring_is_shared(const struct pel_run *run, uint32_t index);
bool ring_is_on_device(const struct pel_run *run, uint32_t index);
/* Make run->shared large enough for the rings and for what the device stages need besides. */
int shared_create(struct pel_run *run, struct pel_error *err);
/* A page-aligned piece of it: there is room, as shared_create() has counted the same pieces. */
unsigned char *shared_take(struct pel_run *run, size_t bytes);
/* For ring number `index`, which is shared or on a device. */
unsigned char *ring_take(struct pel_run *run, uint32_t index);
void shared_destroy(struct pel_run *run);
/* Start the device processes, once all actors are there; then their watchers. */
int devices_open(struct pel_run *run, struct pel_error *err);
int devices_watch(struct pel_run *run, struct pel_error *err);
/* End the watchers [after the run is over], then the devices. */
void devices_join(struct pel_run *run);
void devices_destroy(struct pel_run *run);
/* [owner] Take back what has come, hand out what can go. */
int device_step(struct run_actor *actor, struct run_stage *stage, enum step *ret);
/* "fpga:0/vadd_1" of a stage on a device, if it has just one compute unit; else as the plan says. Returns buf. */
char *stage_where(const struct run_stage *stage, char *buf, size_t size);

/* ---- join.c ---- */
void workers_join(struct pel_run *run); /* once the run is over; may be called again */
/* 0, -ETIMEDOUT, or the negative errno for which a blocking thread could not be cancelled; CLOCK_REALTIME. */
int workers_join_until(struct pel_run *run, const struct timespec *until);

/* ---- worker.c: queues, stealing, parking ---- */
int workers_start(struct pel_run *run, bool pin, size_t stack_bytes, struct pel_error *err);
void list_push(struct stage_list *list, struct run_stage *stage, bool front);
/* Something that may let `stage` go on has happened. `from`: the stage that did it, NULL: the outside. `urgent`: run it next. */
void stage_notify(struct run_stage *stage, struct run_stage *from, bool urgent);
void actor_notify(struct run_actor *actor, struct run_stage *from, bool urgent);
/* [owner] Let each of its actors that has been told of something, and may, make one call, in the static order. */
int stage_sweep(struct run_stage *stage, enum step *ret);
extern _Thread_local struct scratch *this_scratch;
/* Decide the outcome, once; later calls do nothing. Under park_lock. */
void run_finish(struct pel_run *run, enum pel_outcome outcome, int code);
/* One of n_live has ended. */
void run_part_ended(struct pel_run *run);
/* Change n_outside by `change`, and see whether that makes a stall. */
void run_outside(struct pel_run *run, int change);
bool run_stall_check(struct pel_run *run); /* under park_lock */

/* ---- pin.c: which core each worker is bound to, with hwloc's help ---- */
void pin_choose(struct pel_run *run);
void pin_thread(pthread_t thread, int cpu);

/* ---- trace.c: [the thread whose trace it is] but for create and destroy ---- */
int trace_create(struct trace **ret);
void trace_destroy(struct trace *trace);
void trace_add(struct trace *trace, const struct run_stage *stage, uint64_t start_ns, uint64_t end_ns);

/* ---- files.c ---- */
/* As pel_run_check_files(). *data: does an actor write data to standard output? */
int files_check(const struct pel_plan *plan, const struct pel_run_options *options,
		const struct pel_run_file *files, size_t n_files, bool *data, struct pel_error *err);

/* ---- port.c ---- */
int ports_create(struct pel_run *run);
void ports_destroy(struct pel_run *run);
void port_notify(struct host_port *port);
void ports_over(struct pel_run *run);
/* Is there a port at which the host could do something that lets the run go on? Under park_lock, while no worker runs a stage. */
bool ports_may_move(struct pel_run *run);
/* The channel of an open <in> that has no room for a single token; false: there is room everywhere. Any thread. */
bool port_is_full(const struct host_port *port, uint32_t *channel);

/* ---- unfired.c ---- */
/* Say which actors never fired though tokens came to them. Under park_lock, when all stages have ended. Returns whether there are any. */
bool unfired_explain(struct pel_run *run, struct pel_error *err);

/* ---- stall.c ---- */
/* Say who waits for what, the wait-for cycle first. Under park_lock, while no worker runs a stage. */
void explain_stall(struct pel_run *run, struct pel_error *err);

#endif
