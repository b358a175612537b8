/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"
#include "plan-view.h"

#include <errno.h>
#include <inttypes.h>

/*
 * What an expert on Pelton would say about the figures of a run. Each hint names the figure it is based on,
 * and gives advice only if the figures support it.
 */

#define SHORT_RUN_S   0.01 /* in a shorter run, starting and ending the workers takes a notable part */
#define HINT_CHANNELS 3	   /* limit for reports of full channels, and of channels with tokens left over */

struct hints {
	const struct pel_plan *plan;
	const struct pel_stats *stats;
	struct pel_map stages, channels; /* of stats, by name */
	FILE *out;
	int count;
};

/* All stages of an actor, one per copy; the figures are means per copy. */
struct load {
	bool known;
	uint32_t stage, copies, workers;
	double busy, total_busy; /* shares of the run's time */
	double input_s, room_s;
};

static struct load load_of(const struct hints *hints, uint32_t stage)
{
	const struct pel_plan *plan = hints->plan;
	struct load load = { .stage = stage };

	do {
		size_t i = pel_map_get(&hints->stages, plan->stages[stage + load.copies].id);
		const struct pel_stage_stats *stats;

		load.copies++;
		if (i == PEL_MAP_NONE)
			continue;
		stats = hints->stats->stages[i];
		load.known = true;
		load.total_busy += hints->stats->wall_s > 0 ? stats->busy_s / hints->stats->wall_s : 0;
		load.workers += stats->copies ? stats->copies : 1;
		load.input_s += stats->wait_input_s;
		load.room_s += stats->wait_room_s;
	} while (stage + load.copies < plan->n_stages && plan->stages[stage + load.copies].copy > 0);
	load.busy = load.workers ? load.total_busy / load.workers : 0;
	load.busy = load.busy > 1 ? 1 : load.busy;
	load.input_s /= load.copies;
	load.room_s /= load.copies;
	return load;
}

static struct load actor_load(const struct hints *hints, uint32_t actor)
{
	const struct pel_plan_actor *of = &hints->plan->actors[actor];

	if (of->kind != PEL_ACTOR_KERNEL || of->stage >= hints->plan->n_stages)
		return (struct load){ 0 };
	return load_of(hints, of->stage);
}

static const struct pel_channel_stats *channel_stats(const struct hints *hints, uint32_t channel)
{
	size_t i = pel_map_get(&hints->channels, hints->plan->channels[channel].name);

	return i == PEL_MAP_NONE ? NULL : hints->stats->channels[i];
}

/* The name of a stage: the same for all copies. */
static const char *load_name(const struct hints *hints, const struct load *load)
{
	const struct pel_plan_stage *stage = &hints->plan->stages[load->stage];

	return load->copies > 1 ? hints->plan->actors[stage->actors[0]].id : stage->id;
}

static void begin(struct hints *hints)
{
	fputs("<li>", hints->out);
	hints->count++;
}

static void end(struct hints *hints)
{
	fputs("</li>\n", hints->out);
}

/* ---- stages ---- */

/* How to make the slowest stage faster, while workers are idle. */
static void put_relief(const struct hints *hints, const struct load *load)
{
	const struct pel_plan_stage *stage = &hints->plan->stages[load->stage];
	const struct pel_plan_actor *actor = &hints->plan->actors[stage->actors[0]];

	if (stage->where.kind != PEL_WHERE_CPU || hints->stats->workers < 2 ||
	    load->workers >= hints->stats->workers)
		return;
	if (stage->n_actors > 1)
		pel_html(hints->out,
			 " It is %n actors in one; placed on two workers (<code>on=\"cpu:0\"</code>, "
			 "<code>on=\"cpu:1\"</code>) they would run side by side.",
			 (uint64_t)stage->n_actors);
	else if (load->copies < hints->stats->workers && !actor->dynamic && actor->kernel &&
		 (actor->kernel->flags & PEL_KERNEL_STATELESS))
		pel_html(hints->out,
			 " Its kernel is stateless: <code>copies=\"%n\"</code> would divide its work among workers.",
			 (uint64_t)load->copies + 1);
}

static void put_all_busy(struct hints *hints, double work, double capacity)
{
	begin(hints);
	if (hints->stats->workers == 1)
		pel_html(hints->out,
			 "The one worker was busy %p of the time: more of them, or less work, would help.",
			 work < 1 ? work : 1.0);
	else
		pel_html(hints->out,
			 "The %n workers were busy %p of the time: only more cores, or less work, would help.",
			 (uint64_t)hints->stats->workers, work < capacity ? work / capacity : 1.0);
	end(hints);
}

