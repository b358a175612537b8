/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "actor.h"
#include "call.h"
#include "cluster/create.h"
#include "device/device-bind.h"
#include "device/device-memory.h"
#include "files/files.h"

#define PAGE_BYTES 4096u

static const struct pel_place no_place;

/* ---- rings ---- */

/* Rings start on a cache line, large ones on a page. */
static size_t ring_bytes(const struct pel_plan_ring *ring)
{
	size_t bytes = (ring->slots + ring->mirror) * ring->token_bytes,
	       align = bytes >= PAGE_BYTES ? PAGE_BYTES : 64;

	return (bytes + align - 1) / align * align;
}

/* Is the ring in the run's private memory? Rings that a device uses are not. */
static bool in_own_memory(const struct pel_run *run, uint32_t index)
{
	return !pel_devices_share_ring(&run->devices, index) && !pel_devices_hold_ring(&run->devices, index);
}

/*
 * Allocate the memory for all rings. *pages: the bytes of the large rings, which come first and are aligned
 * to pages; the others are aligned to cache lines.
 */
static int alloc_rings(struct pel_run *run, size_t *pages, struct pel_error *err)
{
	const struct pel_plan *plan = run->plan;
	size_t lines = 0, n_readers = 0;

	*pages = 0;
	for (uint32_t i = 0; i < plan->n_rings; i++) {
		size_t bytes = in_own_memory(run, i) ? ring_bytes(&plan->rings[i]) : 0;

		*(bytes >= PAGE_BYTES ? pages : &lines) += bytes;
		n_readers += plan->rings[i].n_channels;
	}
	run->rings = pel_aligned_alloc(64, (plan->n_rings + 1) * sizeof(*run->rings));
	run->readers = pel_aligned_alloc(64, (n_readers + 1) * sizeof(*run->readers));
	run->memory_bytes = *pages + lines + PAGE_BYTES;
	run->memory = pel_pages_alloc(run->memory_bytes);
	if (!run->rings || !run->readers)
		return pel_nomem(err);
	if (run->memory)
		return 0;
	pel_fail(err, -ENOMEM, no_place, "cannot allocate %zu bytes of memory for the channels",
		 run->memory_bytes);
	pel_hint(err, "give the channels smaller capacities");
	return -ENOMEM;
}

/* Initialize ring number `index` over `slots`, with its readers at `readers`. */
static void init_ring(struct pel_run *run, uint32_t index, unsigned char *slots, struct pel_ring_reader *readers)
{
	const struct pel_plan *plan = run->plan;
	const struct pel_plan_ring *from = &plan->rings[index];
	const struct pel_plan_channel *first = &plan->channels[from->channels[0]];

	for (uint32_t r = 0; r < from->n_channels; r++) {
		const struct pel_plan_channel *channel = &plan->channels[from->channels[r]];

		readers[r].capacity = channel->capacity;
		readers[r].history = plan->actors[channel->to].in[channel->to_port].history;
	}
	pel_ring_init(&run->rings[index], slots, from->slots, from->mirror, from->token_bytes, readers,
		      from->n_channels, first->initial, first->initial_values);
}

static int create_rings(struct pel_run *run, struct pel_error *err)
{
	struct pel_ring_reader *readers;
	unsigned char *page, *line;
	size_t pages;
	int r = alloc_rings(run, &pages, err);

	if (r < 0)
		return r;
	readers = run->readers;
	page = run->memory;
	line = page + pages;
	for (uint32_t i = 0; i < run->plan->n_rings; i++) {
		size_t bytes = ring_bytes(&run->plan->rings[i]);
		unsigned char **at = bytes >= PAGE_BYTES ? &page : &line;

		if (in_own_memory(run, i)) {
			init_ring(run, i, *at, readers);
			*at += bytes;
		} else {
			init_ring(run, i, pel_devices_ring_slots(&run->devices, i), readers);
		}
		readers += run->plan->rings[i].n_channels;
	}
	return 0;
}

