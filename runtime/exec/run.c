/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"
#include "sized-options.h"

#include <errno.h>
#include <fenv.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE_BYTES  4096u
#define WORKERS_MAX 4096u

static const struct pel_place nowhere;

/* ---- from plan to run: memory, rings, actors, stages ---- */

static int set_rates(struct pel_run *run, const struct pel_plan_port *port, struct rates *rates)
{
	uint64_t *before;

	rates->dynamic = port->dynamic;
	rates->phases = 1;
	if (port->dynamic)
		return 0;
	rates->cycle_tokens = port->rates[0];
	if (port->n_rates == 1)
		return 0;
	before = pel_arena_array(&run->arena, (size_t)port->n_rates + 1, sizeof(*before));
	if (!before)
		return -ENOMEM;
	for (uint32_t i = 0; i < port->n_rates; i++)
		before[i + 1] = before[i] + port->rates[i];
	rates->phases = port->n_rates;
	rates->cycle_tokens = before[port->n_rates];
	rates->before = before;
	return 0;
}

/* Rings start on cache lines of their own; large ones on pages. */
static size_t ring_bytes(const struct pel_plan_ring *ring)
{
	size_t bytes = (ring->slots + ring->mirror) * ring->token_bytes,
	       align = bytes >= PAGE_BYTES ? PAGE_BYTES : 64;

	return (bytes + align - 1) / align * align;
}

/* Most rings are memory of the run alone; those at devices are not. */
static bool in_own_memory(const struct pel_run *run, uint32_t index)
{
	return !ring_is_shared(run, index) && !ring_is_on_device(run, index);
}

static int create_rings(struct pel_run *run, struct pel_error *err)
{
	const struct pel_plan *plan = run->plan;
	size_t pages = 0, lines = 0, n_readers = 0, reader = 0;
	unsigned char *page, *line, *special;

	for (uint32_t i = 0; i < plan->n_rings; i++) {
		size_t bytes = in_own_memory(run, i) ? ring_bytes(&plan->rings[i]) : 0;

		*(bytes >= PAGE_BYTES ? &pages : &lines) += bytes;
		n_readers += plan->rings[i].n_channels;
	}
	run->rings = pel_aligned_alloc(64, (plan->n_rings + 1) * sizeof(*run->rings));
	run->readers = pel_aligned_alloc(64, (n_readers + 1) * sizeof(*run->readers));
	run->memory_bytes = pages + lines + PAGE_BYTES;
	run->memory = pel_pages_alloc(run->memory_bytes);
	if (!run->rings || !run->readers)
		return pel_nomem(err);
	if (!run->memory) {
		pel_fail(err, -ENOMEM, nowhere, "cannot get %zu bytes of memory for the channels",
			 run->memory_bytes);
		pel_hint(err, "give the channels smaller capacities");
		return -ENOMEM;
	}
	page = run->memory;
	line = page + pages;
	for (uint32_t i = 0; i < plan->n_rings; i++) {
		const struct pel_plan_ring *from = &plan->rings[i];
		const struct pel_plan_channel *first = &plan->channels[from->channels[0]];
		struct pel_ring_reader *readers = &run->readers[reader];
		size_t bytes = ring_bytes(from);
		unsigned char **at = bytes >= PAGE_BYTES ? &page : &line;

		for (uint32_t r = 0; r < from->n_channels; r++) {
			const struct pel_plan_channel *channel = &plan->channels[from->channels[r]];

			readers[r].capacity = channel->capacity;
			readers[r].history = plan->actors[channel->to].in[channel->to_port].history;
		}
		if (!in_own_memory(run, i)) {
			special = ring_take(run, i);
			at = &special;
			bytes = 0;
		}
		pel_ring_init(&run->rings[i], *at, from->slots, from->mirror, from->token_bytes, readers,
			      from->n_channels, first->initial, first->initial_values);
		reader += from->n_channels;
		*at += bytes;
	}
	return 0;
}

/*
 * Between workers, a call moves at most a quarter of a channel, so that both ends can be at work on it; of a device, so much that all its
 * calls find room. Inside a stage there is only one at work.
 */
static void bound_call(struct run_actor *actor, const struct rates *rates, const struct pel_plan_ring *ring,
		       uint64_t capacity)
{
	uint64_t firings, parts = actor->plan->form ? actor->plan->policy->in_flight + 1 : 4;

	if (ring->memory == PEL_MEMORY_FUSED || rates->dynamic || actor->plan->cluster != PEL_NONE)
		return;
	firings = rates_firings(rates, 0, capacity / parts);
	if (!firings)
		firings = 1;
	if (!actor->max_firings || firings < actor->max_firings)
		actor->max_firings = firings;
}

