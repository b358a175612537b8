/* SPDX-License-Identifier: Apache-2.0 */
#include "load-build.h"

#include <errno.h>
#include <string.h>

/* ---- <kernel> ---- */

static void *begin_kernel(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_graph_of(ld)->kernels, pel_decl_kernel, place);
}

static int check_kernel(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_graph_of(ld)->kernel_lines, &((struct pel_decl_kernel *)decl)->name,
			   "a kernel");
}

static void *begin_kernel_param(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_build_of(ld)->params, pel_decl_param, place);
}

static int check_kernel_param(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_build_of(ld)->param_lines, &((struct pel_decl_param *)decl)->name,
			   "a parameter");
}

static void *begin_kernel_port(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_build_of(ld)->ports, pel_decl_port, place);
}

static int check_kernel_in(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_build_of(ld)->port_lines, &((struct pel_decl_port *)decl)->name, "a port");
}

static int check_kernel_out(struct pel_loader *ld, void *decl, struct pel_place place)
{
	((struct pel_decl_port *)decl)->out = true;
	return check_kernel_in(ld, decl, place);
}

static void *begin_fpga(struct pel_loader *ld, struct pel_place place)
{
	struct pel_decl_kernel *kernel = pel_list_last(&pel_graph_of(ld)->kernels);
	struct pel_decl_fpga *fpga = &kernel->fpga;

	*fpga = (struct pel_decl_fpga){ .line = place.line, .col = place.col };
	pel_build_of(ld)->args.count = 0;
	return fpga;
}

static int end_fpga(struct pel_loader *ld, struct pel_place place)
{
	struct pel_decl_kernel *kernel = pel_list_last(&pel_graph_of(ld)->kernels);

	(void)place;
	pel_map_fini(&pel_build_of(ld)->arg_lines);
	return pel_list_take(ld, &pel_build_of(ld)->args, &kernel->fpga.args, &kernel->fpga.n_args);
}

static void *begin_arg(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_build_of(ld)->args, pel_decl_arg, place);
}

static int check_arg(struct pel_loader *ld, void *decl, struct pel_place place)
{
	const struct pel_decl_arg *arg = decl;

	if (!arg->port.line && !arg->value.line)
		pel_loader_fail(ld, place, "<arg> needs the attribute 'port' or 'value'");
	else if (arg->port.text && arg->value.text)
		pel_loader_fail(ld, pel_loader_place(ld, &arg->value), "<arg> has both 'port' and 'value'");
	return pel_declare(ld, &pel_build_of(ld)->arg_lines, &arg->port, "an <arg> for port");
}

/* <cpu> has only an attribute, which is stored in the kernel. */
static void *begin_cpu(struct pel_loader *ld, struct pel_place place)
{
	(void)place;
	return pel_list_last(&pel_graph_of(ld)->kernels);
}

/* Check that each <arg port="..."> names a port of its kernel. The port may be declared after the <fpga>. */
static void check_arg_ports(struct pel_loader *ld, const struct pel_decl_kernel *kernel)
{
	for (size_t i = 0; i < kernel->fpga.n_args && ld->n_errors <= PEL_MAX_ERRORS; i++) {
		const struct pel_attr *port = &kernel->fpga.args[i].port;
		struct pel_near near = { 0 };
		char quoted[PEL_QUOTE_BYTES];

		if (!port->text || !pel_is_name(port->text) ||
		    pel_map_get(&pel_build_of(ld)->port_lines, port->text) != PEL_MAP_NONE)
			continue;
		pel_loader_fail(ld, pel_loader_place(ld, port), "kernel '%s' has no port '%s'",
				kernel->name.text ? kernel->name.text : "",
				pel_quote(port->text, strlen(port->text), quoted));
		if (ld->n_errors > PEL_MAX_GUESSES)
			continue;
		for (size_t j = 0; j < kernel->n_ports && j < PEL_MAX_CANDIDATES; j++)
			if (kernel->ports[j].name.text)
				pel_near_try(&near, port->text, kernel->ports[j].name.text);
		if (near.name)
			pel_hint(ld->err, "did you mean '%s'?", near.name);
	}
}

