/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-net.h"

#include <errno.h>

#define NONE UINT32_MAX

static int load_rates(struct pel_sdf_rates *rates, const uint64_t *list, uint32_t n, uint64_t **prefixes)
{
	pel_u128 sum = pel_sdf_sum(list, n);

	if (sum > INT64_MAX)
		return -EOVERFLOW;
	rates->n = n;
	rates->cycle = (uint64_t)sum;
	if (n == 1)
		return 0;
	rates->prefix = *prefixes;
	*prefixes += n;
	for (uint32_t i = 1; i < n; i++)
		rates->prefix[i] = rates->prefix[i - 1] + list[i - 1];
	return 0;
}

static int load_all_rates(struct pel_sdf_net *net)
{
	const struct pel_sdf *sdf = net->sdf;
	uint64_t *prefixes;
	size_t total = 0;
	int r = 0;

	for (uint32_t c = 0; c < sdf->n_channels; c++)
		total += (size_t)sdf->channels[c].n_produce + sdf->channels[c].n_consume;
	net->prefixes = pel_sdf_alloc(total, sizeof(*net->prefixes));
	net->produce = pel_sdf_alloc(sdf->n_channels, sizeof(*net->produce));
	net->consume = pel_sdf_alloc(sdf->n_channels, sizeof(*net->consume));
	if (!net->prefixes || !net->produce || !net->consume)
		return -ENOMEM;
	prefixes = net->prefixes;
	for (uint32_t c = 0; c < sdf->n_channels && r == 0; c++) {
		const struct pel_sdf_channel *ch = &sdf->channels[c];

		r = load_rates(&net->produce[c], ch->produce, ch->n_produce, &prefixes);
		if (r == 0)
			r = load_rates(&net->consume[c], ch->consume, ch->n_consume, &prefixes);
	}
	return r;
}

/*
 * True for a channel that joins two actors and moves tokens. Self-loops and channels with only zero rates are
 * in no block.
 */
static bool joins(const struct pel_sdf_net *net, uint32_t channel)
{
	const struct pel_sdf_channel *ch = &net->sdf->channels[channel];

	return ch->from != ch->to && net->produce[channel].cycle && net->consume[channel].cycle;
}

/* ---- Division into blocks: the depth-first search of Hopcroft and Tarjan, with explicit stacks. ---- */

struct search {
	uint32_t *begin, *around;   /* channels at an actor: around[begin[a] .. begin[a + 1]) */
	uint32_t *next;		    /* of each actor: place in around[] */
	uint32_t *number, *low;	    /* order of discovery, from 1; the earliest actor reached from below */
	uint32_t *entered;	    /* channel by which an actor was discovered */
	uint32_t *actors, *pending; /* the path from the root; channels not yet assigned to a block */
	uint32_t n_actors, n_pending, discovered;
};

static void search_fini(struct search *s)
{
	pel_sdf_release(s->begin);
	pel_sdf_release(s->around);
	pel_sdf_release(s->next);
	pel_sdf_release(s->number);
	pel_sdf_release(s->low);
	pel_sdf_release(s->entered);
	pel_sdf_release(s->actors);
	pel_sdf_release(s->pending);
}

static int search_init(struct search *s, const struct pel_sdf_net *net)
{
	const struct pel_sdf *sdf = net->sdf;
	uint32_t *begin;

	*s = (struct search){
		.begin = pel_sdf_alloc((size_t)sdf->n_actors + 2, sizeof(*s->begin)),
		.around = pel_sdf_alloc((size_t)2 * sdf->n_channels, sizeof(*s->around)),
		.next = pel_sdf_alloc(sdf->n_actors, sizeof(*s->next)),
		.number = pel_sdf_alloc(sdf->n_actors, sizeof(*s->number)),
		.low = pel_sdf_alloc(sdf->n_actors, sizeof(*s->low)),
		.entered = pel_sdf_alloc(sdf->n_actors, sizeof(*s->entered)),
		.actors = pel_sdf_alloc(sdf->n_actors, sizeof(*s->actors)),
		.pending = pel_sdf_alloc(sdf->n_channels, sizeof(*s->pending)),
	};
	if (!s->begin || !s->around || !s->next || !s->number || !s->low || !s->entered || !s->actors ||
	    !s->pending)
		return -ENOMEM;
	begin = s->begin + 1; /* shifted by one while filling, so that s->begin is right afterwards */
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		if (!joins(net, c))
			continue;
		begin[sdf->channels[c].from + 1]++;
		begin[sdf->channels[c].to + 1]++;
	}
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		begin[a + 1] += begin[a];
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		if (!joins(net, c))
			continue;
		s->around[begin[sdf->channels[c].from]++] = c;
		s->around[begin[sdf->channels[c].to]++] = c;
	}
	return 0;
}

static void discover(struct search *s, uint32_t actor, uint32_t by)
{
	s->number[actor] = s->low[actor] = ++s->discovered;
	s->next[actor] = s->begin[actor];
	s->entered[actor] = by;
	s->actors[s->n_actors++] = actor;
}

/* `child` is done. If nothing below it reaches above `parent`, the pending channels down to `by` are a block. */
static void leave(struct search *s, struct pel_sdf_net *net, uint32_t parent, uint32_t child)
{
	uint32_t by = s->entered[child], *n = &net->channels_begin[net->n_blocks + 1], channel;

	if (s->low[child] < s->low[parent])
		s->low[parent] = s->low[child];
	if (s->low[child] < s->number[parent])
		return;
	*n = net->channels_begin[net->n_blocks];
	do {
		channel = s->pending[--s->n_pending];
		net->channels[(*n)++] = channel;
	} while (channel != by);
	net->n_blocks++;
}

