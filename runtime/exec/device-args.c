/* SPDX-License-Identifier: Apache-2.0 */
#include "device-stage.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- does the form fit the kernel? ---- */

static const struct pel_plan_port *port_of(const struct pel_plan_actor *actor, const struct pel_fpga_arg *arg)
{
	return arg->kind == PEL_FPGA_IN ? &actor->in[arg->port] : &actor->out[arg->port];
}

static bool elem_is_float(enum pel_elem elem)
{
	return elem == PEL_ELEM_F32 || elem == PEL_ELEM_F64 || elem == PEL_ELEM_CF32 || elem == PEL_ELEM_CF64;
}

/*
 * What the pointer points at must be the port's elements, the parts of complex ones, or something wider (a struct, a wide integer) that
 * divides the window. What the metadata does not tell is believed.
 */
static bool pointer_fits(const struct pel_plan_port *port, const struct pel_xclbin_arg *arg)
{
	const struct pel_type *type = port->type;
	uint32_t element = (uint32_t)pel_elem_bytes(type->elem);
	bool pairs = type->elem == PEL_ELEM_CF32 || type->elem == PEL_ELEM_CF64;

	if (!arg->element_bytes)
		return true;
	if (arg->element_bytes > sizeof(uint64_t) || type->elem == PEL_ELEM_BYTES)
		return port->rates[0] * port->token_bytes % arg->element_bytes == 0;
	return (arg->element_bytes == element || (pairs && arg->element_bytes == element / 2)) &&
	       (pairs || arg->is_float == elem_is_float(type->elem));
}

static int check_pointer(const struct run_device *device, const struct pel_plan_actor *actor,
			 const struct pel_fpga_arg *arg, const struct pel_xclbin_kernel *target, uint32_t i,
			 struct pel_error *err)
{
	const struct pel_xclbin_arg *to = &target->args[i];
	const struct pel_plan_port *port;
	char type[192];

	if (to->kind != PEL_XCLBIN_POINTER)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u ('%s') of FPGA kernel '%s' in %s is %s, but actor '%s' (%s) gives it a buffer",
			i, to->name, target->name, device_file(device, actor),
			to->kind == PEL_XCLBIN_SCALAR ? "a scalar" : "no pointer to global memory", actor->id,
			actor->kernel->name);
	if (to->read_only && arg->kind == PEL_FPGA_STATE)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u ('%s') of FPGA kernel '%s' in %s is a pointer to const; the state of actor '%s' (%s) cannot be written there",
			i, to->name, target->name, device_file(device, actor), actor->id, actor->kernel->name);
	if (arg->kind != PEL_FPGA_IN && arg->kind != PEL_FPGA_OUT)
		return 0;
	port = port_of(actor, arg);
	if (to->read_only && arg->kind == PEL_FPGA_OUT)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u ('%s') of FPGA kernel '%s' in %s is a pointer to const; output '%s' of actor '%s' (%s) cannot be written there",
			i, to->name, target->name, device_file(device, actor), port->name, actor->id,
			actor->kernel->name);
	if (pointer_fits(port, to))
		return 0;
	return pel_fail(
		err, -EINVAL, arg->place,
		"port '%s' of actor '%s' (%s) has tokens of type %s, but argument %u ('%s') of FPGA kernel '%s' in %s is %s",
		port->name, actor->id, actor->kernel->name, pel_type_format(port->type, type, sizeof(type)),
		i, to->name, target->name, device_file(device, actor), to->type);
}

static int check_arg(const struct run_device *device, const struct pel_plan_actor *actor,
		     const struct pel_fpga_arg *arg, const struct pel_xclbin_kernel *target, uint32_t i,
		     struct pel_error *err)
{
	const struct pel_xclbin_arg *to = &target->args[i];

