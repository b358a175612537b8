/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t sdf_case_random(uint64_t *state, uint64_t below)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

uint64_t sdf_case_gcd(uint64_t a, uint64_t b)
{
	return b ? sdf_case_gcd(b, a % b) : a;
}

bool sdf_case_same(struct pel_sdf_fraction a, struct pel_sdf_fraction b)
{
	return a.num == b.num && a.den == b.den;
}

/* A length that divides `phases`. */
static uint32_t random_length(uint64_t *random, uint32_t phases)
{
	uint32_t n = 1 + (uint32_t)sdf_case_random(random, phases);

	return phases % n ? phases : n;
}

/* Rates that sum to `total` over the phases; phases without tokens are not rare. */
static void random_rates(uint64_t *random, uint64_t *rates, uint32_t *n, uint32_t phases, uint64_t total)
{
	uint64_t sum;

	*n = random_length(random, phases);
	if (total % (phases / *n))
		*n = phases;
	sum = total / (phases / *n);
	for (uint32_t i = 0; i < *n; i++)
		rates[i] = 0;
	while (sum) {
		uint64_t part = 1 + sdf_case_random(random, sum);

		rates[sdf_case_random(random, *n)] += part;
		sum -= part;
	}
}

static uint64_t sum_of(const uint64_t *rates, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += rates[i];
	return sum;
}

static void random_capacity(uint64_t *random, struct pel_sdf_channel *ch, bool generous)
{
	uint64_t turn = sum_of(ch->produce, ch->n_produce) + sum_of(ch->consume, ch->n_consume);

	ch->capacity = ch->initial + sdf_case_random(random, turn + 2) + (generous ? turn : 0);
	if (!ch->capacity)
		ch->capacity = 1;
}

static struct pel_sdf_channel *add_channel(struct sdf_case *c, uint32_t from, uint32_t to)
{
	struct pel_sdf_channel *ch = &c->channels[c->sdf.n_channels++];

	ch->from = from;
	ch->to = to;
	ch->n_produce = ch->n_consume = 1;
	return ch;
}

/* A channel whose rates agree with the actors' counts. Those back to an actor of a lower number have tokens. */
static void add_random_channel(struct sdf_case *c, const struct sdf_case_kind *kind, const uint64_t *count,
			       uint32_t from, uint32_t to, uint64_t *random)
{
	uint32_t i = c->sdf.n_channels;
	struct pel_sdf_channel *ch = add_channel(c, from, to);
	uint64_t times = sdf_case_random(random, 40) ? 1 + sdf_case_random(random, 2) : 0, turn;

	times = kind->max_count > 16 && times ? 1 : times;
	random_rates(random, c->produce[i], &ch->n_produce, c->phases[from],
		     times * count[to] / sdf_case_gcd(count[from], count[to]));
	random_rates(random, c->consume[i], &ch->n_consume, c->phases[to],
		     times * count[from] / sdf_case_gcd(count[from], count[to]));
	turn = sum_of(c->produce[i], ch->n_produce) + sum_of(c->consume[i], ch->n_consume);
	if (from < to)
		ch->initial = sdf_case_random(random, 2) ? sdf_case_random(random, 4) : 0;
	else if (kind->generous)
		ch->initial = turn / 2 + sdf_case_random(random, turn + turn / 2 + 1);
	else
		ch->initial = sdf_case_random(random, 2 * turn + 2);
}

static void add_channels(struct sdf_case *c, const struct sdf_case_kind *kind, const uint64_t *count,
			 uint64_t *random)
{
	uint32_t n = c->sdf.n_actors, wanted = (uint32_t)sdf_case_random(random, kind->max_channels + 1);

	/* A ring through some of the actors makes feedback that a few channels would seldom be. */
	if (sdf_case_random(random, 3) && n > 1 && wanted >= n) {
		uint32_t length = 2 + (uint32_t)sdf_case_random(random, n - 1),
			 first = (uint32_t)sdf_case_random(random, n - length + 1);

		for (uint32_t i = 0; i < length; i++)
			add_random_channel(c, kind, count, first + i, first + (i + 1) % length, random);
	}
	while (c->sdf.n_channels < wanted) {
		uint32_t from = (uint32_t)sdf_case_random(random, n), to = (uint32_t)sdf_case_random(random, n);

		if (from > to && sdf_case_random(random, 2))
			add_random_channel(c, kind, count, to, from, random);
		else
			add_random_channel(c, kind, count, from, to, random);
	}
}