static int create_in(struct pel_run *run, struct run_actor *actor, uint32_t index)
{
	const struct pel_plan_port *from = &actor->plan->in[index];
	struct in_port *in = &actor->in[index];
	uint64_t largest = 0;

	if (!from->n_channels)
		return 0;
	in->channel = from->channels[0];
	in->ring = &run->rings[from->ring];
	in->reader = &run->rings[from->ring].readers[from->reader];
	in->writer = &run->actors[run->plan->channels[in->channel].from];
	in->tail = from->tail;
	in->token_bytes = from->token_bytes;
	bound_call(actor, &in->rates, &run->plan->rings[from->ring], in->reader->capacity);
	if (from->tail != PEL_TAIL_PAD || from->dynamic)
		return 0;
	for (uint32_t i = 0; i < from->n_rates; i++)
		largest = from->rates[i] > largest ? from->rates[i] : largest;
	actor->pad[index] = actor->device
				    ? shared_take(run, (from->history + largest) * from->token_bytes)
				    : pel_arena_array(&run->arena, from->history + largest, from->token_bytes);
	return actor->pad[index] ? 0 : -ENOMEM;
}

static int create_out(struct pel_run *run, struct run_actor *actor, uint32_t index)
{
	const struct pel_plan *plan = run->plan;
	const struct pel_plan_port *from = &actor->plan->out[index];
	struct out_port *out = &actor->out[index];
	struct run_actor **readers;

	if (!from->n_channels)
		return 0;
	out->token_bytes = from->token_bytes;
	for (uint32_t r = from->ring; r != PEL_NONE; r = plan->rings[r].next)
		out->n_rings++;
	out->rings = pel_arena_alloc(&run->arena, out->n_rings * sizeof(*out->rings) +
							  from->n_channels * sizeof(struct run_actor *));
	if (!out->rings)
		return -ENOMEM;
	readers = (struct run_actor **)(out->rings + out->n_rings);
	for (uint32_t r = from->ring, k = 0; r != PEL_NONE; r = plan->rings[r].next, k++) {
		struct out_ring *ring = &out->rings[k];

		ring->plan = &plan->rings[r];
		ring->ring = &run->rings[r];
		ring->readers = readers;
		readers += ring->plan->n_channels;
		for (uint32_t i = 0; i < ring->plan->n_channels; i++) {
			ring->readers[i] = &run->actors[plan->channels[ring->plan->channels[i]].to];
			bound_call(actor, &out->rates, ring->plan, ring->ring->readers[i].capacity);
		}
	}
	return 0;
}

static int create_actor(struct pel_run *run, uint32_t index)
{
	struct run_actor *actor = &run->actors[index];
	const struct pel_plan_actor *from = &run->plan->actors[index];
	struct pel_arena *arena = &run->arena;
	bool pads = false;

	actor->plan = from;
	actor->run = run;
	actor->n_in = from->n_in;
	actor->n_out = from->n_out;
	actor->dynamic = from->dynamic;
	actor->stop_at = UINT64_MAX;
	actor->max_firings = from->policy->max_batch;
	if (run->max_batch && (!actor->max_firings || run->max_batch < actor->max_firings))
		actor->max_firings = run->max_batch;
	actor->in =
		pel_arena_alloc(arena, actor->n_in * sizeof(*actor->in) + actor->n_out * sizeof(*actor->out));
	if (!actor->in)
		return -ENOMEM;
	actor->out = (struct out_port *)(actor->in + actor->n_in);
	if (from->kernel && from->kernel->finish &&
	    !(actor->results = pel_arena_alloc(arena, sizeof(*actor->results))))
		return -ENOMEM;
	for (uint32_t i = 0; i < actor->n_in; i++)
		pads |= from->in[i].tail == PEL_TAIL_PAD;
	if (pads && !(actor->pad = pel_arena_array(arena, actor->n_in, sizeof(*actor->pad))))
		return -ENOMEM;
	for (uint32_t i = 0; i < actor->n_in; i++)
		if (set_rates(run, &from->in[i], &actor->in[i].rates) < 0 || create_in(run, actor, i) < 0)
			return -ENOMEM;
	for (uint32_t o = 0; o < actor->n_out; o++)
		if (set_rates(run, &from->out[o], &actor->out[o].rates) < 0 || create_out(run, actor, o) < 0)
			return -ENOMEM;
	if (from->kind != PEL_ACTOR_KERNEL)
		return 0;
	actor->stage = &run->stages[from->stage];
	return 0;
}

