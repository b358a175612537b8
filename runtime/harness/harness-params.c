/* SPDX-License-Identifier: Apache-2.0 */
#include "harness-params.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "builtin.h"

int pel_harness_fail(const struct pel_harness *harness, struct pel_error *err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pel_fail(err, -EINVAL, (struct pel_place){ 0 }, "test of %s: %s", harness->kernel->name, text);
}

/* ---- values ---- */

static size_t count_params(const struct pel_kernel *kernel)
{
	size_t n = 0;

	while (kernel->params && kernel->params[n].name)
		n++;
	return n;
}

/* State of evaluating the parameters. */
struct params {
	struct pel_harness *harness;
	size_t n;
	enum { UNKNOWN, ASKED, KNOWN } * state;
	struct pel_error *err;
	int failed; /* error of a parameter, already reported */
};

static int set_list(const struct params *params, const struct pel_param_desc *desc,
		    const struct pel_harness_param *given, struct pel_value *ret)
{
	struct pel_type elem;
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(desc->type, "["), desc->type);
	if (!strchr(desc->type, '[') || pel_type_read(name, NULL, &elem) < 0)
		return pel_harness_fail(params->harness, params->err,
					"parameter '%s' has type %s, but the test gives a list", desc->name,
					desc->type);
	*ret = (struct pel_value){ .kind = PEL_VALUE_LIST,
				   .elem = elem.elem,
				   .list = { given->data, given->count } };
	return 0;
}

static int set_text(const struct params *params, const struct pel_param_desc *desc, const char *text,
		    const struct pel_scope *scope, struct pel_value *ret)
{
	const char *dir = params->harness->test->dir;
	int r = pel_param_value(desc->type, text, scope, desc->name, dir, (struct pel_place){ 0 },
				&params->harness->arena, ret, NULL);

	if (r == -ENOMEM)
		return pel_nomem(params->err);
	if (r < 0 && !params->failed)
		return pel_harness_fail(params->harness, params->err,
					"parameter '%s' of type %s cannot be '%.100s' in a test", desc->name,
					desc->type, text);
	return r;
}

/* Accept infinities and NaNs: the graph language has no literals for them, but expressions can yield them. */
static bool set_not_finite(const struct pel_param_desc *desc, const char *text, struct pel_value *ret)
{
	bool single = strcmp(desc->type, "f32") == 0;
	char *end;
	double value = strtod(text, &end);

	if ((!single && strcmp(desc->type, "f64") != 0) || end == text || *end || isfinite(value))
		return false;
	/* A literal that overflows is an error, not an infinity. */
	if (isinf(value) && strchr("0123456789.", text[*text == '-' || *text == '+']))
		return false;
	*ret = (struct pel_value){ .kind = PEL_VALUE_F64,
				   .elem = single ? PEL_ELEM_F32 : PEL_ELEM_F64,
				   .f64 = value };
	return true;
}

static const struct pel_value *no_names(const void *context, const char *name, struct pel_near *near)
{
	(void)context, (void)name, (void)near;
	return NULL;
}

static const struct pel_harness_param *find_given(const struct pel_harness *harness, const char *name)
{
	const struct pel_harness_param *given = harness->test->params;

	for (; given && given->name; given++)
		if (strcmp(given->name, name) == 0)
			return given;
	return NULL;
}

static const struct pel_value *find_default(const void *context, const char *name, struct pel_near *near);

static int set_param(struct params *params, size_t i)
{
	const struct pel_param_desc *desc = &params->harness->kernel->params[i];
	const struct pel_harness_param *given = find_given(params->harness, desc->name);
	struct pel_scope defaults = { find_default, params }, none = { no_names, NULL };
	struct pel_value *value = &params->harness->params[i];
	int r = 0;

	params->state[i] = ASKED;
	if (given && given->data) {
		r = set_list(params, desc, given, value);
	} else if (given && given->text && strcmp(desc->type, "string") == 0) {
		/* Use the string as it is: in C, a dollar has no special meaning. */
		*value = (struct pel_value){ .kind = PEL_VALUE_STRING,
					     .string = given->text,
					     .dir = params->harness->test->dir };
	} else if (given && given->text) {
		if (!set_not_finite(desc, given->text, value))
			r = set_text(params, desc, given->text, &none, value);
	} else if (!given && desc->value) {
		r = set_text(params, desc, desc->value, &defaults, value);
	} else {
		r = pel_harness_fail(params->harness, params->err,
				     "parameter '%s' has no default and must be given", desc->name);
	}
	params->state[i] = KNOWN;
	if (r < 0)
		params->failed = r;
	return r;
}

/* A default may use other parameters, which are then evaluated first. */
static const struct pel_value *find_default(const void *context, const char *name, struct pel_near *near)
{
	struct params *params = (struct params *)context;

	(void)near;
	for (size_t i = 0; i < params->n && !params->failed; i++) {
		if (strcmp(params->harness->kernel->params[i].name, name) != 0)
			continue;
		if (params->state[i] == ASKED)
			params->failed = pel_harness_fail(params->harness, params->err,
							  "parameter '%s' depends on itself", name);
		if (params->state[i] == ASKED || (params->state[i] == UNKNOWN && set_param(params, i) < 0))
			return NULL;
		return &params->harness->params[i];
	}
	return NULL;
}

/* ---- all of them ---- */

static const struct pel_value *find_param(const void *context, const char *name, struct pel_near *near)
{
	const struct pel_harness *harness = context;
	const struct pel_param_desc *descs = harness->kernel->params;

	(void)near;
	for (size_t i = 0; descs && descs[i].name; i++)
		if (strcmp(descs[i].name, name) == 0)
			return &harness->params[i];
	return NULL;
}

struct pel_scope pel_harness_scope(const struct pel_harness *harness)
{
	return (struct pel_scope){ find_param, harness };
}

static int check_limits(const struct pel_harness *harness, size_t n, struct pel_error *err)
{
	struct pel_scope scope = pel_harness_scope(harness);

	for (size_t i = 0; i < n; i++) {
		const struct pel_param_desc *desc = &harness->kernel->params[i];

		if (pel_limits_check(desc, &harness->params[i], &scope, desc->name, (struct pel_place){ 0 },
				     NULL) < 0)
			return pel_harness_fail(harness, err, "parameter '%s' is outside its limits",
						desc->name);
	}
	return 0;
}

int pel_harness_set_params(struct pel_harness *harness, struct pel_error *err)
{
	struct params params = { .harness = harness, .n = count_params(harness->kernel), .err = err };
	int r;

	harness->params = pel_arena_array(&harness->arena, params.n + 1, sizeof(*harness->params));
	params.state = pel_arena_array(&harness->arena, params.n + 1, sizeof(*params.state));
	if (!harness->params || !params.state)
		return pel_nomem(err);
	for (const struct pel_harness_param *given = harness->test->params; given && given->name; given++)
		if (!find_param(harness, given->name, NULL))
			return pel_harness_fail(harness, err, "there is no parameter '%.100s'", given->name);
	for (size_t i = 0; i < params.n; i++)
		if (params.state[i] == UNKNOWN && (r = set_param(&params, i)) < 0)
			return r;
	return check_limits(harness, params.n, err);
}
