/* SPDX-License-Identifier: Apache-2.0 */
#include "compare-call.h"

#include <errno.h>
#include <string.h>
#include "expr.h"
#include "tokens.h"
#include "window.h"

int pel_compare_fail(struct pel_comparison *c, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pel_vfail(c->err, code, (struct pel_place){ 0 }, fmt, ap);
	va_end(ap);
	return code;
}

int pel_compare_returned(struct pel_comparison *c, const char *function, int r, bool may_end, const char *what)
{
	char text[128];

	if (!pel_kernel_result_ok(r, may_end))
		return pel_compare_fail(c, -EINVAL, "%s",
					pel_kernel_result_text(function, r, may_end, NULL, text, sizeof(text)));
	return r < 0 ? pel_compare_fail(c, r, "%s: %s", what, strerror(-r)) : r;
}

/* ---- scalars ---- */

struct batch_scope {
	struct pel_value batch;
	bool used;
};

static const struct pel_value *find_batch(const void *context, const char *name, struct pel_near *near)
{
	struct batch_scope *scope = (struct batch_scope *)context;

	if (near)
		pel_near_try(near, name, "batch");
	if (strcmp(name, "batch") != 0)
		return NULL;
	scope->used = true;
	return &scope->batch;
}

int pel_compare_scalar(struct pel_comparison *c, const struct pel_fpga_arg *arg, uint64_t batch,
		       struct pel_harness_arg *ret)
{
	struct batch_scope scope = { { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64, .i64 = (int64_t)batch },
				     false };
	struct pel_value value;
	char what[128];
	int r;

	if (!arg->value) {
		ret->real = arg->real;
		return 0;
	}
	snprintf(what, sizeof(what), "argument '%.100s'", arg->name ? arg->name : "");
	r = pel_expr_value(arg->value, &(struct pel_scope){ find_batch, &scope }, what,
			   (struct pel_place){ 0 }, &value, c->err);
	if (r < 0)
		return r;
	c->batches |= scope.used;
	ret->integer = value.kind == PEL_VALUE_F64    ? 0
		       : value.kind == PEL_VALUE_BOOL ? value.boolean
						      : value.i64;
	ret->real = value.kind == PEL_VALUE_F64	 ? value.f64
		    : value.elem == PEL_ELEM_U64 ? (double)(uint64_t)ret->integer
						 : (double)ret->integer;
	return 0;
}

/* ---- windows ---- */

static size_t tokens_of(const struct pel_harness_port *port, uint64_t firings)
{
	return port->connected ? pel_harness_tokens(port, firings) : 0;
}

/* Place the window of an input for `batch` firings, starting with firing `first`. *ret is its first token, after the history. */
static int place_in(struct pel_comparison *c, struct pel_guard *guard, unsigned i, uint64_t first,
		    uint64_t batch, unsigned char **ret)
{
	const struct pel_harness_port *port = pel_compare_in(c, i);

	*ret = pel_window_in(guard, port, tokens_of(port, first), tokens_of(port, batch), &c->random);
	return *ret ? 0 : pel_nomem(c->err);
}

static size_t data_align(size_t bytes)
{
	return bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : bytes % 2 == 0 ? 2 : 1;
}

static int place_memory(struct pel_comparison *c, struct pel_compare_arg *arg, const void *content,
			size_t bytes, size_t align)
{
	arg->bytes = bytes;
	arg->window = pel_guard_place(&arg->guard, bytes, align, &c->random);
	if (!arg->window)
		return pel_nomem(c->err);
	if (content)
		memcpy(arg->window, content, bytes);
	return 0;
}

static int place_arg(struct pel_comparison *c, size_t i, uint64_t first, uint64_t batch)
{
	const struct pel_fpga_arg *desc = &c->fpga.args[i];
	const struct pel_harness_port *port;
	struct pel_compare_arg *arg = &c->args[i];
	unsigned char *window = NULL;
	int r = 0;

	c->given[i] = (struct pel_harness_arg){ .name = desc->name };
	switch (desc->kind) {
	case PEL_FPGA_IN:
		port = pel_compare_in(c, desc->port);
		arg->bytes = (port->history + tokens_of(port, batch)) * port->token_bytes;
		r = place_in(c, &arg->guard, desc->port, first, batch, &window);
		arg->window = r == 0 ? window - port->history * port->token_bytes : NULL;
		break;
	case PEL_FPGA_OUT:
		port = pel_compare_out(c, desc->port);
		arg->bytes = tokens_of(port, batch) * port->token_bytes;
		arg->window = pel_window_out(&arg->guard, port, tokens_of(port, batch), &c->random);
		r = arg->window ? 0 : pel_nomem(c->err);
		break;
	case PEL_FPGA_DATA:
		r = place_memory(c, arg, desc->data, desc->bytes, data_align(desc->bytes));
		break;
	case PEL_FPGA_STATE:
		r = place_memory(c, arg, c->fpga_state, desc->bytes, data_align(desc->bytes));
		break;
	case PEL_FPGA_SCALAR:
		return pel_compare_scalar(c, desc, batch, &c->given[i]);
	}
	c->given[i].pointer = arg->window;
	c->given[i].bytes = arg->bytes;
	return r;
}

