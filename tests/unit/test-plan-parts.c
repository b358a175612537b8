/* SPDX-License-Identifier: Apache-2.0 */
/* Two algorithms of the compiler, tested alone: ordering along the data flow, and unification of types. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "unify.h"

/* ---- order ---- */

#define NODES 12

static uint64_t random_below(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (*state >> 33) % below;
}

/* reach[a][b]: is there a way from a to b? By Warshall's algorithm. */
static void find_reach(const struct edge *edges, size_t n_edges, bool reach[NODES][NODES])
{
	memset(reach, 0, sizeof(bool) * NODES * NODES);
	for (size_t i = 0; i < n_edges; i++)
		reach[edges[i].from][edges[i].to] = true;
	for (unsigned k = 0; k < NODES; k++)
		for (unsigned a = 0; a < NODES; a++)
			for (unsigned b = 0; b < NODES; b++)
				reach[a][b] |= reach[a][k] && reach[k][b];
}

static void check_order(const struct edge *edges, size_t n_edges, uint32_t n)
{
	uint32_t order[NODES], part[NODES], place[NODES], seen = 0;
	bool reach[NODES][NODES], wrong = false;

	ck_assert_int_eq(pel_order_nodes(n, edges, n_edges, order, part), 0);
	for (uint32_t k = 0; k < n; k++) {
		place[order[k]] = k;
		seen |= 1u << order[k];
	}
	ck_assert_uint_eq(seen, (1u << n) - 1);
	find_reach(edges, n_edges, reach);
	for (uint32_t a = 0; a < n; a++)
		for (uint32_t b = 0; b < n; b++) {
			bool together = a == b || (reach[a][b] && reach[b][a]);

			wrong |= together != (part[a] == part[b]);
			wrong |= !together && reach[a][b] && place[a] > place[b];
			wrong |= part[a] < part[b] && place[a] > place[b];
		}
	ck_assert(!wrong);
}

START_TEST(order_follows_edges_and_keeps_cycles_together)
{
	uint64_t state = (uint64_t)_i + 1;

	for (unsigned round = 0; round < 500; round++) {
		struct edge edges[3 * NODES];
		uint32_t n = (uint32_t)random_below(&state, NODES + 1);
		size_t n_edges = n ? random_below(&state, 3 * n + 1) : 0;

		for (size_t i = 0; i < n_edges; i++)
			edges[i] = (struct edge){ (uint32_t)random_below(&state, n),
						  (uint32_t)random_below(&state, n) };
		check_order(edges, n_edges, n);
	}
}
END_TEST

START_TEST(order_keeps_interleaved_chains_apart_and_in_document_order)
{
	/* 0 -> 2 -> 4 and 1 -> 3 -> 5 */
	static const struct edge edges[] = { { 0, 2 }, { 1, 3 }, { 2, 4 }, { 3, 5 } };
	static const uint32_t wanted[] = { 0, 2, 4, 1, 3, 5 };
	uint32_t order[6];

	ck_assert_int_eq(pel_order_nodes(6, edges, 4, order, NULL), 0);
	ck_assert_mem_eq(order, wanted, sizeof(wanted));
}
END_TEST

/* ---- unification ---- */

static const struct pel_value *no_names(const void *context, const char *name, struct pel_near *near)
{
	(void)context, (void)name, (void)near;
	return NULL;
}

static const struct pel_scope scope = { no_names, NULL };

static struct term *parse_term(struct pel_arena *arena, const char *text, struct symbols *symbols)
{
	struct pel_type_expr expr;
	struct term *term;

	ck_assert_int_eq(
		pel_type_expr_parse(text, &scope, "type", (struct pel_place){ 0 }, arena, &expr, NULL), 0);
	term = pel_term_of_expr(arena, &expr, symbols);
	ck_assert_ptr_nonnull(term);
	return term;
}