static int end_kernel(struct pel_loader *ld, struct pel_place place)
{
	struct pel_decl_kernel *kernel = pel_list_last(&pel_graph_of(ld)->kernels);
	struct pel_build *build = pel_build_of(ld);

	(void)place;
	if (pel_list_take(ld, &build->params, &kernel->params, &kernel->n_params) < 0 ||
	    pel_list_take(ld, &build->ports, &kernel->ports, &kernel->n_ports) < 0)
		return -ENOMEM;
	check_arg_ports(ld, kernel);
	pel_map_fini(&build->param_lines);
	pel_map_fini(&build->port_lines);
	return 0;
}

/* ---- the rules of <kernel> ---- */

static const struct pel_rule kernel_param_rule = { .name = "param",
						   .attributes = pel_param_attributes,
						   .begin = begin_kernel_param,
						   .check = check_kernel_param };

static const struct pel_attribute_rule kernel_in_attributes[] = {
	PEL_ATTR(pel_decl_port, name, "name", NAME, true),
	PEL_ATTR(pel_decl_port, type, "type", SOME, true),
	PEL_ATTR(pel_decl_port, rate, "rate", SOME, false),
	PEL_ATTR(pel_decl_port, history, "history", SOME, false),
	PEL_ATTR(pel_decl_port, tail, "tail", TAIL, false),
	PEL_ATTR(pel_decl_port, optional, "optional", BOOL, false),
	PEL_ATTR(pel_decl_port, doc, "doc", TEXT, false),
	{ 0 },
};
static const struct pel_rule kernel_in_rule = {
	.name = "in", .attributes = kernel_in_attributes, .begin = begin_kernel_port, .check = check_kernel_in
};

static const struct pel_attribute_rule kernel_out_attributes[] = {
	PEL_ATTR(pel_decl_port, name, "name", NAME, true),
	PEL_ATTR(pel_decl_port, type, "type", SOME, true),
	PEL_ATTR(pel_decl_port, rate, "rate", SOME, false),
	PEL_ATTR(pel_decl_port, optional, "optional", BOOL, false),
	PEL_ATTR(pel_decl_port, doc, "doc", TEXT, false),
	{ 0 },
};
static const struct pel_rule kernel_out_rule = { .name = "out",
						 .attributes = kernel_out_attributes,
						 .begin = begin_kernel_port,
						 .check = check_kernel_out };

static const struct pel_attribute_rule arg_attributes[] = {
	PEL_ATTR(pel_decl_arg, port, "port", NAME, false),
	PEL_ATTR(pel_decl_arg, value, "value", SOME, false),
	PEL_ATTR(pel_decl_arg, name, "name", NAME, false),
	{ 0 },
};
static const struct pel_rule arg_rule = {
	.name = "arg", .attributes = arg_attributes, .begin = begin_arg, .check = check_arg
};

static const struct pel_attribute_rule fpga_attributes[] = {
	PEL_ATTR(pel_decl_fpga, kernel, "kernel", NAME, true),
	PEL_ATTR(pel_decl_fpga, xclbin, "xclbin", SOME, false),
	PEL_ATTR(pel_decl_fpga, source, "source", SOME, false),
	{ 0 },
};
static const struct pel_rule fpga_rule = {
	.name = "fpga",
	.attributes = fpga_attributes,
	.children = { &arg_rule },
	.once = true,
	.begin = begin_fpga,
	.end = end_fpga,
};

static const struct pel_attribute_rule cpu_attributes[] = {
	PEL_ATTR(pel_decl_kernel, cpu_kernel, "kernel", REGISTERED, true),
	{ 0 },
};
static const struct pel_rule cpu_rule = {
	.name = "cpu", .attributes = cpu_attributes, .once = true, .begin = begin_cpu
};

static const struct pel_attribute_rule kernel_attributes[] = {
	PEL_ATTR(pel_decl_kernel, name, "name", NAME, true),
	PEL_ATTR(pel_decl_kernel, stateless, "stateless", BOOL, false),
	PEL_ATTR(pel_decl_kernel, exact, "exact", BOOL, false),
	PEL_ATTR(pel_decl_kernel, doc, "doc", TEXT, false),
	{ 0 },
};
const struct pel_rule pel_kernel_rule = {
	.name = "kernel",
	.attributes = kernel_attributes,
	.children = { &kernel_param_rule, &kernel_in_rule, &kernel_out_rule, &fpga_rule, &cpu_rule },
	.begin = begin_kernel,
	.check = check_kernel,
	.end = end_kernel,
};