static void put_stages(struct hints *hints)
{
	struct load slowest = { 0 };
	double work = 0, capacity = hints->stats->workers;
	bool all_busy;

	for (uint32_t i = 0; i < hints->plan->n_stages; i++) {
		struct load load;

		if (hints->plan->stages[i].copy > 0)
			continue;
		load = load_of(hints, i);
		if (!hints->plan->stages[i].blocking)
			work += load.total_busy;
		if (load.known && (!slowest.known || load.busy > slowest.busy))
			slowest = load;
	}
	if (!slowest.known)
		return;
	all_busy = capacity > 0 && work >= 0.85 * capacity;
	begin(hints);
	if (slowest.busy < 0.5 && all_busy)
		pel_html(hints->out, "The busiest stage is <b>%s</b>: %p of the time.",
			 load_name(hints, &slowest), slowest.busy);
	else if (slowest.busy < 0.5)
		pel_html(hints->out, "No stage was busy for half of the time; the busiest is <b>%s</b>: %p.",
			 load_name(hints, &slowest), slowest.busy);
	else if (slowest.copies > 1)
		pel_html(hints->out, "The slowest stage is <b>%s</b>: its %n copies were busy %p of the time.",
			 load_name(hints, &slowest), (uint64_t)slowest.copies, slowest.busy);
	else
		pel_html(hints->out, "The slowest stage is <b>%s</b>: busy %p of the time.",
			 load_name(hints, &slowest), slowest.busy);
	if (hints->plan->stages[slowest.stage].blocking)
		fputs(" It runs on its own thread; time that it waits for the outside in its calls counts as busy.",
		      hints->out);
	else if (slowest.busy >= 0.75 && !all_busy)
		put_relief(hints, &slowest);
	end(hints);
	if (all_busy)
		put_all_busy(hints, work, capacity);
}

/* ---- channels ---- */

static uint64_t largest_rate(const struct pel_plan_port *port)
{
	uint64_t largest = 1;

	for (uint32_t i = 0; !port->dynamic && i < port->n_rates; i++)
		if (port->rates[i] > largest)
			largest = port->rates[i];
	return largest;
}

/* True if at some moment the writer's next firing did not fit. */
static bool was_full(const struct hints *hints, uint32_t index)
{
	const struct pel_plan_channel *channel = &hints->plan->channels[index];
	const struct pel_channel_stats *stats = channel_stats(hints, index);
	uint64_t rate = largest_rate(pel_view_from_port(hints->plan, channel));

	return stats && channel->memory != PEL_MEMORY_FUSED && stats->high_water && stats->capacity &&
	       (stats->high_water >= stats->capacity || stats->capacity - stats->high_water < rate);
}

/* A channel that was full and whose reader did not wait for room itself: the cause is there. */
struct full {
	uint32_t channel;
	double room_s; /* 0: none */
};

static void keep_fullest(struct full *fullest, struct full candidate)
{
	for (size_t i = 0; i < HINT_CHANNELS; i++) {
		struct full other = fullest[i];

		if (other.room_s >= candidate.room_s)
			continue;
		fullest[i] = candidate;
		candidate = other;
	}
}

static void put_full(struct hints *hints, const struct full *full)
{
	const struct pel_plan *plan = hints->plan;
	const struct pel_plan_channel *channel = &plan->channels[full->channel];
	const struct pel_plan_actor *writer = &plan->actors[channel->from],
				    *reader = &plan->actors[channel->to];
	const struct load writing = actor_load(hints, channel->from), reading = actor_load(hints, channel->to);
	/* With several outputs it is unknown for which of them it waited. */
	bool only = writer->n_out == 1 && writer->out[0].n_channels <= 1 &&
		    plan->stages[writing.stage].n_actors == 1;
	double share = pel_share(hints->stats, full->room_s);

	begin(hints);
	pel_html(hints->out,
		 "Channel <code>%s</code> was full %s: its writer <b>%s</b> waited %t for room (%p of the time).",
		 channel->name, only && share > 0.5 ? "most of the time" : "at times",
		 load_name(hints, &writing), full->room_s, share);
	if (reader->kind != PEL_ACTOR_KERNEL)
		pel_html(hints->out, " The reader of port <b>%s</b> is slower than the graph.", reader->id);
	else if (reading.busy >= 0.75)
		pel_html(hints->out,
			 " Its reader <b>%s</b> was busy %p of the time: more capacity would hardly help.",
			 load_name(hints, &reading), reading.busy);
	else
		pel_html(hints->out, " A capacity above %n may help.",
			 channel_stats(hints, full->channel)->capacity);
	end(hints);
}

static void put_full_channels(struct hints *hints)
{
	struct full fullest[HINT_CHANNELS] = { 0 };

	for (uint32_t i = 0; i < hints->plan->n_channels; i++) {
		const struct pel_plan_channel *channel = &hints->plan->channels[i];
		struct load writing = actor_load(hints, channel->from), reading;

		if (!writing.known || pel_share(hints->stats, writing.room_s) < 0.1 || !was_full(hints, i))
			continue;
		reading = actor_load(hints, channel->to);
		if (pel_share(hints->stats, reading.room_s) < 0.1)
			keep_fullest(fullest, (struct full){ i, writing.room_s });
	}
	for (size_t i = 0; i < HINT_CHANNELS && fullest[i].room_s > 0; i++)
		put_full(hints, &fullest[i]);
}