/* ---- actors ---- */

static int set_rates(struct pel_run *run, const struct pel_plan_port *port, struct pel_rates *rates)
{
	uint64_t *sums = NULL;

	if (port->dynamic) {
		*rates = (struct pel_rates){ .dynamic = true, .phases = 1 };
		return 0;
	}
	if (port->n_rates > 1 &&
	    !(sums = pel_arena_array(&run->arena, (size_t)port->n_rates + 1, sizeof(*sums))))
		return -ENOMEM;
	pel_rates_set(rates, port->rates, port->n_rates, sums);
	return 0;
}

/*
 * Limit the firings of one call. Between workers, a call moves at most a quarter of a channel, so that both
 * ends can work at the same time; on a device, all calls in flight must find room. Inside a stage there is no
 * limit, since only one end works at a time.
 */
static void bound_call(struct pel_run_actor *actor, const struct pel_rates *rates,
		       const struct pel_plan_ring *ring, uint64_t capacity)
{
	uint64_t firings, parts = actor->plan->fpga ? actor->plan->policy->in_flight + 1 : 4;

	if (ring->memory == PEL_MEMORY_FUSED || rates->dynamic || actor->plan->cluster != PEL_NONE)
		return;
	firings = pel_rates_firings(rates, 0, capacity / parts);
	if (!firings)
		firings = 1;
	if (!actor->max_firings || firings < actor->max_firings)
		actor->max_firings = firings;
}

static int create_in(struct pel_run *run, struct pel_run_actor *actor, uint32_t index)
{
	const struct pel_plan_port *from = &actor->plan->in[index];
	struct pel_in_port *in = &actor->ports.in[index];
	uint64_t largest = 0;

	if (!from->n_channels)
		return 0;
	in->channel = from->channels[0];
	in->ring = &run->rings[from->ring];
	in->reader = &run->rings[from->ring].readers[from->reader];
	in->writer = &run->actors.all[run->plan->channels[in->channel].from].waker;
	in->tail = from->tail;
	in->token_bytes = from->token_bytes;
	bound_call(actor, &in->rates, &run->plan->rings[from->ring], in->reader->capacity);
	if (from->tail != PEL_TAIL_PAD || from->dynamic)
		return 0;
	for (uint32_t i = 0; i < from->n_rates; i++)
		largest = from->rates[i] > largest ? from->rates[i] : largest;
	actor->pad[index] = actor->device
				    ? pel_devices_memory_carve(&run->devices,
							       (from->history + largest) * from->token_bytes)
				    : pel_arena_array(&run->arena, from->history + largest, from->token_bytes);
	return actor->pad[index] ? 0 : -ENOMEM;
}

static int create_out(struct pel_run *run, struct pel_run_actor *actor, uint32_t index)
{
	const struct pel_plan *plan = run->plan;
	const struct pel_plan_port *from = &actor->plan->out[index];
	struct pel_out_port *out = &actor->ports.out[index];
	const struct pel_waker **readers;

	if (!from->n_channels)
		return 0;
	out->token_bytes = from->token_bytes;
	for (uint32_t r = from->ring; r != PEL_NONE; r = plan->rings[r].next)
		out->n_rings++;
	out->rings = pel_arena_alloc(&run->arena, out->n_rings * sizeof(*out->rings) +
							  from->n_channels * sizeof(struct pel_waker *));
	if (!out->rings)
		return -ENOMEM;
	readers = (const struct pel_waker **)(out->rings + out->n_rings);
	for (uint32_t r = from->ring, k = 0; r != PEL_NONE; r = plan->rings[r].next, k++) {
		struct pel_out_ring *ring = &out->rings[k];

		ring->plan = &plan->rings[r];
		ring->ring = &run->rings[r];
		ring->readers = readers;
		readers += ring->plan->n_channels;
		for (uint32_t i = 0; i < ring->plan->n_channels; i++) {
			ring->readers[i] = &run->actors.all[plan->channels[ring->plan->channels[i]].to].waker;
			bound_call(actor, &out->rates, ring->plan, ring->ring->readers[i].capacity);
		}
	}
	return 0;
}

