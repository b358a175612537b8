/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"
#include "sized-options.h"

#include <errno.h>
#include <fenv.h>
#include <string.h>
#include "compiler.h"
#include "connect.h"
#include "documents.h"
#include "dump.h"
#include "instance.h"
#include "kernel-use.h"
#include "machine.h"

#define ENTRY(NAME, name)   { #name, pel_pass_##name },
#define NAME_OF(NAME, name) #name,
#define WORD_OF(NAME, name) " " #name

static const struct pass {
	const char *name;
	int (*run)(struct compiler *c);
} passes[] = { PEL_PASSES(ENTRY) };

#define SUGGESTIONS ((uint64_t)1 << 20)

const char *const *pel_plan_passes(void)
{
	static const char *const names[] = { PEL_PASSES(NAME_OF) NULL };

	return names;
}

/* ---- the first two passes; other files do their work ---- */

int pel_pass_load(struct compiler *c)
{
	const struct pel_compile_options *options = c->options;
	struct pel_plan *plan = c->plan;
	int r;

	if (options->machine) {
		r = pel_machine_parse(c, options->machine, &plan->machine);
		if (r < 0)
			return r;
	} else {
		pel_machine_detect(&plan->machine);
	}
	plan->workers = options->workers ? options->workers : plan->machine.cores;
	plan->name = pel_arena_strdup(&plan->arena, c->graph->top->name.text ? c->graph->top->name.text : "");
	if (!plan->name)
		return pel_nomem(c->err);
	if ((r = pel_registry_create(options->module_path, &plan->registry, c->err)) < 0)
		return r;
	/* The profile is not a source: `pelton run` overwrites it. */
	if (options->map_file && (r = pel_compiler_add_source(c, options->map_file)) < 0)
		return r;
	return pel_documents_open(c);
}

int pel_pass_resolve(struct compiler *c)
{
	int r;

	if ((r = pel_instances_make(c)) < 0 || (r = pel_actors_make(c)) < 0)
		return r;
	r = pel_channels_connect(c);
	pel_documents_forget_names(c);
	return r;
}

/* ---- the driver ---- */

static int find_pass(const char *name, struct pel_error *err)
{
	struct pel_near near = { 0 };

	for (size_t i = 0; i < PEL_PASS_COUNT; i++) {
		if (strcmp(passes[i].name, name) == 0)
			return (int)i;
		pel_near_try(&near, name, passes[i].name);
	}
	pel_fail(err, -EINVAL, (struct pel_place){ 0 }, "there is no pass '%s'", name);
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	else
		pel_hint(err, "passes are" PEL_PASSES(WORD_OF));
	return -EINVAL;
}

static bool same_item(const struct pel_error_item *a, const struct pel_error_item *b)
{
	return a->line == b->line && a->col == b->col && strcmp(a->text, b->text) == 0 &&
	       (a->file == b->file || (a->file && b->file && strcmp(a->file, b->file) == 0));
}

/* An error in a sub-graph that is used five times is reported once: drop repeated errors after the first `from` ones. */
static void forget_repeated(struct pel_error *err, size_t from)
{
	size_t kept = from;

	for (size_t i = from; err && i < err->count; i++) {
		struct pel_error_item item = err->items[i];
		bool repeated = false;

		for (size_t k = from; k < kept && !repeated; k++)
			repeated = same_item(&err->items[k], &item);
		if (!repeated) {
			err->items[kept++] = item;
			continue;
		}
		pel_free(item.file);
		pel_free(item.text);
		pel_free(item.hint);
	}
	if (err)
		err->count = kept;
}

/* Run a pass in the default floating-point environment, whatever the host or a module just loaded has set. */
static int run_pass(struct compiler *c, int i)
{
	fenv_t host;
	int r;

	fegetenv(&host);
	fesetenv(FE_DFL_ENV);
	r = passes[i].run(c);
	fesetenv(&host);
	return r;
}

static int run_passes(struct compiler *c, int last)
{
	for (int i = 0; i <= last; i++) {
		int r = run_pass(c, i);

		if (r == 0)
			r = c->status;
		if (r < 0)
			return r;
		if (passes[i].run != pel_pass_resolve)
			pel_arena_fini(&c->brief);
	}
	return c->options->dump_after
		       ? pel_plan_dump(c, (enum pel_pass)last, passes[last].name, c->options->dump)
		       : 0;
}

