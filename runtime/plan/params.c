/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "instance-model.h"
#include "param-limits.h"

/* Evaluates parameters: turns the text in a document, an option or a descriptor into values. */

#define MAP_FROM 9 /* a linear search is as fast for fewer parameters */

enum {
	UNKNOWN,
	WAITING, /* for the parameters that its default uses */
	ASKED,
	KNOWN,
	DOUBTFUL, /* derived from a stand-in, so its limits are not checked */
	BROKEN,
};

struct pel_param_desc pel_params_describe(const struct pel_decl_param *param)
{
	return (struct pel_param_desc){
		.name = param->name.text,
		.type = param->type.text,
		.value = param->value.text,
		.doc = param->doc.text,
		.least = param->least.text,
		.most = param->most.text,
		.one_of = param->one_of.text,
		.least_count = param->least_count.text,
		.most_count = param->most_count.text,
		.ends = param->ends.text,
	};
}

int pel_params_declare(struct compiler *c, struct declared *declared)
{
	int status = 0;

	for (uint32_t i = 0; i < declared->n && declared->places; i++) {
		const struct pel_param_desc *desc = &declared->descs[i];
		const char *wrong = pel_limits_wrong(desc);

		if (wrong)
			status = pel_fail(c->err, -EINVAL, declared->places[i],
					  "parameter '%s' of type %s cannot have %s", desc->name, desc->type,
					  wrong);
	}
	for (uint32_t i = 0; i < declared->n && declared->n >= MAP_FROM; i++)
		if (pel_map_put(&declared->map, declared->descs[i].name, i) == -ENOMEM)
			return pel_nomem(c->err);
	return status;
}

uint32_t pel_params_index(const struct declared *declared, const char *name)
{
	size_t found;

	if (declared->map.size) {
		found = pel_map_get(&declared->map, name);
		return found == PEL_MAP_NONE ? PEL_NONE : (uint32_t)found;
	}
	for (uint32_t i = 0; i < declared->n; i++)
		if (strcmp(declared->descs[i].name, name) == 0)
			return i;
	return PEL_NONE;
}

/* After an error, use a value of the right type, so that parameters that depend on it do not cause further errors. */
static struct pel_value stand_in(const struct pel_param_desc *desc)
{
	struct pel_value value = { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64, .i64 = 1 };

	if (strstr(desc->type, "[]"))
		return (struct pel_value){ .kind = PEL_VALUE_LIST, .list = { "", 0 } };
	if (strcmp(desc->type, "string") == 0)
		return (struct pel_value){ .kind = PEL_VALUE_STRING, .string = "" };
	if (strcmp(desc->type, "bool") == 0)
		return (struct pel_value){ .kind = PEL_VALUE_BOOL };
	if (desc->type[0] == 'f')
		return (struct pel_value){ .kind = PEL_VALUE_F64, .elem = PEL_ELEM_F64, .f64 = 1 };
	return value;
}

static const struct pel_value *no_names(const void *context, const char *name, struct pel_near *near)
{
	(void)context, (void)name, (void)near;
	return NULL;
}

static const struct pel_scope empty_scope = { no_names, NULL };

static int evaluate(const struct params *params, uint32_t i, const struct given *given)
{
	struct compiler *c = params->c;
	const struct pel_param_desc *desc = &params->declared->descs[i];
	bool before = c->doubt;
	char what[512];
	bool broken = params->state[i] == BROKEN;
	int r;

	snprintf(what, sizeof(what), "parameter '%s' of %s", desc->name, params->owner);
	params->state[i] = ASKED;
	c->doubt = false;
	r = pel_param_value(desc->type, given->text, given->scope ? given->scope : &empty_scope, what,
			    given->dir, given->place, &c->plan->arena, &params->values[i], c->err);
	if (r == 0 && params->values[i].kind == PEL_VALUE_LIST && params->values[i].dir)
		r = pel_compiler_add_source(c, params->values[i].dir);
	if (r == 0 && (broken || params->state[i] == BROKEN)) /* it depends on itself, directly or through others */
		r = -EINVAL;
	params->state[i] = r < 0 ? BROKEN : c->doubt ? DOUBTFUL : KNOWN;
	c->doubt = before;
	if (r < 0)
		params->values[i] = stand_in(desc);
	if (r == -ENOMEM)
		pel_compiler_note(c, r);
	return r;
}