	if (arg->name && strcmp(arg->name, to->name) != 0)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u of FPGA kernel '%s' is called '%s' in %s, and '%s' by actor '%s' (%s)",
			i, target->name, to->name, device_file(device, actor), arg->name, actor->id,
			actor->kernel->name);
	if (arg->kind != PEL_FPGA_SCALAR)
		return check_pointer(device, actor, arg, target, i, err);
	if (to->kind == PEL_XCLBIN_SCALAR && to->size <= sizeof(((struct pel_device_arg *)0)->value))
		return 0;
	if (to->kind == PEL_XCLBIN_SCALAR)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u ('%s') of FPGA kernel '%s' in %s has %u bytes, but the value that actor '%s' (%s) gives it has 8 at most",
			i, to->name, target->name, device_file(device, actor), to->size, actor->id,
			actor->kernel->name);
	return pel_fail(
		err, -EINVAL, arg->place,
		"argument %u ('%s') of FPGA kernel '%s' in %s is a %s, but actor '%s' (%s) gives it a value",
		i, to->name, target->name, device_file(device, actor),
		to->kind == PEL_XCLBIN_STREAM ? "stream" : "pointer", actor->id, actor->kernel->name);
}

static void hint_args(const struct run_device *device, const struct pel_xclbin_kernel *target,
		      struct pel_error *err)
{
	char names[512] = "";
	size_t used = 0;

	if (!device->packed) {
		pel_hint(err, "'pelton xclbin show %s' lists them", device->path);
		return;
	}
	for (uint32_t i = 0; i < target->n_args && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s'%s'", i ? ", " : "",
					 target->args[i].name);
	if (target->n_args)
		pel_hint(err, "they are %s", names);
}

int device_check_args(const struct run_device *device, const struct pel_plan_actor *actor,
		      const struct pel_xclbin_kernel *target, struct pel_error *err)
{
	const struct pel_fpga *form = actor->form;
	int r, status = 0;

	if (form->n_args != target->n_args) {
		pel_fail(err, -EINVAL, form->place,
			 "FPGA kernel '%s' in %s has %u argument%s, but actor '%s' (%s) gives it %zu",
			 target->name, device_file(device, actor), target->n_args,
			 target->n_args == 1 ? "" : "s", actor->id, actor->kernel->name, form->n_args);
		hint_args(device, target, err);
		return -EINVAL;
	}
	if (form->n_args > PEL_DEVICE_ARGS_MAX)
		return pel_fail(err, -EINVAL, form->place,
				"FPGA kernel '%s' has %u arguments; at most %d are possible", target->name,
				target->n_args, PEL_DEVICE_ARGS_MAX);
	for (uint32_t i = 0; i < target->n_args; i++)
		if ((r = check_arg(device, actor, &form->args[i], target, i, err)) < 0)
			status = r;
	return status;
}

/* ---- scalars ---- */

/* The bits of `value` as the argument has them. False: it does not fit. */
static bool scalar_bits(const struct pel_value *value, const struct pel_xclbin_arg *arg, uint64_t *ret)
{
	uint32_t bytes = arg->element_bytes && arg->element_bytes <= 8 ? arg->element_bytes : arg->size;
	bool is_unsigned = value->kind == PEL_VALUE_I64 && value->elem == PEL_ELEM_U64;
	int64_t number = value->kind == PEL_VALUE_BOOL ? value->boolean : value->i64;

	*ret = 0;
	if (arg->is_float) {
		double real = value->kind == PEL_VALUE_F64 ? value->f64
			      : is_unsigned		   ? (double)(uint64_t)number
							   : (double)number;
		float single = (float)real;

		memcpy(ret, bytes == 4 ? (void *)&single : (void *)&real, bytes == 4 ? 4 : 8);
		return true;
	}
	if (value->kind == PEL_VALUE_F64)
		return false;
	*ret = (uint64_t)number;
	if (bytes >= 8)
		return true;
	if (is_unsigned && number < 0)
		return false;
	return number >= -((int64_t)1 << (8 * bytes - 1)) && number < (int64_t)1 << (8 * bytes);
}

