/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "cluster/counts.h"
#include "cluster/run-cluster.h"
#include "run-state.h"
#include "stats-snapshot.h"

/* A snapshot and its memory. */
struct snapshot {
	struct pel_stats stats;
	struct pel_prediction predicted;
	struct pel_arena arena;
};

struct pel_arena *pel_stats_arena(struct pel_stats *stats)
{
	return &((struct snapshot *)stats)->arena; /* its first member */
}

static const char *port_name(struct pel_arena *arena, const struct pel_plan *plan, uint32_t actor,
			     uint32_t port, bool out)
{
	const struct pel_plan_actor *of = &plan->actors[actor];

	if (of->kind != PEL_ACTOR_KERNEL)
		return pel_arena_strdup(arena, of->id);
	return pel_arena_printf(arena, "%s.%s", of->id, (out ? of->out : of->in)[port].name);
}

/* The id of a copy of an actor; of an actor without copies, its own id. */
static const char *copy_id(struct pel_arena *arena, const struct pel_plan_actor *actor, uint32_t copy)
{
	return actor->copies > 1 ? pel_arena_printf(arena, "%s#%u", actor->id, copy + 1)
				 : pel_arena_strdup(arena, actor->id);
}

static double seconds(const _Atomic uint64_t *ns)
{
	return (double)atomic_load_explicit(ns, memory_order_relaxed) / 1e9;
}

/* The user sees the stages of a cluster as one stage: add up their times. */
static void add_cluster_times(struct pel_run_cluster *cluster, struct pel_stage_stats *ret)
{
	for (uint32_t i = 1; i < cluster->plan->n_stages; i++) {
		ret->firings += atomic_load_explicit(&cluster->stages[i]->firings, memory_order_relaxed);
		ret->busy_s += seconds(&cluster->stages[i]->busy_ns);
	}
	ret->copies = cluster->at_once;
	pthread_mutex_lock(&cluster->lock);
	ret->wait_input_s = (double)cluster->wait_input_ns / 1e9;
	ret->wait_room_s = (double)cluster->wait_room_ns / 1e9;
	pthread_mutex_unlock(&cluster->lock);
}

/*
 * Where a stage runs: "fpga:0/vadd_1" if it is on a device and has one compute unit; "cpu" once the CPU
 * implementation has taken over; else as in the plan. Returns buf.
 */
static char *format_where(const struct pel_run_stage *stage, char *buf, size_t size)
{
	struct pel_device_stage *ds = stage->actors[0]->device;
	struct pel_where where = stage->plan->where;
	bool moved = false;

	if (ds) {
		pthread_mutex_lock(&ds->device->lock);
		moved = ds->takeover;
		pthread_mutex_unlock(&ds->device->lock);
	}
	if (moved)
		where = (struct pel_where){ .kind = PEL_WHERE_CPU, .index = -1 };
	else if (ds && ds->n_cus == 1)
		where.unit = ds->cus[0];
	return pel_where_format(&where, buf, size);
}

static int add_stage(struct snapshot *to, const struct pel_run_stage *stage, struct pel_stage_stats *ret)
{
	const char **ids = pel_arena_array(&to->arena, stage->n_actors, sizeof(*ids));
	char where[96];

	if (!ids)
		return -ENOMEM;
	for (uint32_t i = 0; i < stage->n_actors; i++)
		if (!(ids[i] = copy_id(&to->arena, stage->actors[i]->plan, stage->plan->copy)))
			return -ENOMEM;
	*ret = (struct pel_stage_stats){
		.size = sizeof(*ret),
		.id = pel_arena_strdup(&to->arena, stage->plan->id),
		.where = pel_arena_strdup(&to->arena, format_where(stage, where, sizeof(where))),
		.actors = ids,
		.n_actors = stage->n_actors,
		.firings = atomic_load_explicit(&stage->firings, memory_order_relaxed),
		.busy_s = seconds(&stage->busy_ns),
		.wait_input_s = seconds(&stage->wait_input_ns),
		.wait_room_s = seconds(&stage->wait_room_ns),
		.wait_device_s = seconds(&stage->wait_device_ns),
		.copies = 1,
	};
	if (stage->cluster && stage->actors[0]->plan->copies == 1)
		add_cluster_times(stage->cluster, ret);
	return ret->id && ret->where ? 0 : -ENOMEM;
}

