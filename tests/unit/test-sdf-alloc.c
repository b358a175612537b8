/* SPDX-License-Identifier: Apache-2.0 */
/* Whichever allocation fails in an analysis, the result is -ENOMEM or the normal one, and nothing leaks. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sdf-case.h"
#include "sdf-throughput.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define GRAPHS 15
#else
#define GRAPHS 60
#endif

static const struct sdf_case_kind kinds[] = {
	/* actors, channels, phases, count, time, capacities, generous */
	{ 1, 7, 12, 4, 6, 9, true, true },
	{ 2, 4, 5, 3, 4, 20, false, true },
	{ 3, 3, 4, 1, 3, 9, true, false },
	{ 2, 3, 4, 1, 2500, 60, false, true }, /* not for buffers: a long search */
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* ---- memory that fails ---- */

static uint64_t made, failing,
	alive; /* allocations so far; the number of the first that fails, 0: none; not released yet */
static bool all_later;

static void *failing_alloc(size_t count, size_t bytes)
{
	void *memory;

	made++;
	if (failing && (all_later ? made >= failing : made == failing))
		return NULL;
	memory = calloc(count, bytes);
	alive += memory != NULL;
	return memory;
}

static void counting_free(void *memory)
{
	alive--;
	free(memory);
}

/* ---- the functions under test: each returns the library function's result, and a checksum of its output ---- */

static uint64_t mix(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * 0x9e3779b97f4a7c15u;
}

static int try_repetition(const struct sdf_case *c, uint64_t *sum)
{
	uint64_t q[SDF_CASE_ACTORS];
	int r = pel_sdf_repetition(&c->sdf, q, NULL, NULL);

	for (uint32_t a = 0; a < c->sdf.n_actors && r == 0; a++)
		*sum = mix(*sum, q[a]);
	return r;
}

static int try_liveness(const struct sdf_case *c, uint64_t *sum)
{
	uint64_t high_water[SDF_CASE_CHANNELS];
	int r = pel_sdf_liveness(&c->sdf, c->q, high_water, NULL, NULL, 0);

	for (uint32_t i = 0; i < c->sdf.n_channels && r == 0; i++)
		*sum = mix(*sum, high_water[i]);
	return r;
}

static int try_least_capacity(const struct sdf_case *c, uint64_t *sum)
{
	return c->sdf.n_channels ? pel_sdf_least_capacity(&c->sdf, c->q, 0, 0, sum) : 0;
}

static int try_least_initial(const struct sdf_case *c, uint64_t *sum)
{
	return c->sdf.n_channels ? pel_sdf_least_initial(&c->sdf, c->q, 0, 0, sum) : 0;
}

static int try_throughput(const struct sdf_case *c, uint64_t *sum)
{
	struct pel_sdf_fraction ret;
	uint8_t actors[SDF_CASE_ACTORS], channels[SDF_CASE_CHANNELS];
	int r = pel_sdf_throughput(&c->sdf, c->q, c->times, NULL, &ret, actors, channels);

	if (r == 0)
		*sum = mix(ret.num, ret.den);
	return r;
}

static int try_enlarge(const struct sdf_case *c, uint64_t *sum)
{
	struct pel_sdf_fraction ret;
	uint64_t capacity;
	int r = c->sdf.n_channels ? pel_sdf_enlarge(&c->sdf, c->q, c->times, NULL, 0, &ret, &capacity)
				  : -EINVAL;

	if (r == 0)
		*sum = mix(mix(ret.num, ret.den), capacity);
	return r;
}

static int try_spans(const struct sdf_case *c, uint64_t *sum)
{
	uint64_t starts[SDF_CASE_ACTORS], ends[SDF_CASE_ACTORS];
	int r = pel_sdf_spans(&c->sdf, c->q, c->times, NULL, starts, ends);

	for (uint32_t a = 0; a < c->sdf.n_actors && r == 0; a++)
		*sum = mix(mix(*sum, starts[a]), ends[a]);
	return r;
}

/* A search that fails has kept nothing: there is no pel_sdf_buffers_fini() after it. */
static int try_buffers(const struct sdf_case *c, uint64_t *sum)
{
	struct pel_sdf_fraction unbounded;
	struct pel_sdf_buffers buffers;
	struct sdf_case free;
	uint64_t before = alive;
	int r;

	sdf_case_copy(&free, c);
	for (uint32_t i = 0; i < free.sdf.n_channels; i++)
		free.channels[i].capacity = 0;
	r = pel_sdf_throughput(&free.sdf, free.q, free.times, NULL, &unbounded, NULL, NULL);
	if (r < 0 || !unbounded.num)
		return r;
	r = pel_sdf_buffers(&free.sdf, free.q, free.times, unbounded, NULL, &buffers);
	if (r < 0) {
		ck_assert_uint_eq(alive, before);
		return r;
	}
	*sum = mix(mix(buffers.live.total, buffers.fastest.total), buffers.n_pareto);
	pel_sdf_buffers_fini(&buffers);
	return 0;
}