static int create_ports(struct pel_run *run, struct pel_run_actor *actor)
{
	const struct pel_plan_actor *from = actor->plan;
	struct pel_ports *ports = &actor->ports;

	ports->n_in = from->n_in;
	ports->n_out = from->n_out;
	ports->effects = from->kernel && from->kernel->flags & PEL_KERNEL_EFFECTS;
	ports->in = pel_arena_alloc(&run->arena,
				    ports->n_in * sizeof(*ports->in) + ports->n_out * sizeof(*ports->out));
	if (!ports->in)
		return -ENOMEM;
	ports->out = (struct pel_out_port *)(ports->in + ports->n_in);
	for (uint32_t i = 0; i < ports->n_in; i++)
		if (set_rates(run, &from->in[i], &ports->in[i].rates) < 0 || create_in(run, actor, i) < 0)
			return -ENOMEM;
	for (uint32_t o = 0; o < ports->n_out; o++)
		if (set_rates(run, &from->out[o], &ports->out[o].rates) < 0 || create_out(run, actor, o) < 0)
			return -ENOMEM;
	return 0;
}

static int create_actor(struct pel_run *run, uint32_t index)
{
	struct pel_run_actor *actor = &run->actors.all[index];
	const struct pel_plan_actor *from = &run->plan->actors[index];
	struct pel_arena *arena = &run->arena;
	bool pads = false;

	actor->plan = from;
	actor->set = &run->actors;
	actor->dynamic = from->dynamic;
	actor->stop_at = UINT64_MAX;
	actor->max_firings = from->policy->max_batch;
	if (run->max_batch && (!actor->max_firings || run->max_batch < actor->max_firings))
		actor->max_firings = run->max_batch;
	if (!actor->step) /* device actors have their step already */
		actor->step = pel_actor_step;
	if (from->kernel && from->kernel->finish &&
	    !(actor->results = pel_arena_alloc(arena, sizeof(*actor->results))))
		return -ENOMEM;
	for (uint32_t i = 0; i < from->n_in; i++)
		pads |= from->in[i].tail == PEL_TAIL_PAD;
	if (pads && !(actor->pad = pel_arena_array(arena, from->n_in, sizeof(*actor->pad))))
		return -ENOMEM;
	return create_ports(run, actor);
}

static int create_actors(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	uint32_t n = run->plan->n_actors;

	if (options->profile &&
	    !(run->actors.call_times = pel_arena_array(&run->arena, n, sizeof(*run->actors.call_times))))
		return pel_nomem(err);
	for (uint32_t i = 0; i < n; i++)
		if (create_actor(run, i) < 0)
			return pel_nomem(err);
	return 0;
}

/* ---- stages ---- */

/* If the stage must run on one worker, bind it to that worker, which must exist. */
static int bind_stage(struct pel_run *run, struct pel_run_stage *stage, struct pel_error *err)
{
	const struct pel_run_actor *actor = stage->actors[0];
	int32_t bound = stage->plan->where.index;
	uint32_t n_workers = run->scheduler.n_workers;

	if (stage->plan->where.kind != PEL_WHERE_CPU || bound < 0)
		return 0;
	stage->task.bound = bound;
	if ((uint32_t)bound < n_workers)
		return 0;
	pel_fail(err, -EINVAL, actor->plan->place,
		 "actor '%s' is placed on worker %d, but the run has only %u (0 to %u)", actor->plan->id,
		 bound, n_workers, n_workers - 1);
	pel_hint(err, "run with --workers %d or more", bound + 1);
	return -EINVAL;
}

