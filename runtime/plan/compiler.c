/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler.h"

#include <errno.h>
#include <string.h>

int pel_compiler_note(struct compiler *c, int r)
{
	if (r < 0 && (!c->status || r == -ENOMEM))
		c->status = r;
	return c->status == -ENOMEM ? -ENOMEM : 0;
}

void *pel_compiler_alloc(struct compiler *c, size_t count, size_t bytes)
{
	void *memory = pel_arena_array(&c->scratch, count ? count : 1, bytes);

	if (!memory)
		pel_nomem(c->err);
	return memory;
}

void *pel_compiler_alloc_brief(struct compiler *c, size_t count, size_t bytes)
{
	void *memory = pel_arena_array(&c->brief, count ? count : 1, bytes);

	if (!memory)
		pel_nomem(c->err);
	return memory;
}

void *pel_compiler_alloc_plan(struct compiler *c, size_t count, size_t bytes)
{
	void *memory = pel_arena_array(&c->plan->arena, count ? count : 1, bytes);

	if (!memory)
		pel_nomem(c->err);
	return memory;
}

void pel_compiler_suggest(struct compiler *c, struct pel_near *near, const char *wanted, const char *candidate)
{
	if (!c->suggestions)
		return;
	c->suggestions--;
	pel_near_try(near, wanted, candidate);
}

int pel_compiler_add_source(struct compiler *c, const char *path)
{
	struct pel_plan *plan = c->plan;
	char *copy;

	if (plan->n_sources && strcmp(plan->sources[plan->n_sources - 1], path) == 0)
		return 0; /* all actors of a sequence share this setting */
	copy = pel_arena_strdup(&plan->arena, path);
	if (!copy || pel_grow(&plan->sources, &plan->sources_capacity, (size_t)plan->n_sources + 1,
			      sizeof(*plan->sources)) < 0)
		return pel_nomem(c->err);
	plan->sources[plan->n_sources++] = copy;
	return 0;
}
