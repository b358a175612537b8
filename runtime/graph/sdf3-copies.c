/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf3-import.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/*
 * Determines how many firings of an SDF3 actor can be in progress at the same time, that is, how many copies it needs.
 *
 * Count firings of actor v in iterations of the graph: x[v] firings have started, y[v] have ended. The number of tokens in channel e from u to v is
 * never negative, so x[v] <= y[u] + w[e], where w[e] is the number of initial tokens divided by the number that an iteration moves (plus a
 * little if phases are uneven). With y <= x, it follows for any cycle through v that x[v] - y[v] <= the sum of the cycle's w. So the shortest
 * cycle through an actor limits its firings.
 *
 * If an actor is on no cycle, nothing limits its firings in SDF3. It gets as many copies as the throughput of the graph needs.
 *
 * With copies, firing k waits for all firings up to k - copies. y[v] counts firings that have ended without a gap, so a channel limits them only if
 * each phase of v writes to it: a phase that writes nothing does not hold back the tokens of later phases. So there is a second step for cyclo-static
 * graphs, and for graphs in which there was no time to search all cycles: actors whose number of copies reduces the throughput get more of them. If that
 * takes too long, only cycles that start with a channel to which each phase writes are considered.
 */

struct heap_entry {
	double distance;
	uint32_t actor;
};

struct search {
	const struct pel_sdf *sdf;
	double *weights;	/* of the channels */
	uint32_t *first, *next; /* channels that leave each actor, as lists */
	double *distances;	/* from the actor in question; INFINITY: not reached */
	uint32_t *reached;	/* actors whose distances must be reset afterwards */
	uint32_t n_reached;
	struct heap_entry *heap;
	size_t n_heap, heap_capacity;
	uint64_t steps; /* channels visited */
	bool safe;	/* consider only cycles that limit the firings whatever the phases do */
};

#define NONE	  UINT32_MAX
#define MAX_STEPS ((uint64_t)1 << 26) /* a second or two */

static double sum_of(const uint64_t *rates, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)rates[i];
	return sum;
}

/* The maximum, over k, by which the tokens moved by the first k firings of a list are ahead of (sign 1) or behind (-1) an even flow. */
static double unevenness(const uint64_t *rates, uint32_t n, double sign)
{
	double mean = sum_of(rates, n) / n, moved = 0, most = 0;

	for (uint32_t i = 0; i < n; i++) {
		moved += (double)rates[i];
		most = fmax(most, sign * (moved - mean * (i + 1)));
	}
	return most;
}

static double weight_of(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_channel *channel)
{
	double iteration = sum_of(channel->produce, channel->n_produce) / channel->n_produce *
			   sdf->phases[channel->from] * (double)q[channel->from];

	return ((double)channel->initial + unevenness(channel->produce, channel->n_produce, 1) +
		unevenness(channel->consume, channel->n_consume, -1)) /
	       iteration;
}

static int heap_push(struct search *s, struct heap_entry entry)
{
	size_t i = s->n_heap;

	if (pel_grow(&s->heap, &s->heap_capacity, s->n_heap + 1, sizeof(*s->heap)) < 0)
		return -ENOMEM;
	s->n_heap++;
	for (; i && s->heap[(i - 1) / 2].distance > entry.distance; i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = entry;
	return 0;
}

static struct heap_entry heap_pop(struct search *s)
{
	struct heap_entry top = s->heap[0], last = s->heap[--s->n_heap];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < s->n_heap; i = child) {
		child += child + 1 < s->n_heap && s->heap[child + 1].distance < s->heap[child].distance;
		if (s->heap[child].distance >= last.distance)
			break;
		s->heap[i] = s->heap[child];
	}
	s->heap[i] = last;
	return top;
}

static bool in_each_phase(const struct pel_sdf_channel *channel)
{
	for (uint32_t i = 0; i < channel->n_produce; i++)
		if (!channel->produce[i])
			return false;
	return true;
}