static int create_stage(struct pel_run *run, uint32_t index, uint32_t *n_blocking, struct pel_error *err)
{
	struct pel_run_stage *stage = &run->stages[index];
	const struct pel_plan_stage *from = &run->plan->stages[index];

	if (from->copy > 0) {
		pel_stage_init_copy(stage, from, run->actors.all[from->actors[0]].stage);
	} else {
		if (pel_stage_init(stage, from, &run->scheduler, &run->arena) < 0)
			return pel_nomem(err);
		for (uint32_t i = 0; i < from->n_actors; i++)
			pel_stage_set_actor(stage, i, &run->actors.all[from->actors[i]]);
	}
	if (!from->blocking)
		return bind_stage(run, stage, err);
	pel_scheduler_give_thread(&run->scheduler, &stage->task, (*n_blocking)++);
	return 0;
}

static int create_stages(struct pel_run *run, struct pel_error *err)
{
	const struct pel_plan *plan = run->plan;
	uint32_t n_blocking = 0;
	int r;

	for (uint32_t i = 0; i < run->n_stages; i++)
		if ((r = create_stage(run, i, &n_blocking, err)) < 0)
			return r;
	run->clusters = pel_clusters_alloc(plan->n_clusters, &run->arena);
	if (!run->clusters)
		return pel_nomem(err);
	for (uint32_t i = 0; i < plan->n_clusters; i++)
		if (pel_cluster_create(&run->clusters[i], &plan->clusters[i], run->stages, &run->scheduler,
				       &run->arena) < 0)
			return pel_nomem(err);
	return 0;
}

/* ---- threads ---- */

/* As many workers as requested or planned, but no more than there are stages for. */
static uint32_t worker_count(const struct pel_plan *plan, const struct pel_run_options *options)
{
	uint32_t wanted = options->workers ? options->workers : plan->workers,
		 busy = plan->n_stages + plan->n_replicas - plan->n_blocking;

	for (uint32_t i = 0; i < plan->n_stages; i++) /* a worker that a stage names must exist */
		if (!options->workers && plan->stages[i].where.kind == PEL_WHERE_CPU &&
		    plan->stages[i].where.index >= (int32_t)busy)
			busy = (uint32_t)plan->stages[i].where.index + 1;
	if (!options->workers && wanted > busy)
		wanted = busy;
	return wanted ? wanted : 1;
}

static void begin_thread(void *scratch)
{
	pel_call_enter(scratch);
}

static void lose_thread(void *scratch)
{
	pel_call_thread_lost(scratch);
}

/* Make a scratch for each thread, large enough for any actor. */
static int create_scratches(struct pel_run *run, uint32_t n)
{
	const struct pel_plan *plan = run->plan;
	uint64_t bytes = 1;
	uint32_t n_in = 0, n_out = 0;

	for (uint32_t i = 0; i < plan->n_clusters; i++)
		if (plan->clusters[i].scratch_bytes > bytes)
			bytes = plan->clusters[i].scratch_bytes;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		n_in = plan->actors[i].n_in > n_in ? plan->actors[i].n_in : n_in;
		n_out = plan->actors[i].n_out > n_out ? plan->actors[i].n_out : n_out;
	}
	run->scratches = pel_aligned_alloc(PEL_SCRATCH_ALIGN, n * sizeof(*run->scratches));
	if (!run->scratches)
		return -ENOMEM;
	memset(run->scratches, 0, n * sizeof(*run->scratches));
	for (uint32_t i = 0; i < n; i++)
		if (pel_scratch_init(&run->scratches[i], bytes, n_in, n_out, run->tracing) < 0)
			return -ENOMEM;
	return 0;
}