static int create_stage(struct pel_run *run, uint32_t index, uint32_t *n_blocking, struct pel_error *err)
{
	struct run_stage *stage = &run->stages[index];
	const struct pel_plan_stage *from = &run->plan->stages[index];

	stage->run = run;
	stage->plan = from;
	stage->n_actors = from->n_actors;
	stage->bound = -1;
	atomic_init(&stage->state, STAGE_SCHEDULED | STAGE_AGAIN);
	stage->idle_reason = STEP_WAITS_INPUT;
	if (from->copy > 0) { /* shared by all copies */
		stage->actors = run->actors[from->actors[0]].stage->actors;
		stage->told = run->actors[from->actors[0]].stage->told;
	} else {
		stage->actors = pel_arena_array(&run->arena, from->n_actors, sizeof(struct run_actor *));
		stage->told = pel_arena_array(&run->arena, from->n_actors, sizeof(*stage->told));
	}
	if (!stage->actors || !stage->told)
		return pel_nomem(err);
	for (uint32_t i = 0; i < from->n_actors && from->copy == 0; i++) {
		stage->actors[i] = &run->actors[from->actors[i]];
		stage->actors[i]->place = i;
		atomic_init(&stage->told[i], true);
	}
	if (from->blocking) {
		stage->thread = &run->blocking[(*n_blocking)++];
		stage->thread->stage = stage;
		pthread_cond_init(&stage->thread->wake, NULL);
	} else if (from->where.kind == PEL_WHERE_CPU && from->where.index >= 0) {
		stage->bound = from->where.index;
		if ((uint32_t)stage->bound >= run->n_workers) {
			pel_fail(err, -EINVAL, stage->actors[0]->plan->place,
				 "actor '%s' is placed on worker %d, but the run has only %u (0 to %u)",
				 stage->actors[0]->plan->id, stage->bound, run->n_workers, run->n_workers - 1);
			pel_hint(err, "run with --workers %d or more", stage->bound + 1);
			return -EINVAL;
		}
	}
	return 0;
}

/* `brief` is for what the kernel sees of its ports during the call; paths that it asks for stay. */
static int init_kernel(struct run_actor *actor, struct pel_arena *brief, struct pel_error *err)
{
	const struct pel_kernel *kernel = actor->plan->kernel;
	size_t errors = err ? err->count + err->lost : 0;
	struct pel_info info;
	char text[128];
	int r = pel_plan_info(actor->run->plan, actor->plan, brief, err, &info);

	if (r < 0)
		return r;
	info.arena = &actor->run->arena;
	info.data_fd = actor->run->data_fd;
	info.text_fd = actor->run->text_fd;
	actor_calling(actor);
	r = kernel->init(&info, &actor->kernel_state);
	if (!pel_kernel_result_ok(r, false))
		r = pel_fail(err, -EPROTO, actor->plan->place, "actor '%s' (%s): %s", actor->plan->id,
			     kernel->name, pel_kernel_result_text("init", r, false, NULL, text, sizeof(text)));
	else if (r < 0 && err && err->count + err->lost == errors)
		pel_fail(err, r, actor->plan->place, "actor '%s' (%s): cannot start: %s", actor->plan->id,
			 kernel->name, strerror(-r));
	actor->expected_firings = info.expected_firings;
	if (r >= 0 && info.misused) {
		if (kernel->fini)
			kernel->fini(actor->kernel_state);
		r = -EINVAL;
	}
	return r;
}

#define INITS_TOGETHER 256

/* For pel_calling_actor(), in calls that no worker makes. Not on the stack, which a kernel can leave without coming back. */
static _Thread_local struct scratch outside;

static int init_kernels(struct pel_run *run, struct pel_error *err)
{
	struct scratch *own = this_scratch;
	struct pel_arena brief = { 0 };
	int r = 0;

	this_scratch = &outside;
	for (uint32_t i = 0; i < run->plan->n_actors && r == 0; i++) {
		struct run_actor *actor = &run->actors[i];

		if (actor->plan->kind != PEL_ACTOR_KERNEL)
			continue;
		if (pel_cancel_is_set(run->cancel))
			r = -ECANCELED;
		/* A kernel with a CPU form has its state on a device too: to begin with, and for when the CPU has to go on. */
		else if (actor->plan->kernel->init)
			r = init_kernel(actor, &brief, err);
		actor->inited = r >= 0;
		if (i % INITS_TOGETHER == INITS_TOGETHER - 1)
			pel_arena_fini(&brief);
	}
	pel_arena_fini(&brief);
	actor_calling(NULL);
	this_scratch = own;
	return r;
}

