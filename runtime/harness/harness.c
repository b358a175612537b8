/* SPDX-License-Identifier: Apache-2.0 */
#include "harness-model.h"

#include <errno.h>
#include <string.h>
#include "builtin.h"
#include "graph-model.h"
#include "harness-params.h"
#include "registry.h"
#include "sized-options.h"
#include "tokens.h"
#include "unify.h"

static unsigned count_ports(const struct pel_port_desc *ports)
{
	unsigned n = 0;

	while (ports && ports[n].name)
		n++;
	return n;
}

/* ---- ports ---- */

/* The type terms of all ports, and their symbols. */
struct types {
	struct term **terms;
	struct symbols symbols;
};

static int types_init(struct pel_harness *harness, struct types *types, struct pel_error *err)
{
	unsigned n = harness->n_in + harness->n_out;

	*types = (struct types){ .symbols.room = n * (1 + PEL_MAX_DIMS) };
	types->terms = pel_arena_array(&harness->arena, n + 1, sizeof(struct term *));
	types->symbols.terms = pel_arena_array(&harness->arena, types->symbols.room + 1, sizeof(struct term *));
	return types->terms && types->symbols.terms ? 0 : pel_nomem(err);
}

static int set_type(struct pel_harness *harness, struct types *types, const struct pel_port_desc *desc,
		    unsigned i, struct pel_error *err)
{
	struct pel_scope scope = pel_harness_scope(harness);
	struct pel_type_expr expr;
	int r = pel_type_expr_parse(desc->type, &scope, desc->name, (struct pel_place){ 0 }, &harness->arena,
				    &expr, NULL);

	if (r == -EINVAL)
		return pel_harness_fail(harness, err,
					"port '%s' has type '%s', which is not valid with these parameters",
					desc->name, desc->type);
	if (r < 0 || !(types->terms[i] = pel_term_of_expr(&harness->arena, &expr, &types->symbols)))
		return pel_nomem(err);
	return 0;
}

/* Set the types of ports that have become known. Returns how many are known. */
static unsigned take_types(struct pel_harness *harness, const struct types *types)
{
	unsigned known = 0;

	for (unsigned i = 0; i < harness->n_in + harness->n_out; i++) {
		struct pel_harness_port *port = &harness->ports[i];
		struct pel_type type;

		if (!pel_term_known(types->terms[i], &type))
			continue;
		port->type = type;
		port->token_bytes = pel_type_bytes(&port->type);
		known++;
	}
	return known;
}

static bool any_rate(const uint64_t *rates, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rates[i])
			return true;
	return false;
}

static int set_rates(struct pel_harness *harness, const struct pel_port_desc *desc,
		     struct pel_harness_port *port, struct pel_error *err)
{
	struct pel_scope scope = pel_harness_scope(harness);
	struct pel_place nowhere = { 0 };
	const char *text = desc->rate ? desc->rate : "1";
	uint64_t *rates;
	int64_t history = 0;
	int r;

	port->name = desc->name;
	port->dynamic = strcmp(text, "*") == 0;
	harness->dynamic |= port->dynamic && port->connected;
	if (!port->dynamic) {
		r = pel_expr_u64_list(text, &scope, desc->name, PEL_MAX_RATE, PEL_MAX_PHASES, nowhere,
				      &harness->arena, &rates, &port->n_rates, NULL);
		if (r == -ENOMEM)
			return pel_nomem(err);
		if (r < 0 || !any_rate(rates, port->n_rates))
			return pel_harness_fail(
				harness, err,
				"port '%s' has rate '%s', which is not valid with these parameters",
				desc->name, text);
		port->rates = rates;
	}
	if (desc->history && pel_expr_i64(desc->history, &scope, desc->name, 0, (int64_t)PEL_MAX_RATE,
					  nowhere, &history, NULL) < 0)
		return pel_harness_fail(harness, err,
					"port '%s' has history '%s', which is not valid with these parameters",
					desc->name, desc->history);
	port->history = (uint64_t)history;
	return 0;
}

/* Set the type and the tokens of an input from the case. */
static int give_tokens(struct pel_harness *harness, struct types *types, const struct pel_port_desc *desc,
		       unsigned i, struct pel_error *err)
{
	const struct pel_harness_input *given = &harness->test->in[i];
	struct pel_harness_port *port = &harness->ports[i];
	struct term *term;

	if (pel_type_read(given->type, NULL, &port->type) < 0)
		return pel_harness_fail(harness, err, "input '%s' is given '%.100s', which is not a type",
					desc->name, given->type);
	if (!(term = pel_term_of_type(&harness->arena, &port->type)))
		return pel_nomem(err);
	if (pel_term_unify(types->terms[i], term) < 0)
		return pel_harness_fail(harness, err, "input '%s' is given type %s, which does not fit %s",
					desc->name, given->type, desc->type);
	port->token_bytes = pel_type_bytes(&port->type);
	port->tokens = given->tokens;
	port->data = port->given = given->data;
	return pel_harness_own_tokens(harness, port) < 0 ? pel_nomem(err) : 0;
}