static int create_threads(struct pel_run *run, uint32_t n_workers, struct pel_error *err)
{
	static const struct pel_scheduler_ops ops = { .begin = begin_thread, .lost = lose_thread };
	struct pel_scheduler *scheduler = &run->scheduler;
	uint32_t n_own = run->plan->n_blocking;

	if (n_workers > PEL_MAX_WORKERS) {
		pel_fail(err, -EINVAL, no_place, "a run cannot have %u workers: the maximum is %u", n_workers,
			 PEL_MAX_WORKERS);
		pel_hint(err, "more workers than cores do not help; 0 chooses as many as can be busy");
		return -EINVAL;
	}
	if (pel_scheduler_init(scheduler, &run->outcome, &ops, n_workers, n_own) < 0 ||
	    create_scratches(run, n_workers + n_own) < 0)
		return pel_nomem(err);
	for (uint32_t i = 0; i < n_workers; i++)
		scheduler->workers[i].context = &run->scratches[i];
	for (uint32_t i = 0; i < n_own; i++)
		scheduler->own[i].context = &run->scratches[n_workers + i];
	return 0;
}

/* ---- all of it ---- */

/* Check that no two users of a file conflict, and choose the descriptors for standard output. */
static int settle_files(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	bool data;
	int r = pel_files_check(run->plan, options, NULL, 0, &data, err);

	run->data_fd = options->data_fd ? options->data_fd : STDOUT_FILENO;
	run->text_fd = options->text_fd ? options->text_fd : data ? STDERR_FILENO : run->data_fd;
	return r;
}

/* Set what comes from the options, and connect the parts with each other. */
static int set_basics(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	const struct pel_plan *plan = run->plan;
	int r;

	run->max_batch = options->max_batch;
	run->stall_after_s = options->stall_after_s;
	run->tracing = options->trace;
	run->n_stages = plan->n_stages + plan->n_replicas;
	run->outcome.n_live = run->n_stages;
	run->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (run->event_fd < 0) {
		r = -errno;
		return pel_fail(err, r, no_place, "cannot create an event descriptor: %s", strerror(-r));
	}
	run->actors.plan = plan;
	run->actors.outcome = &run->outcome;
	run->actors.all = pel_arena_array(&run->arena, plan->n_actors, sizeof(*run->actors.all));
	run->stages = pel_arena_array(&run->arena, run->n_stages, sizeof(*run->stages));
	if (!run->actors.all || !run->stages)
		return pel_nomem(err);
	run->devices.plan = plan;
	run->devices.arena = &run->arena;
	run->devices.actors = run->actors.all;
	run->devices.outcome = &run->outcome;
	run->devices.cancel = options->cancel;
	return 0;
}

int pel_run_build(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	int r;

	if ((r = settle_files(run, options, err)) < 0 || (r = set_basics(run, options, err)) < 0 ||
	    (r = create_threads(run, worker_count(run->plan, options), err)) < 0 ||
	    (r = pel_devices_bind(&run->devices, options, err)) < 0 ||
	    (r = pel_devices_memory_create(&run->devices, err)) < 0 || (r = create_rings(run, err)) < 0 ||
	    (r = create_actors(run, options, err)) < 0 || (r = create_stages(run, err)) < 0)
		return r;
	run->devices.rings = run->rings;
	return pel_host_ports_init(&run->ports, &run->actors, run->event_fd, &run->arena) < 0 ? pel_nomem(err)
											      : 0;
}

void pel_run_demolish(struct pel_run *run)
{
	uint32_t n_scratches = run->scheduler.n_workers + run->scheduler.n_own;

	pel_clusters_destroy(run->clusters, run->plan->n_clusters);
	for (uint32_t i = 0; run->scratches && i < n_scratches; i++)
		pel_scratch_fini(&run->scratches[i]);
	pel_free(run->scratches);
	pel_scheduler_fini(&run->scheduler);
	pel_host_ports_fini(&run->ports);
	if (run->event_fd >= 0)
		close(run->event_fd);
	pel_pages_free(run->memory, run->memory_bytes);
	pel_devices_memory_destroy(&run->devices);
	pel_free(run->rings);
	pel_free(run->readers);
	pel_arena_fini(&run->arena);
}
