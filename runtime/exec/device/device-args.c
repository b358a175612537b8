/* SPDX-License-Identifier: Apache-2.0 */
#include "device-args.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include "number.h"

/* ---- do the arguments match the kernel? ---- */

static const struct pel_plan_port *port_of(const struct pel_plan_actor *actor, const struct pel_fpga_arg *arg)
{
	return arg->kind == PEL_FPGA_IN ? &actor->in[arg->port] : &actor->out[arg->port];
}

static bool elem_is_float(enum pel_elem elem)
{
	return elem == PEL_ELEM_F32 || elem == PEL_ELEM_F64 || elem == PEL_ELEM_CF32 || elem == PEL_ELEM_CF64;
}

/*
 * The pointer's elements must be those of the port, or the parts of complex ones, or something wider (a
 * struct, a wide integer) that divides the window. If the metadata does not give the size, assume that it is
 * right.
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

static int hint_const(const struct pel_xclbin_kernel *target, const struct pel_xclbin_arg *arg,
		      struct pel_error *err)
{
	pel_hint(err,
		 "the arguments may be in a different order from those of '%s'; or remove const from its argument '%s'",
		 target->name, arg->name);
	return -EINVAL;
}

static int check_pointer(const struct pel_run_device *device, const struct pel_plan_actor *actor,
			 const struct pel_fpga_arg *arg, const struct pel_xclbin_kernel *target, uint32_t i,
			 struct pel_error *err)
{
	const struct pel_xclbin_arg *to = &target->args[i];
	const struct pel_plan_port *port;
	char type[192];

	if (to->kind != PEL_XCLBIN_POINTER)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u ('%s') of FPGA kernel '%s' in %s is %s, but actor '%s' (%s) passes a buffer",
			i, to->name, target->name, pel_device_file(device, actor),
			to->kind == PEL_XCLBIN_SCALAR ? "a scalar" : "not a pointer to global memory",
			actor->id, actor->kernel->name);
	if (to->read_only && arg->kind == PEL_FPGA_STATE) {
		pel_fail(err, -EINVAL, arg->place,
			 "argument %u ('%s') of FPGA kernel '%s' in %s is a pointer to const; the state of actor '%s' (%s) cannot be written there",
			 i, to->name, target->name, pel_device_file(device, actor), actor->id,
			 actor->kernel->name);
		return hint_const(target, to, err);
	}
	if (arg->kind != PEL_FPGA_IN && arg->kind != PEL_FPGA_OUT)
		return 0;
	port = port_of(actor, arg);
	if (to->read_only && arg->kind == PEL_FPGA_OUT) {
		pel_fail(err, -EINVAL, arg->place,
			 "argument %u ('%s') of FPGA kernel '%s' in %s is a pointer to const; output '%s' of actor '%s' (%s) cannot be written there",
			 i, to->name, target->name, pel_device_file(device, actor), port->name, actor->id,
			 actor->kernel->name);
		return hint_const(target, to, err);
	}
	if (pointer_fits(port, to))
		return 0;
	return pel_fail(
		err, -EINVAL, arg->place,
		"port '%s' of actor '%s' (%s) has tokens of type %s, but argument %u ('%s') of FPGA kernel '%s' in %s is %s",
		port->name, actor->id, actor->kernel->name, pel_type_format(port->type, type, sizeof(type)),
		i, to->name, target->name, pel_device_file(device, actor), to->type);
}

static int check_arg(const struct pel_run_device *device, const struct pel_plan_actor *actor,
		     const struct pel_fpga_arg *arg, const struct pel_xclbin_kernel *target, uint32_t i,
		     struct pel_error *err)
{
	const struct pel_xclbin_arg *to = &target->args[i];

	if (arg->name && strcmp(arg->name, to->name) != 0)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u of FPGA kernel '%s' is named '%s' in %s, but '%s' in actor '%s' (%s)", i,
			target->name, to->name, pel_device_file(device, actor), arg->name, actor->id,
			actor->kernel->name);
	if (arg->kind != PEL_FPGA_SCALAR)
		return check_pointer(device, actor, arg, target, i, err);
	if (to->kind == PEL_XCLBIN_SCALAR && to->is_float && to->element_bytes < sizeof(float))
		return pel_fail(err, -EINVAL, arg->place,
				"argument %u ('%s') of FPGA kernel '%s' in %s is %s: it cannot be set to a value",
				i, to->name, target->name, pel_device_file(device, actor), to->type);
	if (to->kind == PEL_XCLBIN_SCALAR && to->size <= sizeof(((struct pel_device_arg *)0)->value))
		return 0;
	if (to->kind == PEL_XCLBIN_SCALAR)
		return pel_fail(
			err, -EINVAL, arg->place,
			"argument %u ('%s') of FPGA kernel '%s' in %s has %u byte%s, but the value that actor '%s' (%s) passes can have at most 8",
			i, to->name, target->name, pel_device_file(device, actor), to->size, pel_s(to->size),
			actor->id, actor->kernel->name);
	return pel_fail(
		err, -EINVAL, arg->place,
		"argument %u ('%s') of FPGA kernel '%s' in %s is a %s, but actor '%s' (%s) passes a value", i,
		to->name, target->name, pel_device_file(device, actor),
		to->kind == PEL_XCLBIN_STREAM ? "stream" : "pointer", actor->id, actor->kernel->name);
}

static void hint_args(const struct pel_run_device *device, const struct pel_xclbin_kernel *target,
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

int pel_device_check_args(const struct pel_run_device *device, const struct pel_plan_actor *actor,
			  const struct pel_xclbin_kernel *target, struct pel_error *err)
{
	const struct pel_fpga *fpga = actor->fpga;
	int r, status = 0;

	if (fpga->n_args != target->n_args) {
		pel_fail(err, -EINVAL, fpga->place,
			 "FPGA kernel '%s' in %s has %u argument%s, but actor '%s' (%s) passes %zu",
			 target->name, pel_device_file(device, actor), target->n_args,
			 target->n_args == 1 ? "" : "s", actor->id, actor->kernel->name, fpga->n_args);
		hint_args(device, target, err);
		return -EINVAL;
	}
	if (fpga->n_args > PEL_DEVICE_ARGS_MAX)
		return pel_fail(err, -EINVAL, fpga->place,
				"FPGA kernel '%s' has %u arguments; the maximum is %d", target->name,
				target->n_args, PEL_DEVICE_ARGS_MAX);
	for (uint32_t i = 0; i < target->n_args; i++)
		if ((r = check_arg(device, actor, &fpga->args[i], target, i, err)) < 0)
			status = r;
	return status;
}

/* ---- scalars ---- */

