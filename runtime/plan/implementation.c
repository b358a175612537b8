/* SPDX-License-Identifier: Apache-2.0 */
#include "implementation.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "instance-model.h"
#include "kernel-use.h"
#include "plan-ports.h"

/*
 * Finds how to call an actor on a device: from the <fpga> of an inline kernel, or from the fpga() hook of a registered one. Scalars stay
 * expressions, because they may depend on the number of firings in a call.
 */

/* ---- scalars ---- */

/* The names that a scalar may use: the actor's parameters, and `batch`. */
struct scalar_scope {
	const struct pel_plan_actor *actor;
	struct pel_value batch;
	bool *asked; /* if non-NULL, set to true when the scalar uses `batch` */
};

static const struct pel_value *find_name(const void *context, const char *name, struct pel_near *near)
{
	const struct scalar_scope *scope = context;
	const struct pel_param_desc *params = scope->actor->kernel->params;

	if (strcmp(name, "batch") == 0) {
		if (scope->asked)
			*scope->asked = true;
		return &scope->batch;
	}
	for (uint32_t i = 0; params && params[i].name; i++) {
		if (strcmp(params[i].name, name) == 0)
			return &scope->actor->params[i];
		if (near)
			pel_near_try(near, name, params[i].name);
	}
	if (near)
		pel_near_try(near, name, "batch");
	return NULL;
}

static int scalar(const struct pel_plan_actor *actor, const struct pel_fpga_arg *arg, uint64_t batch,
		  bool *asked, struct pel_value *ret, struct pel_error *err)
{
	struct scalar_scope names = { actor,
				      { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64, .i64 = (int64_t)batch },
				      asked };
	struct pel_scope scope = { find_name, &names };
	char what[320];
	int r;

	if (!arg->value) {
		*ret = (struct pel_value){ .kind = PEL_VALUE_F64, .elem = PEL_ELEM_F64, .f64 = arg->real };
		return 0;
	}
	snprintf(what, sizeof(what), "argument %s%s%s of actor '%s' (%s)", arg->name ? "'" : "",
		 arg->name ? arg->name : arg->value, arg->name ? "'" : "", actor->id, actor->kernel->name);
	r = pel_expr_value(arg->value, &scope, what, arg->place, ret, err);
	if (r < 0)
		return r;
	if (ret->kind == PEL_VALUE_I64 || ret->kind == PEL_VALUE_F64 || ret->kind == PEL_VALUE_BOOL)
		return 0;
	pel_fail(err, -EINVAL, arg->place, "%s is not a number", what);
	pel_hint(err, "an argument of an FPGA kernel must be a port, a number or a bool");
	return -EINVAL;
}

int pel_plan_scalar(const struct pel_plan_actor *actor, const struct pel_fpga_arg *arg, uint64_t batch,
		    struct pel_value *ret, struct pel_error *err)
{
	return scalar(actor, arg, batch, NULL, ret, err);
}

/* ---- from <fpga> ---- */

static int file_text(struct compiler *c, const struct pel_plan_actor *actor, const struct document *document,
		     const struct pel_attr *attr, const char **ret)
{
	struct scalar_scope names = { .actor = actor };
	struct pel_scope scope = { find_name, &names };
	const char *text;
	int r;

	*ret = NULL;
	if (!attr->text)
		return 0;
	r = pel_expr_text(attr->text, &scope, "name of a file", pel_document_attr_place(document, attr),
			  &c->plan->arena, &text, c->err);
	if (r < 0)
		return r;
	*ret = pel_path_join(&c->plan->arena, document->dir, text);
	return *ret ? 0 : pel_nomem(c->err);
}

static uint32_t find_port(const struct pel_plan_actor *actor, const char *name, bool *out)
{
	for (uint32_t i = 0; i < pel_ports_count(actor); i++)
		if (strcmp(pel_port_number(actor, i)->name, name) == 0) {
			*out = i >= actor->n_in;
			return *out ? i - actor->n_in : i;
		}
	return PEL_NONE; /* impossible: the loader has checked it */
}

static int from_document(struct compiler *c, const struct pel_plan_actor *actor, const struct kernel_use *use,
			 struct pel_fpga *fpga)
{
	const struct pel_decl_fpga *decl = &use->decl->fpga;
	int r;

	fpga->place = pel_document_place(use->document, decl->line, decl->col);
	fpga->kernel = decl->kernel.text;
	if ((r = file_text(c, actor, use->document, &decl->xclbin, &fpga->xclbin)) < 0 ||
	    (r = file_text(c, actor, use->document, &decl->source, &fpga->source)) < 0)
		return r;
	fpga->args = pel_compiler_alloc_plan(c, decl->n_args, sizeof(*fpga->args));
	if (!fpga->args)
		return -ENOMEM;
	fpga->n_args = fpga->capacity = decl->n_args;
	for (size_t i = 0; i < decl->n_args; i++) {
		const struct pel_decl_arg *from = &decl->args[i];
		struct pel_fpga_arg *arg = &fpga->args[i];
		bool out = false;

		*arg = (struct pel_fpga_arg){ .kind = PEL_FPGA_SCALAR,
					      .name = from->name.text,
					      .value = from->value.text,
					      .place = pel_document_place(use->document, from->line,
									  from->col) };
		if (!from->port.text)
			continue;
		arg->port = find_port(actor, from->port.text, &out);
		arg->kind = out ? PEL_FPGA_OUT : PEL_FPGA_IN;
	}
	return 0;
}