/* ---- a call of each implementation ---- */

static int call_cpu(struct pel_comparison *c, uint64_t first, uint64_t batch)
{
	struct pel_io io = { c->in,	  c->out,      c->in_tokens, c->out_tokens,
			     c->consumed, c->produced, &c->fired,    first };
	int r;

	for (unsigned i = 0; i < c->harness.n_in; i++) {
		const struct pel_harness_port *port = pel_compare_in(c, i);
		unsigned char *window;

		if (!port->connected)
			continue;
		if ((r = place_in(c, &c->in_guard[i], i, first, batch, &window)) < 0)
			return r;
		c->in[i] = window;
		c->in_tokens[i] = tokens_of(port, batch);
	}
	for (unsigned i = 0; i < c->harness.n_out; i++) {
		const struct pel_harness_port *port = pel_compare_out(c, i);

		if (!port->connected)
			continue;
		c->out_tokens[i] = tokens_of(port, batch);
		c->out[i] = pel_window_out(&c->out_guard[i], port, c->out_tokens[i], &c->random);
		if (!c->out[i])
			return pel_nomem(c->err);
	}
	c->fired = batch;
	r = c->harness.kernel->fire(c->cpu_state, &io, batch);
	return pel_compare_returned(c, "fire", r, true, "the CPU implementation failed");
}

/* Check that inputs, constants, and the memory around the windows have not changed. */
static int check_memory(struct pel_comparison *c)
{
	for (size_t i = 0; i < c->fpga.n_args; i++) {
		const struct pel_fpga_arg *desc = &c->fpga.args[i];
		const struct pel_compare_arg *arg = &c->args[i];
		const void *before = desc->data;

		if (desc->kind == PEL_FPGA_SCALAR)
			continue;
		if (!pel_guard_intact(&arg->guard))
			return pel_compare_fail(
				c, -EINVAL, "the FPGA implementation wrote outside the window of argument '%s'",
				desc->name);
		if (desc->kind == PEL_FPGA_IN)
			before = (const unsigned char *)c->in[desc->port] -
				 pel_compare_in(c, desc->port)->history *
					 pel_compare_in(c, desc->port)->token_bytes;
		if (before && memcmp(before, arg->window, arg->bytes) != 0)
			return pel_compare_fail(
				c, -EINVAL,
				"the FPGA implementation changed argument '%s', which it may only read",
				desc->name);
	}
	return 0;
}

static int call_fpga(struct pel_comparison *c, uint64_t first, uint64_t batch)
{
	int r = 0;

	for (size_t i = 0; i < c->fpga.n_args && r == 0; i++)
		r = place_arg(c, i, first, batch);
	if (r < 0)
		return r;
	r = c->call(c->context, c->fpga.source, c->fpga.kernel, c->given, c->fpga.n_args);
	if (r < 0)
		return pel_compare_fail(c, r, "function %s of %s cannot be called: %s", c->fpga.kernel,
					c->fpga.source, strerror(-r));
	if ((r = check_memory(c)) < 0)
		return r;
	for (size_t i = 0; i < c->fpga.n_args; i++)
		if (c->fpga.args[i].kind == PEL_FPGA_STATE)
			memcpy(c->fpga_state, c->args[i].window, c->state_bytes);
	return 0;
}

/* ---- comparing ---- */

static int compare_out(struct pel_comparison *c, const struct pel_fpga_arg *desc, const unsigned char *fpga,
		       uint64_t first, size_t tokens)
{
	const struct pel_harness_port *port = pel_compare_out(c, desc->port);
	const unsigned char *cpu = c->out[desc->port];
	size_t token = port->token_bytes;

	for (size_t at = 0; at < tokens * token; at++)
		if (cpu[at] != fpga[at])
			return pel_compare_fail(
				c, -EINVAL,
				"token %llu of output '%s' has 0x%02x at byte %zu from the FPGA implementation, but 0x%02x from the CPU implementation%s",
				(unsigned long long)(tokens_of(port, first) + at / token), port->name,
				fpga[at], at % token, cpu[at], pel_harness_about_nans(port, fpga, cpu, at));
	return 0;
}

int pel_compare_call(struct pel_comparison *c, uint64_t first, uint64_t batch)
{
	int ended = call_cpu(c, first, batch), r = ended < 0 ? ended : call_fpga(c, first, batch);

	for (size_t i = 0; i < c->fpga.n_args && r == 0; i++)
		if (c->fpga.args[i].kind == PEL_FPGA_OUT)
			r = compare_out(c, &c->fpga.args[i], c->args[i].window, first,
					tokens_of(pel_compare_out(c, c->fpga.args[i].port), c->fired));
	return r < 0 ? r : ended;
}
