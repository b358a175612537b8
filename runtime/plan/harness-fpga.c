/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/harness.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "expr.h"
#include "rig.h"

/*
 * pel_harness_compare_fpga(). It stands here, above the rest of the harness, since the scalars of a form are expressions of the graph
 * language. Both forms execute every call, on the same tokens in windows of their own; what they write is compared at once.
 */
#define BATCH_MAX   40
#define FIRINGS_MAX 64 /* of a kernel without inputs, if the case does not say */
#define ARGS_MAX    64

struct form_arg {
	struct pel_rig_guard guard;
	void *window;
	size_t bytes, align;
};

struct comparison {
	const struct pel_harness_case *test;
	pel_harness_call *call;
	void *context;
	unsigned rounds;
	uint64_t random;
	struct pel_error *err;
	struct pel_rig rig;
	struct pel_fpga form;
	bool batches;	  /* the form mentions $batch */
	void *cpu_state;  /* the kernel's */
	void *fpga_state; /* malloc'ed, as save() gave it */
	size_t state_bytes;
	struct form_arg args[ARGS_MAX];
	struct pel_harness_arg given[ARGS_MAX];
	struct pel_rig_guard in_guard[PEL_RIG_PORTS], out_guard[PEL_RIG_PORTS]; /* of the CPU form */
	const void *in[PEL_RIG_PORTS];
	void *out[PEL_RIG_PORTS];
	size_t in_tokens[PEL_RIG_PORTS], out_tokens[PEL_RIG_PORTS], consumed[PEL_RIG_PORTS],
		produced[PEL_RIG_PORTS];
	size_t fired;
};

static int wrong(struct comparison *c, int code, const char *fmt, ...) PEL_PRINTF(3, 4);

static int wrong(struct comparison *c, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pel_vfail(c->err, code, (struct pel_place){ 0 }, fmt, ap);
	va_end(ap);
	return code;
}

static const struct pel_rig_port *in_port(const struct comparison *c, unsigned i)
{
	return &c->rig.ports[i];
}

static const struct pel_rig_port *out_port(const struct comparison *c, unsigned i)
{
	return &c->rig.ports[c->rig.n_in + i];
}