/* Fill in the counters of a channel. */
static void count_channel(const struct pel_run *run, uint32_t index, struct pel_channel_stats *ret)
{
	const struct pel_plan_channel *channel = &run->plan->channels[index];
	const struct pel_run_actor *reader = &run->actors.all[channel->to];
	const struct pel_in_port *in = &reader->ports.in[channel->to_port];
	bool finished = atomic_load_explicit(&reader->finished, memory_order_acquire); /* head is final */
	uint64_t head = atomic_load_explicit(&in->reader->head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&in->ring->tail, memory_order_acquire);
	uint64_t high_water = atomic_load_explicit(&in->reader->high_water, memory_order_relaxed);

	if (in->storage.kind != PEL_STORAGE_RING) {
		uint64_t passed, most;

		pel_cluster_passed(&run->actors.all[channel->from], channel, &passed, &most);
		tail = passed;
		high_water = most > high_water ? most : high_water;
	}

	*ret = (struct pel_channel_stats){
		.size = sizeof(*ret),
		.capacity = channel->capacity,
		.high_water = high_water,
		.tokens = tail,
		.left_over = finished ? tail - head : 0,
	};
	ret->loop = channel->loop;
	/* With tail="pad", tokens can be left over too, if another input ended for good. */
	ret->warn_left_over = ret->left_over && in->tail != PEL_TAIL_DROP && reader->short_of_input;
}

static int add_channel(struct snapshot *to, const struct pel_run *run, uint32_t index,
		       struct pel_channel_stats *ret)
{
	const struct pel_plan *plan = run->plan;
	const struct pel_plan_channel *channel = &plan->channels[index];

	const char *name = pel_arena_strdup(&to->arena, channel->name),
		   *arrow = name ? strstr(name, "->") : NULL;

	count_channel(run, index, ret);
	ret->name = name;
	if (channel->place.file && !(ret->file = pel_arena_strdup(&to->arena, channel->place.file)))
		return -ENOMEM;
	ret->line = channel->place.line;
	ret->col = channel->place.col;
	if (arrow) { /* a name given in the document has no arrow */
		ret->from = pel_arena_strndup(&to->arena, name, (size_t)(arrow - name));
		ret->to = arrow + 2;
		return ret->from ? 0 : -ENOMEM;
	}
	ret->from = port_name(&to->arena, plan, channel->from, channel->from_port, true);
	ret->to = port_name(&to->arena, plan, channel->to, channel->to_port, false);
	return ret->name && ret->from && ret->to ? 0 : -ENOMEM;
}