/* How many firings of an actor may run at once: one, a few, or any number. */
static void add_self_loops(struct sdf_case *c, uint64_t *random)
{
	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		uint64_t tokens = sdf_case_random(random, 6);
		uint32_t i = c->sdf.n_channels;

		if (tokens > 3 || i == SDF_CASE_CHANNELS)
			continue;
		add_channel(c, a, a)->initial = tokens ? tokens : 1;
		c->produce[i][0] = c->consume[i][0] = 1;
	}
}

static void random_times(struct sdf_case *c, const struct sdf_case_kind *kind, uint64_t *random)
{
	bool none = sdf_case_random(random, 12) == 0;

	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		c->times[a].n = random_length(random, c->phases[a]);
		for (uint32_t i = 0; i < c->times[a].n && !none; i++)
			if (sdf_case_random(random, 5))
				c->values[a][i] = sdf_case_random(random, kind->max_time + 1);
	}
}

static void bind(struct sdf_case *c)
{
	c->sdf.phases = c->phases;
	c->sdf.channels = c->channels;
	for (uint32_t a = 0; a < c->sdf.n_actors; a++)
		c->times[a].values = c->values[a];
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		c->channels[i].produce = c->produce[i];
		c->channels[i].consume = c->consume[i];
	}
}

void sdf_case_make(struct sdf_case *c, const struct sdf_case_kind *kind, uint64_t seed)
{
	uint64_t random = seed, count[SDF_CASE_ACTORS], bounded;

	memset(c, 0, sizeof(*c));
	c->seed = seed;
	c->sdf.n_actors = kind->min_actors +
			  (uint32_t)sdf_case_random(&random, kind->max_actors - kind->min_actors + 1);
	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		c->phases[a] = sdf_case_random(&random, 3)
				       ? 1
				       : 1 + (uint32_t)sdf_case_random(&random, kind->max_phases);
		count[a] = 1 + sdf_case_random(&random, kind->max_count);
	}
	add_channels(c, kind, count, &random);
	add_self_loops(c, &random);
	random_times(c, kind, &random);
	bind(c);
	bounded = kind->capacities ? sdf_case_random(&random, 4) : 0; /* none, a third, two thirds, all */
	for (uint32_t i = 0; i < c->sdf.n_channels; i++)
		if (sdf_case_random(&random, 3) < bounded)
			random_capacity(&random, &c->channels[i], kind->generous);
	if (pel_sdf_repetition(&c->sdf, c->q, NULL, NULL) < 0)
		abort(); /* the counts agree, but for a common factor */
}

void sdf_case_copy(struct sdf_case *to, const struct sdf_case *from)
{
	memcpy(to, from, sizeof(*to));
	bind(to);
}

static void shuffle(uint32_t *numbers, uint32_t n, uint64_t *random)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = (uint32_t)sdf_case_random(random, i + 1);

		numbers[i] = numbers[j];
		numbers[j] = i;
	}
}

void sdf_case_rename(struct sdf_case *to, const struct sdf_case *from, uint32_t *actors, uint64_t *random)
{
	uint32_t channels[SDF_CASE_CHANNELS];

	sdf_case_copy(to, from);
	shuffle(actors, from->sdf.n_actors, random);
	shuffle(channels, from->sdf.n_channels, random);
	for (uint32_t a = 0; a < from->sdf.n_actors; a++) {
		to->phases[actors[a]] = from->phases[a];
		to->q[actors[a]] = from->q[a];
		to->times[actors[a]] = from->times[a];
		memcpy(to->values[actors[a]], from->values[a], sizeof(from->values[a]));
	}
	for (uint32_t i = 0; i < from->sdf.n_channels; i++) {
		struct pel_sdf_channel *ch = &to->channels[channels[i]];

		*ch = from->channels[i];
		ch->from = actors[ch->from];
		ch->to = actors[ch->to];
		memcpy(to->produce[channels[i]], from->produce[i], sizeof(from->produce[i]));
		memcpy(to->consume[channels[i]], from->consume[i], sizeof(from->consume[i]));
	}
	bind(to);
}

