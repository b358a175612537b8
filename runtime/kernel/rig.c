/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <errno.h>
#include <string.h>
#include "builtin.h"
#include "registry.h"

#define PHASES_MAX 4096

static int bad(const struct pel_rig *rig, struct pel_error *err, const char *fmt, ...) PEL_PRINTF(3, 4);

static int bad(const struct pel_rig *rig, struct pel_error *err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pel_fail(err, -EINVAL, (struct pel_place){ 0 }, "test of %s: %s", rig->kernel->name, text);
}

static unsigned count_ports(const struct pel_port_desc *ports)
{
	unsigned n = 0;

	while (ports && ports[n].name)
		n++;
	return n;
}

/* ---- parameters ---- */

static int set_param(struct pel_rig *rig, const struct pel_param_desc *desc,
		     const struct pel_harness_param *given, struct pel_value *ret, struct pel_error *err)
{
	const char *text = given ? given->text : desc->value;
	int r;

	if (given && given->data) {
		struct pel_type elem;
		char name[16];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(desc->type, "["), desc->type);
		if (!strchr(desc->type, '[') || pel_type_read(name, NULL, &elem) < 0)
			return bad(rig, err, "parameter '%s' of type %s is given as a list", desc->name,
				   desc->type);
		*ret = (struct pel_value){ .kind = PEL_VALUE_LIST,
					   .elem = elem.elem,
					   .list = { given->data, given->count } };
		return 0;
	}
	if (!text)
		return bad(rig, err, "parameter '%s' has no default and must be given", desc->name);
	r = pel_rig_param(&rig->arena, desc->type, text, ret);
	if (r == -EINVAL)
		return bad(rig, err, "parameter '%s' of type %s cannot be '%.100s' in a test", desc->name,
			   desc->type, text);
	if (r == 0 && ret->kind == PEL_VALUE_STRING)
		ret->dir = rig->test->dir;
	return r < 0 ? pel_nomem(err) : 0;
}

static int check_limits(const struct pel_rig *rig, size_t n, struct pel_error *err)
{
	struct pel_rig_scope scope = { .kernel = rig->kernel, .params = rig->params };

	for (size_t i = 0; i < n; i++) {
		const struct pel_param_desc *desc = &rig->kernel->params[i];
		int r = pel_rig_outside(&scope, desc, &rig->params[i]);

		if (r)
			return bad(rig, err,
				   r > 0 ? "parameter '%s' is outside its limits"
					 : "the limits of parameter '%s' mean nothing with these parameters",
				   desc->name);
	}
	return 0;
}

static int set_params(struct pel_rig *rig, struct pel_error *err)
{
	const struct pel_param_desc *descs = rig->kernel->params;
	const struct pel_harness_param *given = rig->test->params;
	size_t n = 0;
	int r;

	while (descs && descs[n].name)
		n++;
	rig->params = pel_arena_array(&rig->arena, n + 1, sizeof(*rig->params));
	if (!rig->params)
		return pel_nomem(err);
	for (size_t j = 0; given && given[j].name; j++) {
		size_t i = 0;

		while (i < n && strcmp(descs[i].name, given[j].name) != 0)
			i++;
		if (i == n)
			return bad(rig, err, "there is no parameter '%.100s'", given[j].name);
	}
	for (size_t i = 0; i < n; i++) {
		const struct pel_harness_param *mine = NULL;

		for (size_t j = 0; given && given[j].name; j++)
			if (strcmp(given[j].name, descs[i].name) == 0)
				mine = &given[j];
		if ((r = set_param(rig, &descs[i], mine, &rig->params[i], err)) < 0)
			return r;
	}
	return check_limits(rig, n, err);
}

/* ---- ports ---- */

static int set_rates(struct pel_rig *rig, const struct pel_rig_scope *scope, const struct pel_port_desc *desc,
		     struct pel_rig_port *port, struct pel_error *err)
{
	uint64_t rates[PHASES_MAX], history = 0;
	int n;

	port->name = desc->name;
	port->dynamic = desc->rate && strcmp(desc->rate, "*") == 0;
	rig->dynamic |= port->dynamic && port->connected;
	if (!port->dynamic) {
		n = pel_rig_rates(scope, desc->rate ? desc->rate : "1", rates, PHASES_MAX);
		if (n < 0)
			return bad(rig, err,
				   "port '%s' has the rate '%s', which means nothing with these parameters",
				   desc->name, desc->rate);
		port->rates = pel_arena_array(&rig->arena, (size_t)n, sizeof(*rates));
		if (!port->rates)
			return pel_nomem(err);
		memcpy(port->rates, rates, (size_t)n * sizeof(*rates));
		port->n_rates = (size_t)n;
	}
	/* A history may be 0, a list of rates not. */
	if (desc->history && strcmp(desc->history, "0") != 0 &&
	    pel_rig_rates(scope, desc->history, &history, 1) < 0)
		return bad(rig, err,
			   "port '%s' has the history '%s', which means nothing with these parameters",
			   desc->name, desc->history);
	port->history = history;
	return 0;
}