/* ---- from a registered kernel ---- */

static int from_hook(struct compiler *c, const struct pel_plan_actor *actor, struct pel_fpga *fpga)
{
	size_t reported = pel_error_total(c->err);
	struct pel_info info;
	char text[128];
	int r = pel_plan_info(c->plan, actor, &c->plan->arena, c->err, &info);

	if (r < 0)
		return r;
	fpga->place = actor->place;
	r = actor->kernel->fpga(&info, fpga);
	if (!pel_kernel_result_ok(r, false))
		return pel_fail(c->err, -EPROTO, actor->place, "actor '%s' (%s): %s", actor->id,
				actor->kernel->name,
				pel_kernel_result_text("fpga", r, false, NULL, text, sizeof(text)));
	if (r == -ENOMEM)
		return pel_nomem(c->err);
	if (r >= 0 && info.misused)
		return -EINVAL;
	if (r < 0 && reported == pel_error_total(c->err))
		pel_fail(c->err, r, actor->place,
			 "actor '%s' (%s): the kernel's fpga() failed without a message: %s", actor->id,
			 actor->kernel->name, strerror(-r));
	return r;
}

/* ---- checks ---- */

static int check_port(struct compiler *c, const struct pel_plan_actor *actor, const struct pel_fpga *fpga,
		      uint32_t i)
{
	const struct pel_plan_port *port = pel_port_number(actor, i);
	bool out = i >= actor->n_in, passed = false;
	uint32_t number = out ? i - actor->n_in : i;

	if (port->dynamic || port->n_rates != 1) {
		pel_fail(c->err, -EINVAL, fpga->place,
			 "actor '%s' is placed on an FPGA, but port '%s' of kernel '%s' has a %s rate",
			 actor->id, port->name, actor->kernel->name, port->dynamic ? "dynamic" : "cyclic");
		pel_hint(c->err,
			 "an FPGA kernel moves the same number of tokens in every firing: give its ports one rate each");
		return -EINVAL;
	}
	for (size_t k = 0; k < fpga->n_args; k++)
		passed |= fpga->args[k].kind == (out ? PEL_FPGA_OUT : PEL_FPGA_IN) &&
			  fpga->args[k].port == number;
	if (passed == (port->n_channels > 0))
		return 0;
	if (passed)
		return pel_fail(c->err, -EINVAL, actor->place,
				"port '%s' of actor '%s' is not connected, but its FPGA kernel '%s' requires it",
				port->name, actor->id, fpga->kernel);
	pel_fail(c->err, -EINVAL, fpga->place,
		 "port '%s' of kernel '%s' is not an argument of its FPGA kernel '%s'", port->name,
		 actor->kernel->name, fpga->kernel);
	pel_hint(c->err, "add <arg port=\"%s\"/> at the position of that argument", port->name);
	return -EINVAL;
}

/* A state that is an argument of the calls needs a kernel that can save and restore it. */
static int check_state(struct compiler *c, const struct pel_plan_actor *actor, const struct pel_fpga *fpga)
{
	for (size_t k = 0; k < fpga->n_args; k++)
		if (fpga->args[k].kind == PEL_FPGA_STATE && (!actor->kernel->save || !actor->kernel->restore))
			return pel_fail(
				c->err, -EINVAL, actor->place,
				"the FPGA implementation of kernel '%s' has a state, but the kernel has no save() and restore()",
				actor->kernel->name);
	return 0;
}

static int check_scalars(struct compiler *c, const struct pel_plan_actor *actor, struct pel_fpga *fpga)
{
	struct pel_value value;
	int r, status = 0;

	for (size_t k = 0; k < fpga->n_args; k++) {
		if (fpga->args[k].kind != PEL_FPGA_SCALAR)
			continue;
		r = scalar(actor, &fpga->args[k], 1, &fpga->args[k].batched, &value, c->err);
		fpga->batched |= fpga->args[k].batched;
		if (r < 0)
			status = r;
	}
	return status;
}

int pel_implementation_make(struct compiler *c, uint32_t index)
{
	struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct kernel_use *use = c->work[index].use;
	struct pel_fpga *fpga = pel_compiler_alloc_plan(c, 1, sizeof(*fpga));
	int r, status = 0;

	if (!fpga)
		return -ENOMEM;
	fpga->arena = &c->plan->arena;
	r = use->decl && use->decl->fpga.line ? from_document(c, actor, use, fpga) : from_hook(c, actor, fpga);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < pel_ports_count(actor); i++)
		if ((r = check_port(c, actor, fpga, i)) < 0)
			status = r;
	if ((r = check_state(c, actor, fpga)) < 0 || (r = check_scalars(c, actor, fpga)) < 0)
		status = r;
	actor->fpga = fpga;
	return status;
}
