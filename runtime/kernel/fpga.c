/* SPDX-License-Identifier: Apache-2.0 */
#include "info.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

/* Implements pel_fpga_*(). The array of arguments grows by doubling inside the arena, which frees nothing, because these arrays are small. */

static int copy_text(struct pel_fpga *form, const char *text, const char **ret)
{
	*ret = text ? pel_arena_strdup(form->arena, text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static struct pel_fpga_arg *add_arg(struct pel_fpga *form, enum pel_fpga_arg_kind kind, const char *name)
{
	struct pel_fpga_arg *arg;

	if (form->n_args == form->capacity) {
		size_t capacity = form->capacity ? 2 * form->capacity : 8;
		struct pel_fpga_arg *args = pel_arena_array(form->arena, capacity, sizeof(*args));

		if (!args)
			return NULL;
		if (form->n_args)
			memcpy(args, form->args, form->n_args * sizeof(*args));
		form->args = args;
		form->capacity = capacity;
	}
	arg = &form->args[form->n_args];
	*arg = (struct pel_fpga_arg){ .kind = kind, .place = form->place };
	if (copy_text(form, name, &arg->name) < 0)
		return NULL;
	form->n_args++;
	return arg;
}

int pel_fpga_kernel(struct pel_fpga *form, const char *source, const char *kernel)
{
	int r = copy_text(form, source, &form->source);

	form->own_source = source[0] != '/';
	return r < 0 ? r : copy_text(form, kernel, &form->kernel);
}

static int add_port(struct pel_fpga *form, enum pel_fpga_arg_kind kind, const char *name, unsigned port)
{
	struct pel_fpga_arg *arg = add_arg(form, kind, name);

	if (!arg)
		return -ENOMEM;
	arg->port = port;
	return 0;
}

int pel_fpga_in(struct pel_fpga *form, const char *name, unsigned port)
{
	return add_port(form, PEL_FPGA_IN, name, port);
}

int pel_fpga_out(struct pel_fpga *form, const char *name, unsigned port)
{
	return add_port(form, PEL_FPGA_OUT, name, port);
}

int pel_fpga_scalar(struct pel_fpga *form, const char *name, const char *fmt, ...)
{
	struct pel_fpga_arg *arg = add_arg(form, PEL_FPGA_SCALAR, name);
	char text[256];
	locale_t before;
	va_list ap;

	if (!arg)
		return -ENOMEM;
	/* The graph language uses decimal points, regardless of the host's locale. The locale "C" always exists. */
	before = uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	uselocale(before);
	return copy_text(form, text, &arg->value);
}

int pel_fpga_float(struct pel_fpga *form, const char *name, double value)
{
	struct pel_fpga_arg *arg = add_arg(form, PEL_FPGA_SCALAR, name);

	if (!arg)
		return -ENOMEM;
	arg->real = value;
	return 0;
}

int pel_fpga_data(struct pel_fpga *form, const char *name, const void *data, size_t bytes)
{
	struct pel_fpga_arg *arg = add_arg(form, PEL_FPGA_DATA, name);
	void *copy = arg ? pel_arena_alloc(form->arena, bytes) : NULL;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, bytes);
	arg->data = copy;
	arg->bytes = bytes;
	return 0;
}

int pel_fpga_state(struct pel_fpga *form, const char *name, size_t bytes)
{
	struct pel_fpga_arg *arg = add_arg(form, PEL_FPGA_STATE, name);

	if (!arg)
		return -ENOMEM;
	arg->bytes = bytes;
	return 0;
}