static int add_results(struct snapshot *to, const struct pel_results *from, struct pel_actor_stats *ret)
{
	struct pel_result **items = pel_arena_sized(&to->arena, from->count, sizeof(**items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < from->count; i++) {
		struct pel_result *item = items[i];

		*item = from->items[i];
		item->name = pel_arena_strdup(&to->arena, item->name);
		if (!item->name)
			return -ENOMEM;
		if (item->kind == PEL_RESULT_STRING &&
		    !(item->string = pel_arena_strdup(&to->arena, item->string)))
			return -ENOMEM;
	}
	ret->results = items;
	ret->n_results = from->count;
	return 0;
}

static int add_warnings(struct snapshot *to, const struct pel_results *from, struct pel_actor_stats *ret)
{
	const char **warnings =
		pel_arena_array(&to->arena, ret->n_warnings + from->n_warnings + 1, sizeof(*warnings));
	size_t n = ret->n_warnings;

	if (!warnings)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		warnings[i] = ret->warnings[i];
	for (size_t i = 0; i < from->n_warnings; i++)
		if (!(warnings[n++] = pel_arena_strdup(&to->arena, from->warnings[i])))
			return -ENOMEM;
	ret->warnings = warnings;
	ret->n_warnings = n;
	return 0;
}

/* Report the faults of calls from which the run recovered. */
static int add_faults(struct snapshot *to, struct pel_device_stage *ds, struct pel_actor_stats *ret)
{
	int r;

	pthread_mutex_lock(&ds->device->lock);
	ret->on_device = true;
	ret->device_faults = ds->faults;
	r = add_warnings(to, &ds->warned, ret);
	if (r == 0 && ds->faults > ds->warned.n_warnings) {
		struct pel_results rest = { 0 };

		pel_results_warn(&rest, "%llu fault%s more on the device, not listed",
				 (unsigned long long)(ds->faults - ds->warned.n_warnings),
				 pel_s(ds->faults - ds->warned.n_warnings));
		r = add_warnings(to, &rest, ret);
		pel_results_fini(&rest);
	}
	pthread_mutex_unlock(&ds->device->lock);
	return r;
}

static int add_actor(struct snapshot *to, const struct pel_run_actor *actor, uint32_t copy,
		     struct pel_actor_stats *ret)
{
	*ret = (struct pel_actor_stats){ .size = sizeof(*ret),
					 .id = copy_id(&to->arena, actor->plan, copy),
					 .expected_firings = actor->expected_firings };
	if (!ret->id)
		return -ENOMEM;
	ret->firings =
		actor->plan->copies > 1 && !actor->device
			? atomic_load_explicit(&actor->cluster->stages[copy]->firings, memory_order_relaxed)
			: pel_cluster_firings(actor);
	if (copy == 0 && actor->set->call_times)
		ret->call_s = seconds(&actor->set->call_times[pel_actor_number(actor)].ns);
	if (copy == 0 && actor->device && add_faults(to, actor->device, ret) < 0)
		return -ENOMEM;
	if (copy != 0 || !actor->results || !atomic_load_explicit(&actor->reported, memory_order_acquire))
		return 0;
	return add_results(to, actor->results, ret) < 0 ? -ENOMEM : add_warnings(to, actor->results, ret);
}

static int fill(struct snapshot *to, struct pel_run *run)
{
	const struct pel_plan *plan = run->plan;
	struct pel_stats *stats = &to->stats;
	size_t n_actors = 0;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		n_actors += run->actors.all[i].host ? 0 : plan->actors[i].copies;
	stats->workers = run->scheduler.n_workers;
	stats->stages = pel_arena_sized(&to->arena, plan->n_stages, sizeof(**stats->stages));
	stats->channels = pel_arena_sized(&to->arena, plan->n_channels, sizeof(**stats->channels));
	stats->actors = pel_arena_sized(&to->arena, n_actors, sizeof(**stats->actors));
	if (!stats->stages || !stats->channels || !stats->actors)
		return -ENOMEM;
	for (; stats->n_stages < plan->n_stages; stats->n_stages++)
		if (add_stage(to, &run->stages[stats->n_stages], stats->stages[stats->n_stages]) < 0)
			return -ENOMEM;
	for (; stats->n_channels < plan->n_channels; stats->n_channels++)
		if (add_channel(to, run, (uint32_t)stats->n_channels, stats->channels[stats->n_channels]) < 0)
			return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		for (uint32_t copy = 0; !run->actors.all[i].host && copy < plan->actors[i].copies; copy++)
			if (add_actor(to, &run->actors.all[i], copy, stats->actors[stats->n_actors++]) < 0)
				return -ENOMEM;
	return 0;
}

int pel_run_stats(struct pel_run *run, struct pel_stats **ret)
{
	struct snapshot *snapshot = pel_calloc(1, sizeof(*snapshot));
	uint64_t end;

	if (!snapshot)
		return -ENOMEM;
	pthread_mutex_lock(&run->outcome.lock);
	end = run->outcome.outcome == PEL_RUN_GOING ? pel_now_ns() : run->outcome.end_ns;
	pthread_mutex_unlock(&run->outcome.lock);
	snapshot->stats.size = sizeof(snapshot->stats);
	snapshot->predicted.size = sizeof(snapshot->predicted);
	snapshot->stats.predicted = &snapshot->predicted;
	snapshot->stats.wall_s = (double)(end - run->start_ns) / 1e9;
	if (fill(snapshot, run) < 0) {
		pel_stats_destroy(&snapshot->stats);
		return -ENOMEM;
	}
	*ret = &snapshot->stats;
	return 0;
}

bool pel_run_left_over(struct pel_run *run)
{
	for (uint32_t i = 0; i < run->plan->n_channels; i++) {
		struct pel_channel_stats channel;

		count_channel(run, i, &channel);
		if (channel.warn_left_over)
			return true;
	}
	return false;
}

bool pel_run_warned(struct pel_run *run)
{
	for (uint32_t i = 0; i < run->plan->n_actors; i++) {
		const struct pel_run_actor *actor = &run->actors.all[i];
		bool faults = false;

		if (actor->device) {
			pthread_mutex_lock(&actor->device->device->lock);
			faults = actor->device->faults > 0;
			pthread_mutex_unlock(&actor->device->device->lock);
		}
		if (faults)
			return true;
		if (actor->results && atomic_load_explicit(&actor->reported, memory_order_acquire) &&
		    actor->results->n_warnings)
			return true;
	}
	return false;
}

void pel_stats_destroy(struct pel_stats *stats)
{
	struct snapshot *snapshot = (struct snapshot *)stats; /* its first member */

	if (!stats)
		return;
	pel_arena_fini(&snapshot->arena);
	pel_free(snapshot);
}
