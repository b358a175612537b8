/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster-order.h"

#include <errno.h>

#define SERIAL_PER_WORKER 4 /* serial segments */

static bool is_serial(const struct ordering *o, uint32_t member)
{
	return o->split && !pel_is_stateless(&o->k->c->plan->actors[o->members[member]]);
}

/* Does the member read tokens of the previous round, written in the segment that is being filled? */
static bool looks_back(const struct ordering *o, uint32_t member)
{
	const struct pel_plan *plan = o->k->c->plan;
	const struct pel_plan_actor *to = &plan->actors[o->members[member]];

	for (uint32_t i = 0; i < to->n_in; i++) {
		const struct pel_plan_channel *channel;

		if (!to->in[i].n_channels)
			continue;
		channel = &plan->channels[to->in[i].channels[0]];
		if (pel_cluster_is_inside(o->k, channel) && (channel->initial || to->in[i].history) &&
		    o->segment_of[o->k->place[channel->from]] == o->n_segments - 1)
			return true;
	}
	return false;
}

static void begin_segment(struct ordering *o, bool serial)
{
	o->begins[o->n_segments++] = o->n_placed;
	o->serial = serial;
	o->this_cost = 0;
	for (uint32_t i = 0; i < o->n_later; i++)
		o->ready[0][o->n_ready[0]++] = o->later[i];
	o->n_later = 0;
}

static void place_member(struct ordering *o, uint32_t member)
{
	const struct pel_plan *plan = o->k->c->plan;
	const struct pel_plan_actor *actor = &plan->actors[o->members[member]];

	o->actors[o->n_placed++] = o->members[member];
	o->segment_of[member] = o->n_segments - 1;
	for (uint32_t p = actor->n_out; p-- > 0;)
		for (uint32_t i = actor->out[p].n_channels; i-- > 0;) {
			const struct pel_plan_channel *channel = &plan->channels[actor->out[p].channels[i]];
			uint32_t to;

			if (!pel_cluster_is_inside(o->k, channel))
				continue;
			to = o->k->place[channel->to];
			if (--o->missing[to] == 0)
				o->ready[is_serial(o, to)][o->n_ready[is_serial(o, to)]++] = to;
		}
}

/* Place members depth-first; place all parallel ones that are ready before any serial one. */
static void order_members(struct ordering *o, __int128 serial_share)
{
	begin_segment(o, false);
	while (o->n_placed < o->n) {
		uint32_t member;

		if (o->n_ready[0]) {
			if (o->serial)
				begin_segment(o, false);
			member = o->ready[0][--o->n_ready[0]];
			if (o->split && looks_back(o, member))
				o->later[o->n_later++] = member;
			else
				place_member(o, member);
		} else if (o->n_later) {
			begin_segment(o, false);
		} else {
			member = o->ready[1][--o->n_ready[1]];
			if (!o->serial || o->this_cost >= serial_share)
				begin_segment(o, true);
			o->this_cost += o->k->c->cost[o->members[member]];
			place_member(o, member);
		}
	}
	o->begins[o->n_segments] = o->n_placed;
}

/* Drop empty segments: the first one is empty if no parallel member comes first. */
static void drop_empty(struct ordering *o)
{
	uint32_t n = 0;

	for (uint32_t s = 0; s < o->n_segments; s++)
		if (o->begins[s] < o->begins[s + 1])
			o->begins[n++] = o->begins[s];
	o->begins[n] = o->n_placed;
	o->n_segments = n;
}

int pel_cluster_order(struct ordering *o)
{
	struct compiler *c = o->k->c;
	const struct pel_plan *plan = c->plan;
	uint32_t n = o->n, *numbers = pel_compiler_alloc_brief(c, (size_t)n * 5, sizeof(*numbers));
	uint32_t workers = pel_cluster_workers(c, &plan->actors[o->members[0]]);

	o->actors = pel_compiler_alloc_plan(c, n, sizeof(*o->actors));
	o->begins = pel_compiler_alloc_plan(c, (size_t)n + 2, sizeof(*o->begins));
	if (!numbers || !o->actors || !o->begins)
		return -ENOMEM;
	o->missing = numbers;
	o->ready[0] = numbers + n;
	o->ready[1] = numbers + 2 * (size_t)n;
	o->later = numbers + 3 * (size_t)n;
	o->segment_of = numbers + 4 * (size_t)n;
	for (uint32_t m = 0; m < n; m++) {
		o->segment_of[m] = PEL_NONE;
		o->k->place[o->members[m]] = m;
	}
	for (uint32_t m = n; m-- > 0;) { /* backwards, so that the stacks return them in document order */
		const struct pel_plan_actor *actor = &plan->actors[o->members[m]];

		for (uint32_t i = 0; i < actor->n_in; i++)
			o->missing[m] += actor->in[i].n_channels &&
					 pel_cluster_is_inside(o->k, &plan->channels[actor->in[i].channels[0]]);
		if (is_serial(o, m))
			o->serial_cost += c->cost[o->members[m]];
		if (!o->missing[m])
			o->ready[is_serial(o, m)][o->n_ready[is_serial(o, m)]++] = m;
	}
	order_members(o, o->serial_cost / ((__int128)SERIAL_PER_WORKER * workers));
	drop_empty(o);
	return 0;
}