static uint32_t scalar_bytes(const struct pel_xclbin_arg *arg)
{
	return arg->element_bytes && arg->element_bytes <= 8 ? arg->element_bytes : arg->size;
}

/* Convert a real to bits. false: it is too large. */
static bool real_bits(double real, uint32_t bytes, uint64_t *ret)
{
	float single = (float)real;

	if (bytes > 4) {
		memcpy(ret, &real, sizeof(real));
		return true;
	}
	memcpy(ret, &single, sizeof(single));
	return isfinite(single) || !isfinite(real);
}

/* Does an integer fit? `large`: it is above INT64_MAX, and `number` has its bits. */
static bool integer_fits(int64_t number, bool large, const struct pel_xclbin_arg *arg)
{
	uint32_t bits = 8 * (scalar_bytes(arg) < 8 ? scalar_bytes(arg) : 8);

	switch (arg->number) {
	case PEL_XCLBIN_BOOL:
		return !large && (number == 0 || number == 1);
	case PEL_XCLBIN_UNSIGNED:
		return bits == 64 ? large || number >= 0
				  : !large && number >= 0 && (uint64_t)number >> bits == 0;
	case PEL_XCLBIN_SIGNED:
		return !large &&
		       (bits == 64 || (number >= -((int64_t)1 << (bits - 1)) && number >> (bits - 1) <= 0));
	default: /* signed or unsigned */
		return bits == 64 ||
		       (!large && number >= -((int64_t)1 << (bits - 1)) && number >> (bits - 1) <= 1);
	}
}

/* Convert `value` to the bits of the argument. false: it does not fit. */
static bool scalar_bits(const struct pel_value *value, const struct pel_xclbin_arg *arg, uint64_t *ret)
{
	int64_t number = value->kind == PEL_VALUE_BOOL ? value->boolean : value->i64;
	bool large = value->kind == PEL_VALUE_I64 && value->elem == PEL_ELEM_U64 && number < 0;

	*ret = 0;
	if (arg->is_float)
		return real_bits(value->kind == PEL_VALUE_F64 ? value->f64
				 : large		      ? (double)(uint64_t)number
							      : (double)number,
				 scalar_bytes(arg), ret);
	if (value->kind == PEL_VALUE_F64)
		return false;
	*ret = (uint64_t)number;
	return integer_fits(number, large, arg);
}