void sdf_case_add_rare_sink(struct sdf_case *c, uint64_t times)
{
	uint32_t sink = c->sdf.n_actors, i = c->sdf.n_channels;

	if (sink == SDF_CASE_ACTORS || i == SDF_CASE_CHANNELS)
		return;
	c->phases[sink] = 1;
	c->times[sink].n = 1;
	c->values[sink][0] = 1;
	c->produce[i][0] = 1;
	c->consume[i][0] = c->q[0] * c->phases[0] * times;
	add_channel(c, 0, sink);
	c->sdf.n_actors++;
	bind(c);
	ck_assert_int_eq(pel_sdf_repetition(&c->sdf, c->q, NULL, NULL), 0);
}

void sdf_case_keep_critical(struct sdf_case *to, const struct sdf_case *from, const uint8_t *actors,
			    const uint8_t *channels)
{
	bool ends[SDF_CASE_ACTORS] = { false };
	uint32_t n = 0;

	*to = *from;
	for (uint32_t i = 0; i < from->sdf.n_channels; i++) {
		const struct pel_sdf_channel *ch = &from->channels[i];

		if (!channels[i])
			continue;
		ck_assert_msg(channels[i] <= (ch->capacity ? 3 : PEL_SDF_CRITICAL_TOKENS), "channel %u: %s",
			      i, sdf_case_text(from));
		ends[ch->from] = ends[ch->to] = true;
		to->channels[n] = *ch;
		if (!(channels[i] & PEL_SDF_CRITICAL_ROOM))
			to->channels[n].capacity = 0;
		memcpy(to->produce[n], from->produce[i], sizeof(from->produce[i]));
		memcpy(to->consume[n], from->consume[i], sizeof(from->consume[i]));
		n++;
	}
	to->sdf.n_channels = n;
	bind(to);
	ck_assert_msg(n > 0, "no channel is critical: %s", sdf_case_text(from));
	for (uint32_t a = 0; a < from->sdf.n_actors; a++)
		ck_assert_msg(ends[a] == actors[a], "actor %u: %s", a, sdf_case_text(from));
}

/* ---- text ---- */

static char text[16384];
static size_t written;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (written < sizeof(text))
		written += (size_t)vsnprintf(text + written, sizeof(text) - written, format, ap);
	va_end(ap);
}

static void say_list(const uint64_t *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		say("%s%llu", i ? "," : "", (unsigned long long)list[i]);
}

const char *sdf_case_text(const struct sdf_case *c)
{
	written = 0;
	say("\nseed %llu\n", (unsigned long long)c->seed);
	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		say("actor %u: %u phases, q %llu, time ", a, c->phases[a], (unsigned long long)c->q[a]);
		say_list(c->times[a].values, c->times[a].n);
		say("\n");
	}
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		const struct pel_sdf_channel *ch = &c->channels[i];

		say("channel %u: %u (", i, ch->from);
		say_list(ch->produce, ch->n_produce);
		say(") -> (");
		say_list(ch->consume, ch->n_consume);
		say(") %u, initial %llu, capacity %llu\n", ch->to, (unsigned long long)ch->initial,
		    (unsigned long long)ch->capacity);
	}
	return text;
}

void sdf_case_arguments(struct sdf_case_hunt *hunt, int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--print") == 0) {
		struct sdf_case c;

		hunt->make(&c, strtoull(argv[2], NULL, 10));
		printf("%s", sdf_case_text(&c));
		exit(EXIT_SUCCESS);
	}
	if (argc != 3)
		return;
	hunt->hunting = true;
	hunt->first = strtoull(argv[1], NULL, 10);
	hunt->count = strtoull(argv[2], NULL, 10);
}

int sdf_case_run(const struct sdf_case_hunt *hunt, TCase *tcase)
{
	Suite *suite = suite_create("sdf");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, hunt->hunting ? 0 : 110);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