static int set_port(struct pel_harness *harness, struct types *types, unsigned i, struct pel_error *err)
{
	bool in = i < harness->n_in;
	const struct pel_port_desc *desc = in ? &harness->kernel->in[i]
					      : &harness->kernel->out[i - harness->n_in];
	const struct pel_harness_case *test = harness->test;
	struct pel_harness_port *port = &harness->ports[i];
	int r;

	port->connected = in ? test->in && test->in[i].type
			     : !(test->unconnected_outs >> (i - harness->n_in) & 1);
	if (!port->connected && !(desc->flags & PEL_PORT_OPTIONAL))
		return pel_harness_fail(harness, err, "%s '%s' must be connected", in ? "input" : "output",
					desc->name);
	if ((r = set_type(harness, types, desc, i, err)) < 0 ||
	    (in && port->connected && (r = give_tokens(harness, types, desc, i, err)) < 0))
		return r;
	return set_rates(harness, desc, port, err);
}

/* ---- hooks ---- */

static int make_info(struct pel_harness *harness, struct pel_error *err, struct pel_info *info)
{
	unsigned n = harness->n_in + harness->n_out;
	struct pel_info_port *ports = pel_arena_array(&harness->arena, n + 1, sizeof(*ports));

	if (!ports)
		return pel_nomem(err);
	for (unsigned i = 0; i < n; i++) {
		const struct pel_harness_port *port = &harness->ports[i];

		ports[i] = (struct pel_info_port){ .connected = port->connected,
						   .dynamic = port->dynamic,
						   .type = port->token_bytes ? &port->type : NULL,
						   .rates = port->rates,
						   .n_rates = port->n_rates,
						   .history = port->history };
	}
	*info = (struct pel_info){ .actor = "test",
				   .err = err,
				   .kernel = harness->kernel,
				   .params = harness->params,
				   .in = ports,
				   .out = ports + harness->n_in,
				   .n_in = harness->n_in,
				   .n_out = harness->n_out,
				   .arena = &harness->arena };
	return 0;
}

static int take_resolved(struct pel_harness *harness, const struct pel_info_port *from, struct term *term,
			 struct pel_harness_port *port, struct pel_error *err)
{
	char a[192], b[PEL_TERM_BYTES];
	struct term *set;

	if (from->type_set) {
		if (!(set = pel_term_of_type(&harness->arena, from->type)))
			return pel_nomem(err);
		if (pel_term_unify(term, set) < 0)
			return pel_harness_fail(harness, err, "resolve() gives port '%s' type %s, but it is %s",
						port->name, pel_type_format(from->type, a, sizeof(a)),
						pel_term_format(term, b, sizeof(b)));
	}
	if (from->rates_set) {
		if (port->dynamic)
			return pel_harness_fail(harness, err,
						"resolve() gives port '%s' rates, but it is dynamic",
						port->name);
		port->rates = from->rates;
		port->n_rates = from->n_rates;
	}
	if (from->history_set)
		port->history = from->history;
	return 0;
}

static int resolve_once(struct pel_harness *harness, const struct types *types, struct pel_error *err)
{
	struct pel_info info;
	char text[128];
	int r = make_info(harness, err, &info);

	if (r < 0)
		return r;
	info.resolving = true;
	r = harness->kernel->resolve(&info);
	if (!pel_kernel_result_ok(r, false))
		return pel_harness_fail(harness, err, "%s",
					pel_kernel_result_text("resolve", r, false, NULL, text, sizeof(text)));
	if (r < 0 || info.misused)
		return r < 0 ? r : -EINVAL;
	for (unsigned i = 0; i < harness->n_in + harness->n_out; i++)
		if ((r = take_resolved(harness, &info.in[i], types->terms[i], &harness->ports[i], err)) < 0)
			return r;
	return 0;
}

/* Like the compiler, call resolve() again for as long as more types become known. */
static int resolve(struct pel_harness *harness, const struct types *types, struct pel_error *err)
{
	unsigned known = take_types(harness, types), before;
	int r;

	if (!harness->kernel->resolve)
		return 0;
	do {
		before = known;
		if ((r = resolve_once(harness, types, err)) < 0)
			return r;
		known = take_types(harness, types);
	} while (known != before);
	return 0;
}