/* Follow the channels that leave `actor`, which is at `distance`: record the actors that they reach, and in *cycle the weight of a path back to `start`. */
static int leave(struct search *s, uint32_t actor, double distance, uint32_t start, double *cycle)
{
	for (uint32_t c = s->first[actor]; c != NONE; c = s->next[c]) {
		uint32_t to = s->sdf->channels[c].to;
		double there = distance + s->weights[c];

		s->steps++;
		if (s->safe && actor == start && !in_each_phase(&s->sdf->channels[c]))
			continue;
		if (to == start)
			*cycle = fmin(*cycle, there);
		if (to == start || there >= s->distances[to])
			continue;
		if (s->distances[to] == INFINITY)
			s->reached[s->n_reached++] = to;
		s->distances[to] = there;
		if (heap_push(s, (struct heap_entry){ there, to }) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Store the weight of the shortest cycle through `start` in *cycle; INFINITY: there is none, or no time to search for it. */
static int shortest_cycle(struct search *s, uint32_t start, double *cycle)
{
	int r;

	*cycle = INFINITY;
	s->n_heap = s->n_reached = 0;
	r = leave(s, start, 0, start, cycle);
	while (r == 0 && s->n_heap && s->steps < MAX_STEPS) {
		struct heap_entry top = heap_pop(s);

		if (top.distance >= *cycle)
			break;
		if (top.distance == s->distances[top.actor])
			r = leave(s, top.actor, top.distance, start, cycle);
	}
	for (uint32_t i = 0; i < s->n_reached; i++)
		s->distances[s->reached[i]] = INFINITY;
	return r;
}

static int search_open(struct search *s, const struct pel_sdf *sdf, const uint64_t *q)
{
	s->sdf = sdf;
	s->weights = pel_calloc(sdf->n_channels, sizeof(*s->weights));
	s->next = pel_calloc(sdf->n_channels, sizeof(*s->next));
	s->first = pel_calloc(sdf->n_actors, sizeof(*s->first));
	s->distances = pel_calloc(sdf->n_actors, sizeof(*s->distances));
	s->reached = pel_calloc(sdf->n_actors, sizeof(*s->reached));
	if (!s->weights || !s->next || !s->first || !s->distances || !s->reached)
		return -ENOMEM;
	for (uint32_t a = 0; a < sdf->n_actors; a++) {
		s->first[a] = NONE;
		s->distances[a] = INFINITY;
	}
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		const struct pel_sdf_channel *channel = &sdf->channels[c];

		s->weights[c] = weight_of(sdf, q, channel);
		s->next[c] = s->first[channel->from];
		s->first[channel->from] = c;
	}
	return 0;
}

static void search_close(struct search *s)
{
	pel_free(s->weights);
	pel_free(s->next);
	pel_free(s->first);
	pel_free(s->distances);
	pel_free(s->reached);
	pel_free(s->heap);
}

/* ---- actors on no cycle ---- */

/*
 * Do not spend more than a few seconds on the throughput. The limit is on steps, not on time, because the same
 * graph must always give the same document.
 */
#define MAX_FIRINGS ((uint64_t)1 << 18) /* held at a time */
#define MAX_LOOKS   2000u

static bool is_enough(void *context)
{
	unsigned *looks = context;

	return ++*looks > MAX_LOOKS;
}

/* As many as have to be under way so that the actor keeps up. */
static double copies_for(const struct pel_sdf3_actor *actor, double firings, struct pel_sdf_fraction throughput)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < actor->n_time; i++)
		longest = actor->time[i] > longest ? actor->time[i] : longest;
	if (!throughput.den)
		return 1;
	return ceil((double)longest * firings * (double)throughput.num / (double)throughput.den * (1 - 1e-9));
}

/* ---- all of them ---- */

struct job {
	const struct pel_sdf3 *sdf3;
	const uint64_t *q;
	uint32_t limit;
	uint32_t *copies; /* the result */
	bool *capped;
	struct search search;
	struct pel_sdf_times *times;
	unsigned looks; /* at the throughput */
	bool throughput_asked, throughput_known;
	struct pel_sdf_fraction throughput; /* 1/0: nothing limits it, or it takes too long to find */
};

static int throughput_of(struct job *job, const struct pel_sdf *sdf, struct pel_sdf_fraction *ret,
			 uint8_t *critical_channels)
{
	const struct pel_sdf_limits limits = { is_enough, &job->looks, MAX_FIRINGS };

	return pel_sdf_throughput(sdf, job->q, job->times, &limits, ret, NULL, critical_channels);
}