/* "-1", "18446744073709551615", "a real number, 2.0" */
static void format_scalar(const struct pel_value *value, bool real_wanted, char *buf, size_t size)
{
	char text[PEL_NUMBER_BYTES];

	if (value->kind == PEL_VALUE_BOOL) {
		snprintf(buf, size, "%d", value->boolean);
	} else if (value->kind == PEL_VALUE_I64 && value->elem == PEL_ELEM_U64) {
		snprintf(buf, size, "%llu", (unsigned long long)value->i64);
	} else if (value->kind == PEL_VALUE_I64) {
		snprintf(buf, size, "%lld", (long long)value->i64);
	} else {
		snprintf(buf, size, "%s%s", real_wanted ? "" : "a real number, ",
			 pel_real_format(value->f64, text));
	}
}

static void hint_range(const struct pel_xclbin_arg *arg, struct pel_error *err)
{
	uint32_t bits = 8 * scalar_bytes(arg);

	if (bits > 64)
		return;
	if (arg->number == PEL_XCLBIN_BOOL)
		pel_hint(err, "%s: 0 or 1", arg->type);
	else if (arg->number == PEL_XCLBIN_UNSIGNED)
		pel_hint(err, "%s: an integer from 0 to %llu", arg->type,
			 (unsigned long long)(UINT64_MAX >> (64 - bits)));
	else if (arg->number == PEL_XCLBIN_SIGNED)
		pel_hint(err, "%s: an integer from %lld to %lld", arg->type,
			 (long long)(INT64_MIN >> (64 - bits)), (long long)(INT64_MAX >> (64 - bits)));
}

/* Report that the value of argument `i` does not fit. Returns -EINVAL. */
static int misfit(const struct pel_device_stage *ds, uint32_t i, const struct pel_value *value,
		  uint64_t batch, struct pel_error *err)
{
	const struct pel_xclbin_arg *to = &ds->target->args[i];
	const struct pel_plan_actor *actor = ds->actor->plan;
	const struct pel_fpga_arg *arg = &actor->fpga->args[i];
	char given[96], call[64] = "";

	format_scalar(value, to->is_float, given, sizeof(given));
	if (arg->batched)
		snprintf(call, sizeof(call), " in a call for %llu firing%s", (unsigned long long)batch,
			 batch == 1 ? "" : "s");
	pel_fail(err, -EINVAL, arg->place,
		 "argument %u ('%s') of FPGA kernel '%s' is %s, but actor '%s' passes %s%s", i, to->name,
		 ds->target->name, to->type, actor->id, given, call);
	hint_range(to, err);
	return -EINVAL;
}

int pel_device_set_scalars(struct pel_device_stage *ds, uint64_t batch, struct pel_error *err)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	const struct pel_fpga *fpga = actor->fpga;
	int status = 0;

	for (uint32_t i = 0; i < fpga->n_args; i++) {
		const struct pel_xclbin_arg *to = &ds->target->args[i];
		const struct pel_fpga_arg *arg = &fpga->args[i];
		struct pel_value value;
		int r;

		if (arg->kind != PEL_FPGA_SCALAR)
			continue;
		r = pel_plan_scalar(actor, arg, batch, &value, err);
		if (r == 0 && !scalar_bits(&value, to, &ds->scalars[i]))
			r = misfit(ds, i, &value, batch, err);
		if (r < 0)
			status = r;
	}
	if (status == 0)
		ds->batch = batch;
	return status;
}

/* ---- windows ---- */

/*
 * Give the device the whole block that the window is in: `before` and `after` are the bytes of the block
 * around it.
 */
static void set_range(struct pel_device_arg *arg, uint64_t before, uint64_t after, size_t memory_bytes)
{
	if (before > arg->offset || arg->offset + arg->bytes + after > memory_bytes)
		return; /* the block is not in this memory, for example of a padded window */
	arg->range_offset = arg->offset - before;
	arg->range_bytes = before + arg->bytes + after;
}

static void fill_window(struct pel_device_stage *ds, const struct pel_device_claim *claim,
			const struct pel_io *io, const struct pel_fpga_arg *from, uint32_t i,
			struct pel_device_arg *arg)
{
	const struct pel_run_actor *actor = ds->actor;
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
		arg->offset = (uint64_t)(window - ds->device->set->rings[port->ring].slots);
		return;
	}
	arg->kind = in ? PEL_ARG_IN : PEL_ARG_OUT;
	arg->offset = (uint64_t)(window - ds->device->set->shared.base);
	if (!claim->padded)
		set_range(arg, in_block * port->rates[0] * token_bytes,
			  (block - in_block - claim->firings) * port->rates[0] * token_bytes,
			  ds->device->set->shared.bytes);
}

void pel_device_fill_args(struct pel_device_stage *ds, struct pel_device_claim *claim, const struct pel_io *io)
{
	const struct pel_fpga *fpga = ds->actor->plan->fpga;

	for (uint32_t i = 0; i < fpga->n_args; i++) {
		const struct pel_fpga_arg *from = &fpga->args[i];
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