static struct pel_place value_place(const struct params *params, uint32_t i, const struct given *given)
{
	const struct declared *declared = params->declared;

	if (given && given[i].text)
		return given[i].place;
	return declared->value_places ? declared->value_places[i] : params->place;
}

/* Check limits; those that use other parameters are checked only when those are known to be valid. */
static int check_limits(const struct params *params, const struct given *given, bool need_others)
{
	const struct declared *declared = params->declared;
	int r = 0;

	for (uint32_t i = 0; i < declared->n; i++) {
		const struct pel_param_desc *desc = &declared->descs[i];
		char what[512];

		if (params->state[i] != KNOWN || pel_limits_need_others(desc) != need_others)
			continue;
		snprintf(what, sizeof(what), "parameter '%s' of %s", desc->name, params->owner);
		if (pel_limits_check(desc, &params->values[i], &params->scope, what,
				     value_place(params, i, given), params->c->err) < 0)
			r = -EINVAL;
	}
	return r;
}

static int evaluate_default(const struct params *params, uint32_t i)
{
	const struct declared *declared = params->declared;
	struct given given = { declared->descs[i].value, declared->dir, params->place, &params->scope };

	if (declared->value_places)
		given.place = declared->value_places[i];
	return evaluate(params, i, &given);
}

/* Look up a name in the scope of a graph or kernel, its parameters. evaluate_defaults() evaluates those that a default uses before the default. */
static const struct pel_value *find_param(const void *context, const char *name, struct pel_near *near)
{
	const struct params *params = context;
	const struct declared *declared = params->declared;
	uint32_t i = pel_params_index(declared, name);

	if (i == PEL_NONE) {
		for (i = 0; near && i < declared->n && params->c->suggestions; i++)
			pel_compiler_suggest(params->c, near, name, declared->descs[i].name);
		return NULL;
	}
	if (params->state[i] == ASKED || params->state[i] == WAITING) {
		pel_fail(params->c->err, -EINVAL,
			 declared->value_places ? declared->value_places[i] : params->place,
			 "parameter '%s' of %s depends on itself", name, params->owner);
		params->state[i] = BROKEN;
		params->values[i] = stand_in(&declared->descs[i]);
	} else if (params->state[i] == UNKNOWN && declared->descs[i].value) {
		params->c->missed = i;
		params->values[i] = stand_in(&declared->descs[i]);
	} else if (params->state[i] == UNKNOWN) {
		params->state[i] = BROKEN; /* missing; pel_params_evaluate() reports that */
		params->values[i] = stand_in(&declared->descs[i]);
	}
	params->c->doubt |= params->state[i] != KNOWN;
	return &params->values[i];
}

/* A default that waits for the parameters that it uses. */
struct pending {
	const struct params *params;
	uint32_t i, next;
	struct pel_expr_names names;
};

static bool is_unknown(void *context, const char *name)
{
	struct pending *pending = context;

	pending->next = pel_params_index(pending->params->declared, name);
	return pending->next != PEL_NONE;
}

/* The next parameter that must be evaluated before; PEL_NONE: no more. */
static uint32_t next_unknown(struct pending *pending)
{
	const struct params *params = pending->params;

	while (pel_expr_next_name(&pending->names, is_unknown, pending))
		if (params->state[pending->next] == UNKNOWN && params->declared->descs[pending->next].value)
			return pending->next;
	return PEL_NONE;
}

/*
 * Evaluate the default of parameter `first`, after the parameters that it uses. Not recursive, because a chain of such dependencies may have a
 * thousand parameters.
 */
static int evaluate_defaults(const struct params *params, uint32_t first)
{
	struct pending *list = NULL, *last;
	size_t n = 0, capacity = 0;
	uint32_t next = first;
	int r = 0;

	do {
		if (next != PEL_NONE) {
			if (pel_grow(&list, &capacity, n + 1, sizeof(*list)) < 0) {
				r = pel_compiler_note(params->c, pel_nomem(params->c->err));
				break;
			}
			list[n++] = (struct pending){
				params, next, PEL_NONE, { params->declared->descs[next].value, 0 }
			};
			params->state[next] = WAITING;
		}
		last = &list[n - 1];
		next = next_unknown(last);
		if (next != PEL_NONE)
			continue;
		params->c->missed = PEL_NONE;
		r = evaluate_default(params, last->i);
		if (r == 0 && params->c->missed != PEL_NONE) { /* the result is not valid yet */
			next = params->c->missed;
			params->state[last->i] = WAITING;
		} else {
			n--;
		}
	} while (n && r != -ENOMEM);
	pel_free(list);
	return r;
}