static size_t element_align(const struct pel_rig_port *port)
{
	return port->type.elem == PEL_ELEM_BYTES ? 1 : port->type.elem_bytes;
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

static int scalar(struct comparison *c, const struct pel_fpga_arg *arg, uint64_t batch,
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

/* ---- the form as such ---- */

static int check_port_arg(struct comparison *c, const struct pel_fpga_arg *arg)
{
	bool in = arg->kind == PEL_FPGA_IN;
	unsigned n = in ? c->rig.n_in : c->rig.n_out;

	if (arg->port >= n)
		return wrong(c, -EINVAL, "argument '%s' is for %s number %u, and there are %u", arg->name,
			     in ? "input" : "output", arg->port, n);
	if (!(in ? in_port(c, arg->port) : out_port(c, arg->port))->connected)
		return wrong(c, -EINVAL, "argument '%s' is for %s '%s', which is not connected", arg->name,
			     in ? "input" : "output",
			     (in ? in_port(c, arg->port) : out_port(c, arg->port))->name);
	return 0;
}

static int check_form(struct comparison *c)
{
	const struct pel_kernel *kernel = c->rig.kernel;
	struct pel_harness_arg unused = { 0 };
	int r = 0;

	if (c->form.n_args > ARGS_MAX)
		return wrong(c, -EINVAL, "the FPGA form has %zu arguments; it may have %d", c->form.n_args,
			     ARGS_MAX);
	for (unsigned i = 0; i < c->rig.n_in + c->rig.n_out; i++)
		if (c->rig.ports[i].dynamic || c->rig.ports[i].n_rates != 1)
			return wrong(c, -EINVAL, "an FPGA form needs constant rates, and port '%s' has another",
				     c->rig.ports[i].name);
	for (size_t i = 0; i < c->form.n_args && r == 0; i++) {
		const struct pel_fpga_arg *arg = &c->form.args[i];

		if (arg->kind == PEL_FPGA_SCALAR)
			r = scalar(c, arg, 1, &unused);
		else if (arg->kind == PEL_FPGA_IN || arg->kind == PEL_FPGA_OUT)
			r = check_port_arg(c, arg);
		else if (arg->kind == PEL_FPGA_STATE && !kernel->save)
			r = wrong(c, -EINVAL,
				  "argument '%s' is the state, which cannot be saved and restored", arg->name);
	}
	return r;
}

/* ---- states ---- */

static bool has_state(const struct comparison *c)
{
	for (size_t i = 0; i < c->form.n_args; i++)
		if (c->form.args[i].kind == PEL_FPGA_STATE)
			return true;
	return false;
}

/* What is wrong with what a function of the CPU form returned; 0: nothing. `what` it failed to do. */
static int check_returned(struct comparison *c, const char *function, int r, bool may_end, const char *what)
{
	char text[128];

	if (!pel_kernel_result_ok(r, may_end))
		return wrong(c, -EINVAL, "%s",
			     pel_kernel_result_text(function, r, may_end, NULL, text, sizeof(text)));
	return r < 0 ? wrong(c, r, "%s: %s", what, strerror(-r)) : r;
}

/* The FPGA form goes on from where the CPU form is. */
static int take_state(struct comparison *c)
{
	int r;

	free(c->fpga_state);
	c->fpga_state = NULL;
	r = check_returned(c, "save", c->rig.kernel->save(c->cpu_state, &c->fpga_state, &c->state_bytes),
			   false, "save() failed");
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->form.n_args; i++)
		if (c->form.args[i].kind == PEL_FPGA_STATE && c->form.args[i].bytes != c->state_bytes)
			return wrong(c, -EINVAL, "argument '%s' is a state of %zu bytes, and save() gives %zu",
				     c->form.args[i].name, c->form.args[i].bytes, c->state_bytes);
	return 0;
}

/* One form takes over from the other, or neither. */
static int hand_over(struct comparison *c)
{
	uint64_t choice = pel_rig_random(&c->random) % 4;

	if (choice == 0)
		return take_state(c);
	if (choice == 1)
		return check_returned(c, "restore",
				      c->rig.kernel->restore(c->cpu_state, c->fpga_state, c->state_bytes),
				      false, "restore() does not take the state that the FPGA form left");
	return 0;
}

/* ---- windows ---- */

static size_t tokens_of(const struct pel_rig_port *port, uint64_t firings)
{
	return port->connected ? pel_rig_tokens(port, firings) : 0;
}

/* The window of an input for `batch` firings from number `first`, with its history: zeros before the first token. */
static unsigned char *place_in(struct comparison *c, struct pel_rig_guard *guard, unsigned i, uint64_t first,
			       uint64_t batch)
{
	const struct pel_rig_port *port = in_port(c, i);
	const unsigned char *data = port->data;
	size_t at = tokens_of(port, first), tokens = tokens_of(port, batch), history = port->history;
	size_t bytes = port->token_bytes, zeros = at < history ? history - at : 0;
	unsigned char *window =
		pel_rig_guard_place(guard, (history + tokens) * bytes, element_align(port), &c->random);

	if (!window)
		return NULL;
	if (zeros > history + tokens)
		zeros = history + tokens;
	memset(window, 0, zeros * bytes);
	memcpy(window + zeros * bytes, data + (at + zeros - history) * bytes,
	       (history + tokens - zeros) * bytes);
	return window;
}

static size_t data_align(size_t bytes)
{
	return bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : bytes % 2 == 0 ? 2 : 1;
}

static int place_memory(struct comparison *c, struct form_arg *arg, const void *content, size_t bytes,
			size_t align)
{
	arg->bytes = bytes;
	arg->window = pel_rig_guard_place(&arg->guard, bytes, align, &c->random);
	if (!arg->window)
		return pel_nomem(c->err);
	if (content)
		memcpy(arg->window, content, bytes);
	return 0;
}

static int place_arg(struct comparison *c, size_t i, uint64_t first, uint64_t batch)
{
	const struct pel_fpga_arg *desc = &c->form.args[i];
	const struct pel_rig_port *port;
	struct form_arg *arg = &c->args[i];
	int r = 0;

	c->given[i] = (struct pel_harness_arg){ .name = desc->name };
	switch (desc->kind) {
	case PEL_FPGA_IN:
		port = in_port(c, desc->port);
		arg->bytes = (port->history + tokens_of(port, batch)) * port->token_bytes;
		arg->window = place_in(c, &arg->guard, desc->port, first, batch);
		r = arg->window ? 0 : pel_nomem(c->err);
		break;
	case PEL_FPGA_OUT:
		port = out_port(c, desc->port);
		r = place_memory(c, arg, NULL, tokens_of(port, batch) * port->token_bytes, element_align(port));
		break;
	case PEL_FPGA_DATA:
		r = place_memory(c, arg, desc->data, desc->bytes, data_align(desc->bytes));
		break;
	case PEL_FPGA_STATE:
		r = place_memory(c, arg, c->fpga_state, desc->bytes, data_align(desc->bytes));
		break;
	case PEL_FPGA_SCALAR:
		return scalar(c, desc, batch, &c->given[i]);
	}
	c->given[i].pointer = arg->window;
	c->given[i].bytes = arg->bytes;
	return r;
}

/* ---- a call of each form ---- */

static int call_cpu(struct comparison *c, uint64_t first, uint64_t batch)
{
	struct pel_io io = { c->in,	  c->out,      c->in_tokens, c->out_tokens,
			     c->consumed, c->produced, &c->fired,    first };
	int r;

	for (unsigned i = 0; i < c->rig.n_in; i++) {
		const struct pel_rig_port *port = in_port(c, i);
		unsigned char *window;

		if (!port->connected)
			continue;
		if (!(window = place_in(c, &c->in_guard[i], i, first, batch)))
			return pel_nomem(c->err);
		c->in[i] = window + port->history * port->token_bytes;
		c->in_tokens[i] = tokens_of(port, batch);
	}
	for (unsigned i = 0; i < c->rig.n_out; i++) {
		const struct pel_rig_port *port = out_port(c, i);

		if (!port->connected)
			continue;
		c->out_tokens[i] = tokens_of(port, batch);
		c->out[i] = pel_rig_guard_place(&c->out_guard[i], c->out_tokens[i] * port->token_bytes,
						element_align(port), &c->random);
		if (!c->out[i])
			return pel_nomem(c->err);
	}
	c->fired = batch;
	r = c->rig.kernel->fire(c->cpu_state, &io, batch);
	return check_returned(c, "fire", r, true, "the CPU form failed");
}

/* What may not change: inputs and constants, and everything around the windows. */
static int check_memory(struct comparison *c)
{
	for (size_t i = 0; i < c->form.n_args; i++) {
		const struct pel_fpga_arg *desc = &c->form.args[i];
		const struct form_arg *arg = &c->args[i];
		const void *before = desc->data;

		if (desc->kind == PEL_FPGA_SCALAR)
			continue;
		if (!pel_rig_guard_intact(&arg->guard))
			return wrong(c, -EINVAL, "the FPGA form wrote outside of the window of argument '%s'",
				     desc->name);
		if (desc->kind == PEL_FPGA_IN)
			before = (const unsigned char *)c->in[desc->port] -
				 in_port(c, desc->port)->history * in_port(c, desc->port)->token_bytes;
		if (before && memcmp(before, arg->window, arg->bytes) != 0)
			return wrong(c, -EINVAL, "the FPGA form changed argument '%s', which it may only read",
				     desc->name);
	}
	return 0;
}

static int call_fpga(struct comparison *c, uint64_t first, uint64_t batch)
{
	int r = 0;

	for (size_t i = 0; i < c->form.n_args && r == 0; i++)
		r = place_arg(c, i, first, batch);
	if (r < 0)
		return r;
	r = c->call(c->context, c->form.source, c->form.kernel, c->given, c->form.n_args);
	if (r < 0)
		return wrong(c, r, "function %s of %s cannot be called: %s", c->form.kernel, c->form.source,
			     strerror(-r));
	if ((r = check_memory(c)) < 0)
		return r;
	for (size_t i = 0; i < c->form.n_args; i++)
		if (c->form.args[i].kind == PEL_FPGA_STATE)
			memcpy(c->fpga_state, c->args[i].window, c->state_bytes);
	return 0;
}

/* ---- comparing ---- */

static int compare_out(struct comparison *c, const struct pel_fpga_arg *desc, const unsigned char *fpga,
		       uint64_t first, size_t tokens)
{
	const struct pel_rig_port *port = out_port(c, desc->port);
	const unsigned char *cpu = c->out[desc->port];
	size_t token = port->token_bytes;

	for (size_t at = 0; at < tokens * token; at++)
		if (cpu[at] != fpga[at])
			return wrong(
				c, -EINVAL,
				"token %llu of output '%s' has 0x%02x at byte %zu in the FPGA form, and 0x%02x in the CPU form%s",
				(unsigned long long)(tokens_of(port, first) + at / token), port->name,
				fpga[at], at % token, cpu[at], pel_rig_about_nans(port, fpga, cpu, at));
	return 0;
}

static int compare_call(struct comparison *c, uint64_t first, uint64_t batch)
{
	int ended = call_cpu(c, first, batch), r = ended < 0 ? ended : call_fpga(c, first, batch);

	for (size_t i = 0; i < c->form.n_args && r == 0; i++)
		if (c->form.args[i].kind == PEL_FPGA_OUT)
			r = compare_out(c, &c->form.args[i], c->args[i].window, first,
					tokens_of(out_port(c, c->form.args[i].port), c->fired));
	return r < 0 ? r : ended;
}

static uint64_t all_firings(const struct comparison *c)
{
	uint64_t firings = c->test->max_firings ? c->test->max_firings : UINT64_MAX;

	for (unsigned i = 0; i < c->rig.n_in; i++)
		if (in_port(c, i)->connected && in_port(c, i)->rates[0] &&
		    c->test->in[i].tokens / in_port(c, i)->rates[0] < firings)
			firings = c->test->in[i].tokens / in_port(c, i)->rates[0];
	return firings == UINT64_MAX ? FIRINGS_MAX : firings;
}

/* 1, a few, or all that are left: windows at the seams and the longest there can be. */
static uint64_t choose_batch(struct comparison *c, uint64_t left)
{
	uint64_t choice = pel_rig_random(&c->random);

	if (!c->batches || choice % 8 == 0)
		return 1;
	if (choice % 8 == 1)
		return left;
	return pel_rig_random(&c->random) % (left < BATCH_MAX ? left : BATCH_MAX) + 1;
}

static int compare_all(struct comparison *c)
{
	uint64_t firings = all_firings(c);
	int r = 0;

	for (uint64_t done = 0; done < firings && r == 0;) {
		uint64_t batch = choose_batch(c, firings - done);

		r = compare_call(c, done, batch);
		done += batch;
		if (r == 0 && has_state(c))
			r = hand_over(c);
	}
	return r < 0 ? r : 0;
}

static int one_round(struct comparison *c, struct pel_rig_report *report)
{
	const char *cpu = pel_rig_choose_cpu(&c->rig, &c->random);
	int r;

	pel_rig_new_tokens(&c->rig, &c->random);
	if ((r = pel_rig_start(&c->rig, &c->cpu_state, NULL, c->err)) < 0)
		return r;
	if (!has_state(c) || (r = take_state(c)) == 0) {
		pel_rig_now(report, "FPGA form", cpu);
		r = compare_all(c);
	}
	if (c->rig.kernel->fini)
		c->rig.kernel->fini(c->cpu_state);
	free(c->fpga_state);
	c->fpga_state = NULL;
	return r;
}

static void release(struct comparison *c)
{
	for (size_t i = 0; i < ARGS_MAX; i++)
		pel_rig_guard_fini(&c->args[i].guard);
	for (size_t i = 0; i < PEL_RIG_PORTS; i++) {
		pel_rig_guard_fini(&c->in_guard[i]);
		pel_rig_guard_fini(&c->out_guard[i]);
	}
	pel_rig_fini(&c->rig);
}

static int compare(void *context, struct pel_rig_report *report, struct pel_error *err)
{
	struct comparison *c = context;
	int r;

	c->err = err;
	if ((r = pel_rig_init(&c->rig, c->test, err)) == 0 && (r = pel_rig_form(&c->rig, &c->form, err)) == 0)
		r = check_form(c);
	if (r == 0) {
		pel_rig_now(report, "FPGA form", NULL);
		for (report->round = 1; r == 0 && report->round <= c->rounds; report->round += r == 0)
			r = one_round(c, report);
	}
	release(c);
	return r;
}

int pel_harness_compare_fpga(const struct pel_harness_case *test, pel_harness_call *call, void *context,
			     unsigned rounds, uint64_t seed, struct pel_error *err)
{
	struct comparison *c = pel_calloc(1, sizeof(*c));
	int r;

	if (!c)
		return pel_nomem(err);
	*c = (struct comparison){
		.test = test, .call = call, .context = context, .rounds = rounds, .random = seed
	};
	r = pel_rig_in_child(test->kernel, compare, c, err);
	pel_free(c);
	return r;
}