static void compiler_fini(struct compiler *c)
{
	for (struct instance *instance = c->top; instance; instance = instance->next)
		pel_map_fini(&instance->symbol_map);
	pel_documents_close(c);
	pel_kernel_uses_close(c);
	pel_map_fini(&c->types);
	pel_arena_fini(&c->brief);
	pel_arena_fini(&c->scratch);
}

static int check_settings(const struct pel_setting *list, size_t n, const char *member, struct pel_error *err)
{
	static const char name[] = "struct pel_compile_options";
	int r = pel_options_need_list(list, n, name, member, err);

	for (size_t i = 0; i < n && r == 0; i++)
		if ((r = pel_options_need_element(list[i].name, name, member, i, ".name", err)) == 0)
			r = pel_options_need_element(list[i].value, name, member, i, ".value", err);
	return r;
}

static int take_options(struct pel_compile_options *to, const struct pel_compile_options *from,
			struct pel_error *err)
{
	int r = PEL_OPTIONS_TAKE(pel_compile_options, to, from, err);

	if (r == 0 && to->fixes)
		*to->fixes = NULL;
	if (r < 0 || (r = check_settings(to->set, to->n_set, "set", err)) < 0 ||
	    (r = check_settings(to->place, to->n_place, "place", err)) < 0)
		return r;
	if (to->dump_after && (r = find_pass(to->dump_after, err)) < 0)
		return r;
	if (to->dump_after && !to->dump)
		return pel_fail(
			err, -EINVAL, (struct pel_place){ 0 },
			"the member 'dump' of struct pel_compile_options is NULL, but 'dump_after' is '%s'",
			to->dump_after);
	return 0;
}

int pel_compile(const struct pel_graph *graph, const struct pel_compile_options *options,
		struct pel_plan **ret, struct pel_error *err)
{
	struct pel_compile_options known;
	struct compiler c = { .graph = graph, .options = &known, .err = err, .suggestions = SUGGESTIONS };
	size_t reported = err ? err->count : 0;
	int last = PEL_PASS_COUNT - 1, r = take_options(&known, options, err);

	if (r < 0)
		return r;
	if (c.options->dump_after && (last = find_pass(c.options->dump_after, err)) < 0)
		return last;
	c.plan = pel_calloc(1, sizeof(*c.plan));
	if (!c.plan)
		return pel_nomem(err);
	r = run_passes(&c, last);
	compiler_fini(&c);
	forget_repeated(err, reported);
	if (r < 0 || c.options->dump_after) {
		pel_plan_destroy(c.plan);
		c.plan = NULL;
	}
	if (r == 0)
		*ret = c.plan;
	return r;
}

int pel_compile_rates(const struct pel_graph *graph, const struct pel_compile_options *options,
		      int (*use)(struct compiler *c, void *context), void *context, struct pel_error *err)
{
	struct pel_compile_options known;
	struct compiler c = { .graph = graph, .options = &known, .err = err, .suggestions = SUGGESTIONS };
	size_t reported = err ? err->count : 0;
	int r = take_options(&known, options, err);

	if (r < 0)
		return r;
	c.plan = pel_calloc(1, sizeof(*c.plan));
	if (!c.plan)
		return pel_nomem(err);
	r = run_passes(&c, PEL_PASS_TYPES);
	if (r == 0)
		r = pel_rates_make(&c);
	if (r == 0)
		r = use(&c, context);
	compiler_fini(&c);
	forget_repeated(err, reported);
	pel_plan_destroy(c.plan);
	return r;
}

void pel_plan_destroy(struct pel_plan *plan)
{
	if (!plan)
		return;
	pel_registry_destroy(plan->registry);
	pel_arena_fini(&plan->arena);
	pel_free(plan->sources);
	pel_free(plan);
}

/* ---- queries on a plan ---- */

const char *pel_plan_in(const struct pel_plan *plan, size_t index, const struct pel_type **type)
{
	const struct pel_plan_actor *actor;

	if (index >= plan->n_ins)
		return NULL;
	actor = &plan->actors[plan->ins[index]];
	if (type)
		*type = actor->out[0].type;
	return actor->id;
}

const char *pel_plan_out(const struct pel_plan *plan, size_t index, const struct pel_type **type)
{
	const struct pel_plan_actor *actor;

	if (index >= plan->n_outs)
		return NULL;
	actor = &plan->actors[plan->outs[index]];
	if (type)
		*type = actor->in[0].type;
	return actor->id;
}