int device_scalars(struct device_stage *ds, uint64_t batch, struct pel_error *err)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	const struct pel_fpga *form = actor->form;

	for (uint32_t i = 0; i < form->n_args; i++) {
		const struct pel_xclbin_arg *to = &ds->target->args[i];
		const struct pel_fpga_arg *arg = &form->args[i];
		struct pel_value value;
		int r;

		if (arg->kind != PEL_FPGA_SCALAR)
			continue;
		r = pel_plan_scalar(actor, arg, batch, &value, err);
		if (r < 0)
			return r;
		if (scalar_bits(&value, to, &ds->scalars[i]))
			continue;
		if (value.kind == PEL_VALUE_F64)
			return pel_fail(
				err, -EINVAL, arg->place,
				"argument %u ('%s') of FPGA kernel '%s' is %s, but actor '%s' gives it %g", i,
				to->name, ds->target->name, to->type, actor->id, value.f64);
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u ('%s') of FPGA kernel '%s' is %s, but actor '%s' gives it %lld in a call for %llu firing%s",
			i, to->name, ds->target->name, to->type, actor->id, (long long)value.i64,
			(unsigned long long)batch, batch == 1 ? "" : "s");
	}
	ds->batch = batch;
	return 0;
}

/* ---- windows ---- */

/* Where block of the window of `tokens` tokens lies: `before` and `after` it are the rest of its block. */
static void set_range(struct pel_device_arg *arg, uint64_t before, uint64_t after, size_t memory_bytes)
{
	if (before > arg->offset || arg->offset + arg->bytes + after > memory_bytes)
		return; /* a window of padding, or one that lies otherwise: the window itself will do */
	arg->range_offset = arg->offset - before;
	arg->range_bytes = before + arg->bytes + after;
}

static void fill_window(struct device_stage *ds, const struct device_claim *claim, const struct pel_io *io,
			const struct pel_fpga_arg *from, uint32_t i, struct pel_device_arg *arg)
{
	const struct run_actor *actor = ds->actor;
	const struct pel_plan_port *port = port_of(actor->plan, from);
	bool in = from->kind == PEL_FPGA_IN;
	uint64_t token_bytes = port->token_bytes, tokens = (in ? io->in_tokens : io->out_tokens)[from->port],
		 history = in ? port->history : 0, block = actor->plan->block, in_block = claim->first % block;
	const unsigned char *window = in ? io->in[from->port] : io->out[from->port];

	arg->bytes = (history + tokens) * token_bytes;
	window -= history * token_bytes;
	if (ds->buffers[i] != PEL_NONE) {
		arg->kind = PEL_ARG_DEVICE;
		arg->buffer = ds->buffers[i];
		arg->offset = (uint64_t)(window - actor->run->rings[port->ring].slots);
		return;
	}
	arg->kind = in ? PEL_ARG_IN : PEL_ARG_OUT;
	arg->offset = (uint64_t)(window - actor->run->shared.base);
	if (!claim->padded)
		set_range(arg, in_block * port->rates[0] * token_bytes,
			  (block - in_block - claim->firings) * port->rates[0] * token_bytes,
			  actor->run->shared.bytes);
}

void device_fill_args(struct device_stage *ds, struct device_claim *claim, const struct pel_io *io)
{
	const struct pel_fpga *form = ds->actor->plan->form;

	for (uint32_t i = 0; i < form->n_args; i++) {
		const struct pel_fpga_arg *from = &form->args[i];
		struct pel_device_arg *arg = &claim->args[i];

		*arg = (struct pel_device_arg){ .index = i };
		switch (from->kind) {
		case PEL_FPGA_IN:
		case PEL_FPGA_OUT:
			fill_window(ds, claim, io, from, i, arg);
			break;
		case PEL_FPGA_SCALAR:
			arg->kind = PEL_ARG_SCALAR;
			arg->buffer = ds->target->args[i].is_float;
			arg->bytes = ds->target->args[i].size;
			arg->value = ds->scalars[i];
			break;
		case PEL_FPGA_DATA:
		case PEL_FPGA_STATE:
			arg->kind = from->kind == PEL_FPGA_DATA ? PEL_ARG_CONSTANT : PEL_ARG_INOUT;
			arg->offset = ds->data[i];
			arg->bytes = from->bytes;
			break;
		}
	}
}