static void search_from(struct search *s, struct pel_sdf_net *net, uint32_t root)
{
	const struct pel_sdf_channel *channels = net->sdf->channels;

	discover(s, root, NONE);
	while (s->n_actors) {
		uint32_t a = s->actors[s->n_actors - 1], c, b;

		if (s->next[a] == s->begin[a + 1]) {
			if (--s->n_actors)
				leave(s, net, s->actors[s->n_actors - 1], a);
			continue;
		}
		c = s->around[s->next[a]++];
		b = channels[c].from == a ? channels[c].to : channels[c].from;
		if (!s->number[b]) {
			s->pending[s->n_pending++] = c;
			discover(s, b, c);
		} else if (c != s->entered[a] && s->number[b] < s->number[a]) {
			s->pending[s->n_pending++] = c;
			if (s->number[b] < s->low[a])
				s->low[a] = s->number[b];
		}
	}
}

/* ---- Members and links of the blocks ---- */

/* The member for `actor` in the block whose members start at `first`; a new one if it has none yet. */
static struct pel_sdf_member *member_of(struct pel_sdf_net *net, uint32_t *latest, uint32_t actor,
					uint32_t first, uint32_t *end)
{
	if (latest[actor] < first || latest[actor] == NONE) {
		latest[actor] = (*end)++;
		net->members[latest[actor]].actor = actor;
	}
	return &net->members[latest[actor]];
}

static void link_block(struct pel_sdf_net *net, uint32_t block, uint32_t *latest, uint32_t *n_links)
{
	const uint32_t *begin = net->channels + net->channels_begin[block],
		       *end = net->channels + net->channels_begin[block + 1];
	const struct pel_sdf_channel *channels = net->sdf->channels;
	uint32_t first = net->members_begin[block], last = first;

	for (const uint32_t *c = begin; c < end; c++) {
		member_of(net, latest, channels[*c].from, first, &last)->n_links++;
		member_of(net, latest, channels[*c].to, first, &last)->n_links++;
	}
	net->members_begin[block + 1] = last;
	for (uint32_t m = first; m < last; m++) {
		net->members[m].links = *n_links;
		*n_links += net->members[m].n_links;
		net->members[m].n_links = 0;
	}
	for (int output = 0; output < 2; output++) {
		for (const uint32_t *c = begin; c < end; c++) {
			uint32_t from = latest[channels[*c].from], to = latest[channels[*c].to];
			struct pel_sdf_member *member = &net->members[output ? from : to];

			net->links[member->links + member->n_links++] = (struct pel_sdf_link){
				.channel = *c, .peer = output ? to : from, .output = output
			};
		}
	}
}

static int link_blocks(struct pel_sdf_net *net)
{
	size_t ends = (size_t)2 * net->channels_begin[net->n_blocks];
	uint32_t *latest = pel_sdf_alloc(net->sdf->n_actors, sizeof(*latest));
	uint32_t n_links = 0;

	net->members = pel_sdf_alloc(ends, sizeof(*net->members));
	net->members_begin = pel_sdf_alloc((size_t)net->n_blocks + 1, sizeof(*net->members_begin));
	net->links = pel_sdf_alloc(ends, sizeof(*net->links));
	if (!latest || !net->members || !net->members_begin || !net->links) {
		pel_sdf_release(latest);
		return -ENOMEM;
	}
	for (uint32_t a = 0; a < net->sdf->n_actors; a++)
		latest[a] = NONE;
	for (uint32_t b = 0; b < net->n_blocks; b++)
		link_block(net, b, latest, &n_links);
	pel_sdf_release(latest);
	return 0;
}

int pel_sdf_net_init(struct pel_sdf_net *net, const struct pel_sdf *sdf)
{
	struct search search;
	int r;

	*net = (struct pel_sdf_net){ .sdf = sdf };
	r = load_all_rates(net);
	if (r < 0)
		return r;
	net->channels = pel_sdf_alloc(sdf->n_channels, sizeof(*net->channels));
	net->channels_begin = pel_sdf_alloc((size_t)sdf->n_channels + 1, sizeof(*net->channels_begin));
	if (!net->channels || !net->channels_begin)
		return -ENOMEM;
	r = search_init(&search, net);
	if (r == 0) {
		for (uint32_t a = 0; a < sdf->n_actors; a++)
			if (!search.number[a])
				search_from(&search, net, a);
	}
	search_fini(&search);
	return r < 0 ? r : link_blocks(net);
}

int pel_sdf_net_check_balance(const struct pel_sdf_net *net, const uint64_t *q)
{
	const struct pel_sdf *sdf = net->sdf;

	for (uint32_t a = 0; a < sdf->n_actors; a++)
		if (!q[a])
			return -EINVAL;
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		const struct pel_sdf_channel *ch = &sdf->channels[c];
		pel_u128 produced = (pel_u128)net->produce[c].cycle * (sdf->phases[ch->from] / ch->n_produce);
		pel_u128 consumed = (pel_u128)net->consume[c].cycle * (sdf->phases[ch->to] / ch->n_consume);

		if (produced > UINT64_MAX || consumed > UINT64_MAX)
			return -EOVERFLOW;
		if (produced * q[ch->from] != consumed * q[ch->to])
			return -EINVAL;
	}
	return 0;
}

void pel_sdf_net_fini(struct pel_sdf_net *net)
{
	pel_sdf_release(net->produce);
	pel_sdf_release(net->consume);
	pel_sdf_release(net->prefixes);
	pel_sdf_release(net->channels);
	pel_sdf_release(net->channels_begin);
	pel_sdf_release(net->members);
	pel_sdf_release(net->members_begin);
	pel_sdf_release(net->links);
}