static int set_in(struct pel_rig *rig, struct pel_rig_scope *scope, unsigned i, struct pel_error *err)
{
	const struct pel_port_desc *desc = &rig->kernel->in[i];
	const struct pel_harness_input *given = rig->test->in ? &rig->test->in[i] : NULL;
	struct pel_rig_port *port = &rig->ports[i];

	port->connected = given && given->type;
	if (!port->connected && !(desc->flags & PEL_PORT_OPTIONAL))
		return bad(rig, err, "input '%s' must be connected", desc->name);
	if (port->connected) {
		if (pel_type_read(given->type, NULL, &port->type) < 0)
			return bad(rig, err, "input '%s' is given type '%.100s', which is none", desc->name,
				   given->type);
		if (pel_rig_unify(scope, desc->type, &port->type) < 0)
			return bad(rig, err, "input '%s' is given type %s, which does not fit %s", desc->name,
				   given->type, desc->type);
		port->token_bytes = pel_type_bytes(&port->type);
		port->tokens = given->tokens;
		port->data = port->given = given->data;
		if (pel_rig_own_tokens(rig, port) < 0)
			return pel_nomem(err);
	}
	return set_rates(rig, scope, desc, port, err);
}

static int set_out(struct pel_rig *rig, const struct pel_rig_scope *scope, unsigned i, struct pel_error *err)
{
	const struct pel_port_desc *desc = &rig->kernel->out[i];
	struct pel_rig_port *port = &rig->ports[rig->n_in + i];

	port->connected = i >= 64 || !(rig->test->unconnected_outs >> i & 1);
	if (!port->connected && !(desc->flags & PEL_PORT_OPTIONAL))
		return bad(rig, err, "output '%s' must be connected", desc->name);
	return set_rates(rig, scope, desc, port, err);
}

/* ---- hooks ---- */

static int make_info(struct pel_rig *rig, struct pel_error *err, struct pel_info *info)
{
	unsigned n = rig->n_in + rig->n_out;
	struct pel_info_port *ports = pel_arena_array(&rig->arena, n + 1, sizeof(*ports));

	if (!ports)
		return pel_nomem(err);
	for (unsigned i = 0; i < n; i++) {
		const struct pel_rig_port *port = &rig->ports[i];

		ports[i] = (struct pel_info_port){ .connected = port->connected,
						   .dynamic = port->dynamic,
						   .type = port->token_bytes ? &port->type : NULL,
						   .rates = port->rates,
						   .n_rates = port->n_rates,
						   .history = port->history };
	}
	*info = (struct pel_info){ .actor = "test",
				   .err = err,
				   .kernel = rig->kernel,
				   .params = rig->params,
				   .in = ports,
				   .out = ports + rig->n_in,
				   .n_in = rig->n_in,
				   .n_out = rig->n_out,
				   .arena = &rig->arena };
	return 0;
}

static int take_resolved(struct pel_rig *rig, const struct pel_info_port *from, struct pel_rig_port *port,
			 struct pel_error *err)
{
	char a[192], b[192];

	if (from->type_set) {
		if (port->token_bytes && !pel_type_equal(&port->type, from->type))
			return bad(rig, err, "resolve() gives port '%s' type %s, but it is %s", port->name,
				   pel_type_format(from->type, a, sizeof(a)),
				   pel_type_format(&port->type, b, sizeof(b)));
		port->type = *from->type;
		port->token_bytes = pel_type_bytes(&port->type);
	}
	if (from->rates_set) {
		if (port->dynamic)
			return bad(rig, err, "resolve() gives port '%s' rates, but it is dynamic", port->name);
		port->rates = (uint64_t *)from->rates;
		port->n_rates = from->n_rates;
	}
	if (from->history_set)
		port->history = from->history;
	return 0;
}

static int resolve(struct pel_rig *rig, struct pel_error *err)
{
	struct pel_info info;
	char text[128];
	int r = make_info(rig, err, &info);

	if (r < 0)
		return r;
	info.resolving = true;
	r = rig->kernel->resolve(&info);
	if (!pel_kernel_result_ok(r, false))
		return bad(rig, err, "%s",
			   pel_kernel_result_text("resolve", r, false, NULL, text, sizeof(text)));
	if (r < 0 || info.misused)
		return r < 0 ? r : -EINVAL;
	for (unsigned i = 0; i < rig->n_in + rig->n_out; i++)
		if ((r = take_resolved(rig, &info.in[i], &rig->ports[i], err)) < 0)
			return r;
	return 0;
}