/* The graph has input from outside, and its writer is slow. */
static void put_hungry_ports(struct hints *hints)
{
	const struct pel_plan *plan = hints->plan;

	for (uint32_t i = 0; i < plan->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		struct load load;

		if (plan->actors[channel->from].kind != PEL_ACTOR_HOST_IN || plan->actors[channel->to].n_in != 1)
			continue;
		load = actor_load(hints, channel->to);
		if (!load.known || pel_share(hints->stats, load.input_s) < 0.5)
			continue;
		begin(hints);
		pel_html(hints->out,
			 "The writer of port <b>%s</b> is slower than the graph: <b>%s</b> waited %t for its tokens.",
			 plan->actors[channel->from].id, load_name(hints, &load), load.input_s);
		end(hints);
	}
}

static void put_left_over(struct hints *hints)
{
	uint64_t more = 0;
	int shown = 0;

	for (size_t i = 0; i < hints->stats->n_channels; i++) {
		const struct pel_channel_stats *stats = hints->stats->channels[i];

		if (!stats->left_over || !stats->warn_left_over)
			continue;
		if (shown++ >= HINT_CHANNELS) {
			more++;
			continue;
		}
		begin(hints);
		pel_html(hints->out,
			 "%n token%s left over on channel <code>%s</code>: <b>%s</b> ended without reading %s.",
			 stats->left_over, stats->left_over == 1 ? " was" : "s were", stats->name, stats->to,
			 stats->left_over == 1 ? "it" : "them");
		if (stats->loop)
			pel_html(hints->out,
				 " The last tokens of a cycle stay in it: if this is intended, set <code>tail=\"drop\"</code>.");
		end(hints);
	}
	if (more) {
		begin(hints);
		pel_html(hints->out, "Tokens were left over on %n more channel%s.", more, more == 1 ? "" : "s");
		end(hints);
	}
}

/* ---- prediction ---- */

static void put_prediction(struct hints *hints)
{
	static const char *const by[] = { [PEL_TIMES_NONE] = "If all firings took the same time",
					  [PEL_TIMES_DECLARED] = "With the times declared in the graph",
					  [PEL_TIMES_MEASURED] = "With the measured times" };
	const struct pel_prediction *p = hints->stats->predicted;

	if (!p->known || p->iterations_per_s <= 0)
		return;
	begin(hints);
	fputs(by[p->times], hints->out);
	pel_html(hints->out, ", %n iteration%s take%s at least ", p->num, pel_s(p->num),
		 p->num == 1 ? "s" : "");
	if (p->times == PEL_TIMES_MEASURED)
		pel_html(hints->out, "%t", (double)p->den * 1e-9);
	else
		pel_html(hints->out, "%n %s", p->den,
			 p->times != PEL_TIMES_DECLARED ? "times that long"
			 : p->den == 1			? "unit"
							: "units");
	pel_html(hints->out, ", limited by <code>%s</code>%s; here one took %t",
		 p->n_bottleneck ? p->bottleneck[0] : "", p->n_bottleneck > 1 ? " and others" : "",
		 1 / p->iterations_per_s);
	if (p->times == PEL_TIMES_DECLARED)
		pel_html(hints->out, ", as if a unit were %t", p->unit_s);
	fputc('.', hints->out);
	if (p->times == PEL_TIMES_NONE)
		fputs(" It is not known which actors take long: a run with <code>--profile</code> measures it.",
		      hints->out);
	if (p->channel)
		pel_html(hints->out,
			 " The capacity of <code>%s</code> costs most: with %n token%s it would cost nothing.",
			 p->channel, p->capacity, pel_s(p->capacity));
	end(hints);
}

/* ---- the whole ---- */

static int index_stats(struct hints *hints)
{
	const struct pel_stats *stats = hints->stats;
	int r = 0;

	for (size_t i = 0; i < stats->n_stages && r != -ENOMEM; i++)
		r = pel_map_put(&hints->stages, stats->stages[i]->id, i);
	for (size_t i = 0; i < stats->n_channels && r != -ENOMEM; i++)
		r = pel_map_put(&hints->channels, stats->channels[i]->name, i);
	return r == -ENOMEM ? r : 0;
}

int pel_hints_write(const struct pel_plan *plan, const struct pel_stats *stats, FILE *out)
{
	struct hints hints = { .plan = plan, .stats = stats, .out = out };
	int r = index_stats(&hints);

	if (r == 0) {
		if (stats->wall_s < SHORT_RUN_S) {
			begin(&hints);
			pel_html(out, "The run took only %t: shares of such a short time mean little.",
				 stats->wall_s);
			end(&hints);
		} else {
			put_stages(&hints);
			put_full_channels(&hints);
			put_hungry_ports(&hints);
			put_prediction(&hints);
		}
		put_left_over(&hints);
		r = hints.count;
	}
	pel_map_fini(&hints.stages);
	pel_map_fini(&hints.channels);
	return r;
}