static void fini_kernels(struct pel_run *run)
{
	struct scratch *own = this_scratch;

	this_scratch = &outside;
	for (uint32_t i = 0; run->actors && i < run->plan->n_actors; i++) {
		struct run_actor *actor = &run->actors[i];

		actor_calling(actor);
		if (actor->inited && actor->plan->kernel->fini)
			actor->plan->kernel->fini(actor->kernel_state);
		if (actor->results)
			pel_results_fini(actor->results);
	}
	actor_calling(NULL);
	this_scratch = own;
}

/* As many workers as asked for or planned, but not more than there are stages for. */
static uint32_t worker_count(const struct pel_plan *plan, const struct pel_run_options *options)
{
	uint32_t wanted = options->workers ? options->workers : plan->workers,
		 busy = plan->n_stages + plan->n_replicas - plan->n_blocking;

	for (uint32_t i = 0; i < plan->n_stages; i++) /* a place by number must exist */
		if (!options->workers && plan->stages[i].where.kind == PEL_WHERE_CPU &&
		    plan->stages[i].where.index >= (int32_t)busy)
			busy = (uint32_t)plan->stages[i].where.index + 1;
	if (!options->workers && wanted > busy)
		wanted = busy;
	return wanted ? wanted : 1;
}

static int create_workers(struct pel_run *run, uint32_t n_workers, struct pel_error *err)
{
	if (n_workers > WORKERS_MAX) {
		pel_fail(err, -EINVAL, nowhere, "a run cannot have %u workers: %u are the most", n_workers,
			 WORKERS_MAX);
		pel_hint(err, "more workers than cores bring nothing; 0 takes as many as can be busy");
		return -EINVAL;
	}
	run->workers = pel_aligned_alloc(64, n_workers * sizeof(*run->workers));
	run->blocking = pel_arena_array(&run->arena, run->plan->n_blocking, sizeof(*run->blocking));
	if (!run->workers || !run->blocking)
		return pel_nomem(err);
	run->n_workers = n_workers;
	run->n_blocking = run->plan->n_blocking;
	for (uint32_t i = 0; i < run->n_workers; i++) {
		struct worker *worker = &run->workers[i];

		worker->run = run;
		worker->index = i;
		worker->random = i * 2654435761u + 1;
		worker->cpu = -1;
		pthread_mutex_init(&worker->queue.lock, NULL);
		pthread_cond_init(&worker->wake, NULL);
		if (run->tracing && trace_create(&worker->trace) < 0)
			return pel_nomem(err);
	}
	for (uint32_t i = 0; i < run->n_blocking; i++)
		if (run->tracing && trace_create(&run->blocking[i].trace) < 0)
			return pel_nomem(err);
	return 0;
}

/* Every stage may be able to start: queue all, neighbours together. */
static void queue_all(struct pel_run *run)
{
	uint32_t n = run->n_stages;

	for (uint32_t i = 0; i < n; i++) {
		struct run_stage *stage = &run->stages[i];
		struct queue *queue;

		if (stage->thread)
			continue;
		queue = &run->workers[stage->bound >= 0 ? (uint32_t)stage->bound : (uint64_t)i * run->n_workers / n]
				 .queue;
		atomic_fetch_add(&run->n_queued, 1);
		list_push(stage->bound >= 0 ? &queue->bound : &queue->shared, stage, false);
	}
}

/* Whose is which file, and where goes what is for standard output? */
static int settle_files(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	bool data;
	int r = files_check(run->plan, options, NULL, 0, &data, err);

	run->data_fd = options->data_fd ? options->data_fd : STDOUT_FILENO;
	run->text_fd = options->text_fd ? options->text_fd : data ? STDERR_FILENO : run->data_fd;
	return r;
}