/* The symbols of both sides are the same: T in `a` is T in `b`. */
static const struct {
	const char *a, *b;
	int code;
	const char *result;
} cases[] = {
	{ "f32", "f32", 0, "f32" },
	{ "f32", "f64", -EINVAL, NULL },
	{ "bytes[4]", "bytes[4]", 0, "bytes[4]" },
	{ "bytes[4]", "bytes[5]", -EINVAL, NULL },
	{ "bytes[4]", "u8[4]", -EINVAL, NULL },
	{ "u8[2,3]", "u8[2,3]", 0, "u8[2,3]" },
	{ "u8[2,3]", "u8[3,2]", -EINVAL, NULL },
	{ "u8[2,3]", "u8[2]", -EINVAL, NULL },
	{ "T", "u8[2,3]", 0, "u8[2,3]" },
	{ "u8[2,3]", "T", 0, "u8[2,3]" },
	{ "T[H,W]", "u8[480,640]", 0, "u8[480,640]" },
	{ "T[H,W]", "u8[480,640,3]", 0, "u8[480,640,3]" },
	{ "T[H,W]", "u8[480]", -EINVAL, NULL },
	{ "T[N,N]", "u8[4,4]", 0, "u8[4,4]" },
	{ "T[N,N]", "u8[4,5]", -EINVAL, NULL },
	{ "T[2]", "U[N]", 0, "U[2]" },
	{ "T[2,M]", "U[N]", 0, "T[2,M]" },
	{ "T", "T", 0, "T" },
	{ "T", "T[2]", -ELOOP, NULL },
	{ "T[2]", "T", -ELOOP, NULL },
	{ "T[N]", "T[2,N]", -ELOOP, NULL },
	{ "T[T]", "u8[4]", -EINVAL, NULL },
	{ "T[2,2,2,2,2,2,2,2]", "U[2]", 0, "T[2,2,2,2,2,2,2,2]" },
};

START_TEST(types_unify_by_structure)
{
	struct pel_arena arena = { 0 };
	struct term *room[64];
	struct symbols symbols = { .terms = room, .room = 64 };
	struct term *a = parse_term(&arena, cases[_i].a, &symbols),
		    *b = parse_term(&arena, cases[_i].b, &symbols);
	char left[PEL_TERM_BYTES], right[PEL_TERM_BYTES];

	ck_assert_int_eq(pel_term_unify(a, b), cases[_i].code);
	if (cases[_i].code == 0) {
		struct pel_type type;
		bool known = !strpbrk(cases[_i].result, "TUNM");

		ck_assert_str_eq(pel_term_format(a, left, sizeof(left)), cases[_i].result);
		ck_assert_str_eq(pel_term_format(b, right, sizeof(right)), cases[_i].result);
		ck_assert_int_eq(pel_term_known(a, &type), known);
		ck_assert_int_eq(pel_term_open(a) == NULL, known);
		if (known)
			ck_assert_str_eq(pel_type_format(&type, left, sizeof(left)), cases[_i].result);
	}
	pel_arena_fini(&arena);
}
END_TEST

/* However long the chain, each symbol in it finds what the last stands for. */
START_TEST(long_chains_of_symbols_are_followed)
{
	enum { LENGTH = 100000 };
	struct pel_arena arena = { 0 };
	struct term **terms = calloc(LENGTH, sizeof(struct term *));
	struct symbols none = { 0 };
	struct pel_type type;

	ck_assert_ptr_nonnull(terms);
	for (size_t i = 0; i < LENGTH; i++)
		terms[i] = pel_term_symbol(&arena, "T");
	for (size_t i = 1; i < LENGTH; i++)
		ck_assert_msg(i % 1000 || pel_term_unify(terms[i - 1], terms[i]) == 0, "%zu", i);
	for (size_t i = 1; i < LENGTH; i++)
		if (i % 1000 && pel_term_unify(terms[i - 1], terms[i]) != 0)
			ck_abort_msg("%zu", i);
	ck_assert_int_eq(pel_term_unify(terms[LENGTH / 2], parse_term(&arena, "cf64[3]", &none)), 0);
	for (size_t i = 0; i < LENGTH; i++)
		if (!pel_term_known(terms[i], &type) || type.elem != PEL_ELEM_CF64 || type.dims[0] != 3)
			ck_abort_msg("%zu", i);
	free(terms);
	pel_arena_fini(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan-parts");
	TCase *tcase = tcase_create("parts");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, order_follows_edges_and_keeps_cycles_together, 0, 4);
	tcase_add_test(tcase, order_keeps_interleaved_chains_apart_and_in_document_order);
	tcase_add_loop_test(tcase, types_unify_by_structure, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, long_chains_of_symbols_are_followed);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