int pel_rig_init(struct pel_rig *rig, const struct pel_harness_case *test, struct pel_error *err)
{
	struct pel_rig_scope scope;
	uint64_t random = 1;
	int r;

	*rig = (struct pel_rig){ .test = test, .kernel = test->kernel, .best = pel_cpu() };
	if ((r = pel_kernel_check(test->kernel, (struct pel_place){ 0 }, err)) < 0)
		return r;
	rig->n_in = count_ports(test->kernel->in);
	rig->n_out = count_ports(test->kernel->out);
	rig->ports = pel_arena_array(&rig->arena, rig->n_in + rig->n_out, sizeof(*rig->ports));
	if (!rig->ports)
		return pel_nomem(err);
	if ((r = set_params(rig, err)) < 0)
		return r;
	memset(&scope, 0, sizeof(scope));
	scope.kernel = rig->kernel;
	scope.params = rig->params;
	for (unsigned i = 0; i < rig->n_in; i++)
		if ((r = set_in(rig, &scope, i, err)) < 0)
			return r;
	for (unsigned i = 0; i < rig->n_out; i++) {
		struct pel_rig_port *port = &rig->ports[rig->n_in + i];

		if ((r = set_out(rig, &scope, i, err)) < 0)
			return r;
		/* What is not known yet is resolve()'s to say. */
		if (pel_rig_type(&scope, rig->kernel->out[i].type, &port->type) == 0)
			port->token_bytes = pel_type_bytes(&port->type);
	}
	if (rig->kernel->resolve && (r = resolve(rig, err)) < 0)
		return r;
	for (unsigned i = 0; i < rig->n_out; i++)
		if (!rig->ports[rig->n_in + i].token_bytes)
			return bad(rig, err, "the type of output '%s' is not known", rig->kernel->out[i].name);
	pel_rig_new_tokens(rig, &random);
	pel_rig_given_tokens(rig);
	return 0;
}

void pel_rig_fini(struct pel_rig *rig)
{
	pel_arena_fini(&rig->arena);
}

int pel_rig_start(struct pel_rig *rig, void **state, uint64_t *expected, struct pel_error *err)
{
	struct pel_info info;
	char text[128];
	int r;

	*state = NULL;
	if ((r = make_info(rig, err, &info)) < 0)
		return r;
	if (rig->kernel->init && (r = rig->kernel->init(&info, state)) != 0) {
		if (!pel_kernel_result_ok(r, false))
			return bad(rig, err, "%s",
				   pel_kernel_result_text("init", r, false, NULL, text, sizeof(text)));
		if (err && !err->count && !err->lost)
			pel_fail(err, r, (struct pel_place){ 0 },
				 "test of %s: init() failed without a word: %s", rig->kernel->name,
				 strerror(-r));
		return r;
	}
	if (info.misused) {
		if (rig->kernel->fini)
			rig->kernel->fini(*state);
		*state = NULL;
		return -EINVAL;
	}
	if (expected)
		*expected = info.expected_firings;
	return 0;
}

int pel_rig_form(struct pel_rig *rig, struct pel_fpga *form, struct pel_error *err)
{
	struct pel_info info;
	char text[128];
	int r;

	if (!rig->kernel->fpga)
		return pel_fail(err, -ENOSYS, (struct pel_place){ 0 }, "test of %s: it has no FPGA form",
				rig->kernel->name);
	if ((r = make_info(rig, err, &info)) < 0)
		return r;
	form->arena = &rig->arena;
	r = rig->kernel->fpga(&info, form);
	if (!pel_kernel_result_ok(r, false))
		return bad(rig, err, "%s", pel_kernel_result_text("fpga", r, false, NULL, text, sizeof(text)));
	if (r < 0 && err && !err->count && !err->lost)
		pel_fail(err, r, (struct pel_place){ 0 }, "test of %s: fpga() failed without a word: %s",
			 rig->kernel->name, strerror(-r));
	if (r >= 0 && info.misused)
		return -EINVAL;
	if (r == 0 && (!form->source || !form->kernel))
		return bad(rig, err, "fpga() does not say which kernel it is");
	return r;
}

uint64_t pel_rig_tokens(const struct pel_rig_port *port, uint64_t firings)
{
	uint64_t cycle = 0, part = 0;

	for (size_t i = 0; i < port->n_rates; i++) {
		cycle += port->rates[i];
		if (i < firings % port->n_rates)
			part += port->rates[i];
	}
	return firings / port->n_rates * cycle + part;
}