static int set_ports(struct pel_harness *harness, struct pel_error *err)
{
	struct types types;
	int r = types_init(harness, &types, err);

	for (unsigned i = 0; r == 0 && i < harness->n_in + harness->n_out; i++)
		r = set_port(harness, &types, i, err);
	if (r < 0 || (r = resolve(harness, &types, err)) < 0)
		return r;
	for (unsigned i = 0; i < harness->n_out; i++)
		if (!harness->ports[harness->n_in + i].token_bytes)
			return pel_harness_fail(harness, err, "the type of output '%s' is unknown",
						harness->kernel->out[i].name);
	return 0;
}

int pel_harness_take(struct pel_harness_case *to, const struct pel_harness_case *from, struct pel_error *err)
{
	int r = PEL_OPTIONS_TAKE(pel_harness_case, to, from, err);

	return r < 0 ? r : pel_options_need(to->kernel, "struct pel_harness_case", "kernel", err);
}

int pel_harness_init(struct pel_harness *harness, const struct pel_harness_case *test, struct pel_error *err)
{
	uint64_t random = 1;
	int r;

	*harness = (struct pel_harness){ .test = test, .kernel = test->kernel, .best = pel_cpu() };
	if ((r = pel_kernel_check(test->kernel, (struct pel_place){ 0 }, err)) < 0)
		return r;
	harness->n_in = count_ports(test->kernel->in);
	harness->n_out = count_ports(test->kernel->out);
	harness->ports =
		pel_arena_array(&harness->arena, harness->n_in + harness->n_out, sizeof(*harness->ports));
	if (!harness->ports)
		return pel_nomem(err);
	if ((r = pel_harness_set_params(harness, err)) < 0 || (r = set_ports(harness, err)) < 0)
		return r;
	pel_harness_new_tokens(harness, &random);
	pel_harness_given_tokens(harness);
	return 0;
}

void pel_harness_fini(struct pel_harness *harness)
{
	pel_arena_fini(&harness->arena);
}

int pel_harness_start(struct pel_harness *harness, void **state, uint64_t *expected, struct pel_error *err)
{
	struct pel_info info;
	char text[128];
	int r;

	*state = NULL;
	if ((r = make_info(harness, err, &info)) < 0)
		return r;
	if (harness->kernel->init && (r = harness->kernel->init(&info, state)) != 0) {
		if (!pel_kernel_result_ok(r, false))
			return pel_harness_fail(harness, err, "%s",
						pel_kernel_result_text("init", r, false, NULL, text,
								       sizeof(text)));
		if (err && !err->count && !err->lost)
			pel_fail(err, r, (struct pel_place){ 0 },
				 "test of %s: init() failed without a message: %s", harness->kernel->name,
				 strerror(-r));
		return r;
	}
	if (info.misused) {
		if (harness->kernel->fini)
			harness->kernel->fini(*state);
		*state = NULL;
		return -EINVAL;
	}
	if (expected)
		*expected = info.expected_firings;
	return 0;
}

int pel_harness_fpga(struct pel_harness *harness, struct pel_fpga *fpga, struct pel_error *err)
{
	struct pel_info info;
	char text[128];
	int r;

	if (!harness->kernel->fpga)
		return pel_fail(err, -ENOSYS, (struct pel_place){ 0 },
				"test of %s: it has no FPGA implementation", harness->kernel->name);
	if ((r = make_info(harness, err, &info)) < 0)
		return r;
	fpga->arena = &harness->arena;
	r = harness->kernel->fpga(&info, fpga);
	if (!pel_kernel_result_ok(r, false))
		return pel_harness_fail(harness, err, "%s",
					pel_kernel_result_text("fpga", r, false, NULL, text, sizeof(text)));
	if (r < 0 && err && !err->count && !err->lost)
		pel_fail(err, r, (struct pel_place){ 0 }, "test of %s: fpga() failed without a message: %s",
			 harness->kernel->name, strerror(-r));
	if (r >= 0 && info.misused)
		return -EINVAL;
	if (r == 0 && (!fpga->source || !fpga->kernel))
		return pel_harness_fail(harness, err, "fpga() did not set the source and the kernel's name");
	return r;
}

uint64_t pel_harness_tokens(const struct pel_harness_port *port, uint64_t firings)
{
	uint64_t cycle = 0, part = 0;

	for (size_t i = 0; i < port->n_rates; i++) {
		cycle += port->rates[i];
		if (i < firings % port->n_rates)
			part += port->rates[i];
	}
	return firings / port->n_rates * cycle + part;
}