/* Compute the throughput of the graph itself. Returns 0 or -ENOMEM. */
static int find_throughput(struct job *job)
{
	int r;

	if (job->throughput_asked)
		return 0;
	r = throughput_of(job, &job->sdf3->sdf, &job->throughput, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		job->throughput = (struct pel_sdf_fraction){ 1, 0 };
	job->throughput_asked = true;
	job->throughput_known = r == 0;
	return 0;
}

static void set_copies(struct job *job, uint32_t actor, double copies)
{
	job->capped[actor] = copies > job->limit;
	job->copies[actor] = copies < 1 ? 1 : copies > job->limit ? job->limit : (uint32_t)copies;
}

static int copies_off_cycles(struct job *job, uint32_t actor)
{
	int r = find_throughput(job);

	if (r < 0)
		return r;
	set_copies(job, actor,
		   copies_for(&job->sdf3->actors[actor], (double)job->q[actor] * job->sdf3->sdf.phases[actor],
			      job->throughput));
	return 0;
}

static int copies_of(struct job *job, uint32_t actor)
{
	double cycle;
	int r = shortest_cycle(&job->search, actor, &cycle);

	if (r < 0)
		return r;
	if (cycle == INFINITY && job->search.safe &&
	    (job->sdf3->sdf.phases[actor] > 1 || job->search.steps >= MAX_STEPS)) {
		set_copies(job, actor, job->limit);
		return 0;
	}
	if (cycle == INFINITY)
		return copies_off_cycles(job, actor);
	/* Rounding may give one copy too many, which is harmless; one too few would not be. */
	set_copies(job, actor,
		   floor(cycle * (double)job->q[actor] * job->sdf3->sdf.phases[actor] * (1 + 1e-9) + 1e-6));
	return 0;
}

static int copies_of_all(struct job *job)
{
	int r = 0;

	for (uint32_t a = 0; a < job->sdf3->sdf.n_actors && r == 0; a++)
		r = copies_of(job, a);
	return r;
}

/* ---- the effect of copies in cyclo-static graphs ---- */

static const uint64_t one = 1;

/* The channels of the graph in which copies limit the firings: its own channels, followed by a self-loop of each actor. NULL: out of memory. */
static struct pel_sdf_channel *with_copies(const struct pel_sdf *sdf, const uint32_t *copies)
{
	struct pel_sdf_channel *channels =
		pel_calloc((size_t)sdf->n_channels + sdf->n_actors, sizeof(*channels));

	if (!channels)
		return NULL;
	memcpy(channels, sdf->channels, sdf->n_channels * sizeof(*channels));
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		channels[sdf->n_channels + a] = (struct pel_sdf_channel){ .from = a,
									  .to = a,
									  .produce = &one,
									  .consume = &one,
									  .n_produce = 1,
									  .n_consume = 1,
									  .initial = copies[a] };
	return channels;
}

/* Give each actor whose copies limit the throughput half as many again. Returns whether any actor got more. */
static bool raise_copies(struct job *job, struct pel_sdf_channel *loops, const uint8_t *critical)
{
	uint32_t *copies = job->copies;
	bool raised = false;

	for (uint32_t a = 0; a < job->sdf3->sdf.n_actors; a++) {
		uint32_t more = copies[a] + (copies[a] + 1) / 2;

		if (!critical[a])
			continue;
		if (copies[a] >= job->limit) {
			job->capped[a] = true;
			continue;
		}
		copies[a] = more < job->limit ? more : job->limit;
		loops[a].initial = copies[a];
		raised = true;
	}
	return raised;
}

/* Raise the copies until they do not reduce the throughput. Returns 0, -ETIME or -EOVERFLOW if this cannot be determined, or -ENOMEM. */
static int raise_to_throughput(struct job *job)
{
	const struct pel_sdf *sdf = &job->sdf3->sdf;
	struct pel_sdf_channel *channels = with_copies(sdf, job->copies);
	uint8_t *critical = pel_calloc((size_t)sdf->n_channels + sdf->n_actors, 1);
	struct pel_sdf copied = *sdf;
	struct pel_sdf_fraction reached;
	int r = channels && critical ? 0 : -ENOMEM;

	copied.channels = channels;
	copied.n_channels += sdf->n_actors;
	while (r == 0) {
		r = throughput_of(job, &copied, &reached, critical);
		if (r < 0 || !pel_sdf_less(reached, job->throughput) ||
		    !raise_copies(job, channels + sdf->n_channels, critical + sdf->n_channels))
			break;
	}
	pel_free(channels);
	pel_free(critical);
	return r;
}

static bool is_cyclic(const struct pel_sdf *sdf)
{
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		if (sdf->phases[a] > 1)
			return true;
	return false;
}

static int check_copies(struct job *job)
{
	int r = find_throughput(job);

	if (r < 0)
		return r;
	if (job->throughput_known && !job->throughput.den)
		return 0; /* no number of copies is enough */
	job->looks = 0;
	r = job->throughput_known ? raise_to_throughput(job) : -ETIME;
	if (r == 0 || r == -ENOMEM)
		return r;
	job->search.safe = true;
	job->search.steps = 0;
	return copies_of_all(job);
}

int pel_sdf3_copies(const struct pel_sdf3 *sdf3, const uint64_t *q, uint32_t limit, uint32_t *copies,
		    bool *capped)
{
	struct job job = { .sdf3 = sdf3, .q = q, .limit = limit, .copies = copies, .capped = capped };
	int r = search_open(&job.search, &sdf3->sdf, q);

	job.times = pel_calloc(sdf3->sdf.n_actors, sizeof(*job.times));
	if (!job.times)
		r = -ENOMEM;
	for (uint32_t a = 0; a < sdf3->sdf.n_actors && r == 0; a++)
		job.times[a] = (struct pel_sdf_times){ sdf3->actors[a].time, sdf3->actors[a].n_time };
	if (r == 0)
		r = copies_of_all(&job);
	if (r == 0 && (is_cyclic(&sdf3->sdf) || job.search.steps >= MAX_STEPS))
		r = check_copies(&job);
	search_close(&job.search);
	pel_free(job.times);
	return r;
}