static int create_run(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	const struct pel_plan *plan = run->plan;
	uint32_t n_blocking = 0;
	int r = settle_files(run, options, err);

	if (r < 0)
		return r;

	run->cancel = options->cancel;
	run->max_batch = options->max_batch;
	run->stall_after_s = options->stall_after_s;
	run->tracing = options->trace;
	run->n_stages = plan->n_stages + plan->n_replicas;
	run->n_live = run->n_stages;
	run->n_outside = plan->n_blocking;
	run->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (run->event_fd < 0) {
		r = -errno;
		return pel_fail(err, r, nowhere, "cannot make an event descriptor: %s", strerror(-r));
	}
	run->actors = pel_arena_array(&run->arena, plan->n_actors, sizeof(*run->actors));
	run->stages = pel_arena_array(&run->arena, run->n_stages, sizeof(*run->stages));
	if (!run->actors || !run->stages)
		return pel_nomem(err);
	if (options->profile &&
	    !(run->call_times = pel_arena_array(&run->arena, plan->n_actors, sizeof(*run->call_times))))
		return pel_nomem(err);
	if ((r = create_workers(run, worker_count(plan, options), err)) < 0 ||
	    (r = devices_bind(run, options, err)) < 0 || (r = shared_create(run, err)) < 0 ||
	    (r = create_rings(run, err)) < 0)
		return r;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (create_actor(run, i) < 0)
			return pel_nomem(err);
	for (uint32_t i = 0; i < run->n_stages; i++)
		if ((r = create_stage(run, i, &n_blocking, err)) < 0)
			return r;
	if (clusters_create(run) < 0 || ports_create(run) < 0)
		return pel_nomem(err);
	if ((r = init_kernels(run, err)) < 0)
		return r;
	return devices_open(run, err);
}

static int start_threads(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	int r = workers_start(run, options->pin, options->stack_bytes, err);

	return r == 0 ? devices_watch(run, err) : r;
}

static int start_run(const struct pel_plan *plan, const struct pel_run_options *options, struct pel_run **ret,
		     struct pel_error *err)
{
	struct pel_run *run = pel_calloc(1, sizeof(*run));
	pthread_condattr_t attr;
	int r;

	if (!run)
		return pel_nomem(err);
	run->plan = plan;
	run->event_fd = run->shared.fd = run->nowhere.fd = -1;
	pthread_mutex_init(&run->park_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&run->ended, &attr);
	pthread_condattr_destroy(&attr);
	r = create_run(run, options, err);
	if (r == 0 && pel_cancel_is_set(run->cancel))
		r = -ECANCELED;
	run->cancel = NULL;
	if (r < 0) {
		pel_run_destroy(run);
		return r;
	}
	run->start_ns = now_ns();
	if (run->n_live == 0) {
		pthread_mutex_lock(&run->park_lock);
		run->drained = true;
		run_finish(run, PEL_RUN_DONE, 0);
		pthread_mutex_unlock(&run->park_lock);
	} else {
		queue_all(run);
		r = start_threads(run, options, err);
	}
	if (r < 0) {
		pel_run_destroy(run);
		return r;
	}
	*ret = run;
	return 0;
}

int pel_run_start(const struct pel_plan *plan, const struct pel_run_options *options, struct pel_run **ret,
		  struct pel_error *err)
{
	struct pel_run_options known;
	fenv_t host;
	int r = PEL_OPTIONS_TAKE(pel_run_options, &known, options, err);

	if (r < 0)
		return r;
	/* Kernels round to nearest and keep subnormal numbers, whatever the host does: init() is called here, and threads inherit it. */
	fegetenv(&host);
	fesetenv(FE_DFL_ENV);
	r = start_run(plan, &known, ret, err);
	fesetenv(&host);
	return r;
}

/* ---- the end ---- */

void pel_run_destroy(struct pel_run *run)
{
	if (!run)
		return;
	pel_run_stop(run);
	workers_join(run);
	devices_join(run);
	devices_destroy(run);
	fini_kernels(run);
	clusters_destroy(run);
	for (uint32_t i = 0; run->workers && i < run->n_workers; i++) {
		pthread_mutex_destroy(&run->workers[i].queue.lock);
		pthread_cond_destroy(&run->workers[i].wake);
		trace_destroy(run->workers[i].trace);
	}
	for (uint32_t i = 0; i < run->n_blocking; i++) {
		if (run->blocking[i].stage)
			pthread_cond_destroy(&run->blocking[i].wake);
		trace_destroy(run->blocking[i].trace);
	}
	ports_destroy(run);
	if (run->event_fd >= 0)
		close(run->event_fd);
	pel_pages_free(run->memory, run->memory_bytes);
	shared_destroy(run);
	pel_free(run->rings);
	pel_free(run->readers);
	pel_free(run->workers);
	pel_error_fini(&run->error);
	pthread_mutex_destroy(&run->park_lock);
	pthread_cond_destroy(&run->ended);
	pel_arena_fini(&run->arena);
	pel_free(run);
}
