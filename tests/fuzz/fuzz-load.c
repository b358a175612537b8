/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads any bytes as a graph document, and evaluates what the document holds: parameters, rates, types. Nothing may crash, leak, hang
 * or be refused without a word.
 *
 *   cmake -S . -B build/fuzz -DCMAKE_C_COMPILER=clang -DPELTON_FUZZ=ON -DPELTON_SANITIZE=address,undefined
 *   build/fuzz/fuzz-load -dict=tests/fuzz/graph.dict -max_len=8192 CORPUS tests/fuzz/corpus tests/good tests/bad graphs
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small enough to be met by small inputs. */
static const struct pel_limits limits = {
	.document_bytes = 1 << 20, .depth = 12, .elements = 4000, .nesting = 6, .actors = 5000, .channels = 5000
};

/* Parameters of the graph that have been evaluated. */
struct values {
	const struct pel_decl_graph *graph;
	struct pel_value *values;
	size_t count;
};

static const struct pel_value *find(const void *context, const char *name, struct pel_near *near)
{
	const struct values *values = context;

	for (size_t i = 0; i < values->count; i++) {
		if (strcmp(values->graph->params[i].name.text, name) == 0)
			return &values->values[i];
		if (near)
			pel_near_try(near, name, values->graph->params[i].name.text);
	}
	return NULL;
}

/* Every call that fails says something, and no call that succeeds does. */
static void must_explain(const struct pel_error *err, size_t before, int r)
{
	if ((r < 0) != (err->count + err->lost > before))
		abort();
}

static void evaluate_types(const struct pel_decl_port *ports, size_t n, const struct pel_scope *scope,
			   struct pel_arena *arena, struct pel_error *err)
{
	struct pel_place place = { 0 };
	struct pel_type_expr type;
	uint64_t *rates;
	size_t count, before;

	for (size_t i = 0; i < n; i++) {
		before = err->count + err->lost;
		if (ports[i].type.text)
			must_explain(err, before,
				     pel_type_expr_parse(ports[i].type.text, scope, "type", place, arena,
							 &type, err));
		before = err->count + err->lost;
		if (ports[i].rate.text)
			must_explain(err, before,
				     pel_expr_u64_list(ports[i].rate.text, scope, "rate", PEL_MAX_RATE,
						       PEL_MAX_PHASES, place, arena, &rates, &count, err));
	}
}

static void evaluate(const struct pel_decl_graph *graph, struct pel_arena *arena, struct pel_error *err)
{
	struct values values = { .graph = graph };
	const struct pel_scope scope = { find, &values };
	struct pel_place place = { .file = graph->file };
	size_t before;
	int64_t integer;
	const char *text;

	values.values = pel_arena_array(arena, graph->n_params, sizeof(*values.values));
	for (size_t i = 0; i < graph->n_params && values.values; i++) {
		const struct pel_decl_param *param = &graph->params[i];
		const char *value = param->value.text ? param->value.text : "0";

		before = err->count + err->lost;
		/* No files: what they hold is not the fuzzer's. */
		if (strncmp(value, "file:", 5) != 0)
			must_explain(err, before,
				     pel_param_value(param->type.text, value, &scope, "value", graph->dir,
						     place, arena, &values.values[i], err));
		values.count = i + 1;
	}
	for (size_t i = 0; i < graph->n_channels; i++) {
		before = err->count + err->lost;
		if (graph->channels[i].capacity.text)
			must_explain(err, before,
				     pel_expr_i64(graph->channels[i].capacity.text, &scope, "capacity", 1,
						  INT64_MAX, place, &integer, err));
	}
	for (size_t i = 0; i < graph->n_actors; i++)
		for (size_t j = 0; j < graph->actors[i].n_sets; j++) {
			before = err->count + err->lost;
			must_explain(err, before,
				     pel_expr_text(graph->actors[i].sets[j].value.text, &scope, "set", place,
						   arena, &text, err));
		}
	evaluate_types(graph->ports, graph->n_ports, &scope, arena, err);
	for (size_t i = 0; i < graph->n_kernels; i++)
		evaluate_types(graph->kernels[i].ports, graph->kernels[i].n_ports, &scope, arena, err);
	for (size_t i = 0; i < graph->n_graphs; i++)
		evaluate(graph->graphs[i], arena, err);
}

/* The place of every error is in the document. */
static void check_places(const struct pel_error *err, const uint8_t *data, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (size_t i = 0; i < err->count; i++)
		if (err->items[i].line > lines || err->items[i].col > size + 1 || !*err->items[i].text)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	struct pel_arena arena = { 0 };
	int r = pel_graph_parse_limited(data, size, "<fuzz>", &limits, &graph, &err);

	must_explain(&err, 0, r);
	check_places(&err, data, size);
	if (r == 0)
		evaluate(graph->top, &arena, &err);
	else if (graph)
		abort();
	pel_arena_fini(&arena);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	return 0;
}