static int try_repair(const struct sdf_case *c, uint64_t *sum)
{
	uint64_t capacity[SDF_CASE_CHANNELS], total = 0;
	int r = pel_sdf_repair(&c->sdf, c->q, NULL, capacity);

	for (uint32_t i = 0; i < c->sdf.n_channels && r == 0; i++)
		total += capacity[i];
	*sum = total;
	return r;
}

/* Of the last part, if there is one, as pel_sdf_throughput() executes large ones. */
static int try_execution(const struct sdf_case *c, uint64_t *sum)
{
	static const struct pel_sdf_limits none;
	uint64_t capacity[SDF_CASE_CHANNELS];
	uint8_t actors[SDF_CASE_ACTORS] = { 0 }, channels[SDF_CASE_CHANNELS] = { 0 };
	struct pel_sdf_evaluator ev;
	struct pel_sdf_fraction ret;
	int r = pel_sdf_evaluator_init(&ev, &c->sdf, c->q, c->times, &none);

	for (uint32_t i = 0; i < c->sdf.n_channels; i++)
		capacity[i] = c->channels[i].capacity;
	if (r == 0)
		r = pel_sdf_evaluate(&ev, capacity, &ret);
	if (r == 0 && ev.events.n_channels)
		r = pel_sdf_self_timed(&ev, 10000, &ret, actors, channels);
	if (r == 0)
		*sum = mix(ret.num, ret.den);
	pel_sdf_evaluator_fini(&ev);
	return r;
}

static const struct {
	const char *name;
	int (*run)(const struct sdf_case *c, uint64_t *sum);
} tries[] = {
	{ "repetition", try_repetition },
	{ "liveness", try_liveness },
	{ "least capacity", try_least_capacity },
	{ "least initial", try_least_initial },
	{ "throughput", try_throughput },
	{ "enlarge", try_enlarge },
	{ "spans", try_spans },
	{ "execution", try_execution },
	{ "repair", try_repair },
	{ "buffers", try_buffers },
};

static int attempt(const struct sdf_case *c, int which, uint64_t fail, bool forever, uint64_t *sum)
{
	int r;

	made = alive = *sum = 0;
	failing = fail;
	all_later = forever;
	r = tries[which].run(c, sum);
	failing = 0;
	ck_assert_msg(alive == 0, "%s leaks %llu, allocation %llu: %s", tries[which].name,
		      (unsigned long long)alive, (unsigned long long)fail, sdf_case_text(c));
	return r;
}

/* Buffers search long: allocations are all alike after the first few hundred. */
static uint64_t next_failure(uint64_t n)
{
	return n < 300 ? n + 1 : n + n / 8;
}

START_TEST(failing_allocation_is_an_error_and_leaks_nothing)
{
	uint64_t failed = 0;

	for (uint64_t i = 0; i < GRAPHS; i++) {
		struct sdf_case c;
		uint64_t wanted_sum, n;
		int wanted;

		sdf_case_make(&c, &kinds[i % (tries[_i].run == try_buffers ? KINDS - 1 : KINDS)], i);
		wanted = attempt(&c, _i, 0, false, &wanted_sum);
		n = made;
		ck_assert_int_ne(wanted, -ENOMEM);
		for (uint64_t fail = 1; fail <= n; fail = next_failure(fail)) {
			uint64_t sum;
			int r = attempt(&c, _i, fail, (fail + i) % 2, &sum);

			failed += r == -ENOMEM;
			ck_assert_msg(r == -ENOMEM || (r == wanted && sum == wanted_sum),
				      "%s returns %d, not %d, allocation %llu of %llu: %s", tries[_i].name, r,
				      wanted, (unsigned long long)fail, (unsigned long long)n,
				      sdf_case_text(&c));
		}
	}
	ck_assert_uint_gt(failed, GRAPHS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sdf-alloc");
	TCase *tcase = tcase_create("alloc");
	SRunner *runner;
	int failed;

	pel_sdf_set_alloc(failing_alloc, counting_free);
	tcase_set_timeout(tcase, 110);
	tcase_add_loop_test(tcase, failing_allocation_is_an_error_and_leaks_nothing, 0,
			    sizeof(tries) / sizeof(*tries));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