static void report_missing(const struct params *params, uint32_t i)
{
	struct compiler *c = params->c;
	const char *name = params->declared->descs[i].name;

	if (params->place.line) {
		pel_fail(c->err, -EINVAL, params->place, "parameter '%s' of %s is not set and has no default",
			 name, params->owner);
		pel_hint(c->err, "add <set name=\"%s\" value=\"...\"/>", name);
	} else {
		pel_fail(c->err, -EINVAL, params->declared->places[i],
			 "parameter '%s' of %s is not set and has no default", name, params->owner);
		pel_hint(c->err, "set it with --set %s=VALUE, or give it a default with value=\"...\"", name);
	}
}

int pel_params_evaluate(struct compiler *c, const struct declared *declared, const struct given *given,
			const char *owner, struct pel_place place, struct params **ret)
{
	struct params *params = pel_compiler_alloc(c, 1, sizeof(*params));
	int r = 0;

	if (!params)
		return -ENOMEM;
	*params = (struct params){ .c = c, .declared = declared, .owner = owner, .place = place };
	params->scope = (struct pel_scope){ find_param, params };
	*ret = params;
	if (!declared->n)
		return 0;
	params->values = pel_compiler_alloc_plan(c, declared->n, sizeof(*params->values));
	params->state = pel_compiler_alloc(c, declared->n, 1);
	if (!params->values || !params->state)
		return -ENOMEM;
	for (uint32_t i = 0; i < declared->n; i++)
		if (given && given[i].text && evaluate(params, i, &given[i]) == -ENOMEM)
			return -ENOMEM;
	for (uint32_t i = 0; i < declared->n; i++) {
		bool missing = !declared->descs[i].value && !(given && given[i].text);

		if (params->state[i] == UNKNOWN && !missing && evaluate_defaults(params, i) == -ENOMEM)
			return -ENOMEM;
		if (missing)
			report_missing(params, i);
		if (missing || params->state[i] == BROKEN)
			r = -EINVAL;
	}
	if (check_limits(params, given, false) < 0)
		r = -EINVAL;
	return r < 0 ? r : check_limits(params, given, true);
}

void pel_params_hint(struct compiler *c, const struct declared *declared)
{
	struct pel_known known = { .n = 0 };

	for (uint32_t i = 0; i < declared->n && i < 32; i++)
		pel_known_add(&known, declared->descs[i].name);
	pel_known_hint(&known, "parameter", c->err);
}

int pel_params_settings(struct compiler *c, const struct declared *declared, const struct pel_decl_actor *actor,
			struct instance *instance, const char *what, struct given **ret)
{
	struct given *given = pel_compiler_alloc(c, declared->n, sizeof(*given));
	const struct document *document = instance->document;
	int status = 0;

	if (!given)
		return -ENOMEM;
	for (size_t i = 0; i < actor->n_sets; i++) {
		const struct pel_decl_set *set = &actor->sets[i];
		uint32_t index = pel_params_index(declared, set->name.text);
		struct pel_near near = { 0 };

		if (index == PEL_NONE) {
			status = pel_fail(c->err, -EINVAL, pel_document_attr_place(document, &set->name),
					  "%s has no parameter '%s'", what, set->name.text);
			for (uint32_t j = 0; j < declared->n && c->suggestions; j++)
				pel_compiler_suggest(c, &near, set->name.text, declared->descs[j].name);
			if (near.name)
				pel_hint(c->err, "did you mean '%s'?", near.name);
			else
				pel_params_hint(c, declared);
		} else {
			given[index] = (struct given){ set->value.text, document->dir,
						       pel_document_attr_place(document, &set->value),
						       &instance->params->scope };
		}
	}
	*ret = given;
	return status;
}
