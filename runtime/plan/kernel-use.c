/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-use.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "params.h"

/* Finds the kernels of actors by name, and makes a descriptor of each inline <kernel>, so that later code need not distinguish the two. */

#define PORTS_MAX  128
#define PARAMS_MAX 256

static uint32_t count_ports(const struct pel_port_desc *ports)
{
	uint32_t n = 0;

	while (ports && ports[n].name)
		n++;
	return n;
}

static uint32_t count_params(const struct pel_param_desc *params)
{
	uint32_t n = 0;

	while (params && params[n].name)
		n++;
	return n;
}

/* ---- inline kernels: copied, because a plan outlives its graph ---- */

static int copy_attr(struct compiler *c, struct pel_attr *attr)
{
	if (!attr->text)
		return 0;
	attr->text = pel_arena_strdup(&c->plan->arena, attr->text);
	return attr->text ? 0 : pel_nomem(c->err);
}

static int copy_attrs(struct compiler *c, struct pel_attr **attrs, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = copy_attr(c, attrs[i]);
	return r;
}

static void *copy_array(struct compiler *c, const void *from, size_t count, size_t bytes)
{
	void *copy = pel_compiler_alloc_plan(c, count, bytes);

	if (copy && count)
		memcpy(copy, from, count * bytes);
	return copy;
}

static int copy_fpga(struct compiler *c, struct pel_decl_fpga *fpga)
{
	int r;

	fpga->args = copy_array(c, fpga->args, fpga->n_args, sizeof(*fpga->args));
	if (!fpga->args)
		return -ENOMEM;
	r = copy_attrs(c, (struct pel_attr *[]){ &fpga->kernel, &fpga->xclbin, &fpga->source }, 3);
	for (size_t i = 0; i < fpga->n_args && r == 0; i++) {
		struct pel_decl_arg *arg = &fpga->args[i];

		r = copy_attrs(c, (struct pel_attr *[]){ &arg->port, &arg->value, &arg->name }, 3);
	}
	return r;
}

static struct pel_decl_kernel *copy_kernel(struct compiler *c, const struct pel_decl_kernel *from)
{
	struct pel_decl_kernel *copy = copy_array(c, from, 1, sizeof(*from));
	int r;

	if (!copy)
		return NULL;
	copy->params = copy_array(c, from->params, from->n_params, sizeof(*from->params));
	copy->ports = copy_array(c, from->ports, from->n_ports, sizeof(*from->ports));
	if (!copy->params || !copy->ports)
		return NULL;
	r = copy_attrs(c,
		       (struct pel_attr *[]){ &copy->name, &copy->stateless, &copy->exact, &copy->doc,
					      &copy->cpu_kernel },
		       5);
	for (size_t i = 0; i < copy->n_params && r == 0; i++) {
		struct pel_decl_param *param = &copy->params[i];

		r = copy_attrs(c,
			       (struct pel_attr *[]){ &param->name, &param->type, &param->value, &param->doc,
						      &param->least, &param->most, &param->one_of,
						      &param->least_count, &param->most_count, &param->ends },
			       10);
	}
	for (size_t i = 0; i < copy->n_ports && r == 0; i++) {
		struct pel_decl_port *port = &copy->ports[i];

		r = copy_attrs(c,
			       (struct pel_attr *[]){ &port->name, &port->type, &port->rate, &port->history,
						      &port->tail, &port->optional, &port->doc },
			       7);
	}
	if (r == 0 && copy->fpga.line)
		r = copy_fpga(c, &copy->fpga);
	return r == 0 ? copy : NULL;
}

static bool is_true(const struct pel_attr *attr)
{
	return attr->text && strcmp(attr->text, "true") == 0;
}

enum pel_tail pel_tail_of(const char *text)
{
	if (!text)
		return PEL_TAIL_WARN;
	/* The loader accepts no other values. */
	return strcmp(text, "drop") == 0  ? PEL_TAIL_DROP
	       : strcmp(text, "pad") == 0 ? PEL_TAIL_PAD
					  : PEL_TAIL_ERROR;
}

/* Make descriptors of the ports of one direction. */
static int describe_ports(struct compiler *c, struct kernel_use *use, bool out,
			  const struct pel_port_desc **ret, const struct pel_place **places, uint32_t *count)
{
	const struct pel_decl_kernel *decl = use->decl;
	struct pel_port_desc *descs = pel_compiler_alloc_plan(c, decl->n_ports + 1, sizeof(*descs));
	struct pel_place *at = pel_compiler_alloc(c, decl->n_ports, sizeof(*at));
	enum pel_tail *tails = pel_compiler_alloc(c, decl->n_ports, sizeof(*tails));
	uint32_t n = 0;

	if (!descs || !at || !tails)
		return -ENOMEM;
	for (size_t i = 0; i < decl->n_ports; i++) {
		const struct pel_decl_port *port = &decl->ports[i];

		if (port->out != out)
			continue;
		tails[n] = pel_tail_of(port->tail.text);
		at[n] = pel_document_place(use->document, port->line, port->col);
		descs[n++] = (struct pel_port_desc){
			.name = port->name.text,
			.type = port->type.text,
			.rate = port->rate.text,
			.history = port->history.text,
			.flags = is_true(&port->optional) ? PEL_PORT_OPTIONAL : 0,
			.doc = port->doc.text,
		};
	}
	*ret = descs;
	*places = at;
	*count = n;
	if (!out)
		use->tails = tails;
	return 0;
}

/* Limits of the registered kernel's parameter apply, unless the document sets its own. */
static void inherit_limits(struct pel_param_desc *desc, const struct pel_param_desc *from)
{
	desc->least = desc->least ? desc->least : from->least;
	desc->most = desc->most ? desc->most : from->most;
	desc->one_of = desc->one_of ? desc->one_of : from->one_of;
	desc->least_count = desc->least_count ? desc->least_count : from->least_count;
	desc->most_count = desc->most_count ? desc->most_count : from->most_count;
	desc->ends = desc->ends ? desc->ends : from->ends;
	desc->flags |= from->flags;
}

static int describe_params(struct compiler *c, struct kernel_use *use)
{
	const struct pel_decl_kernel *decl = use->decl;
	const struct pel_param_desc *more = use->cpu ? use->cpu->params : NULL;
	uint32_t n_more = count_params(more), n = 0;
	struct pel_param_desc *descs = pel_compiler_alloc_plan(c, decl->n_params + n_more + 1, sizeof(*descs));
	struct pel_place *places = pel_compiler_alloc(c, decl->n_params + n_more, 2 * sizeof(*places));
	struct pel_place *value_places = places ? places + decl->n_params + n_more : NULL;
	struct declared *declared = &use->params;
	int status = 0, r;

	if (!descs || !places)
		return -ENOMEM;
	for (; n < decl->n_params; n++) {
		const struct pel_decl_param *param = &decl->params[n];

		descs[n] = pel_params_describe(param);
		places[n] = pel_document_place(use->document, param->line, param->col);
		value_places[n] = pel_document_attr_place(use->document, &param->value);
	}
	*declared = (struct declared){
		.descs = descs, .places = places, .value_places = value_places, .n = n, .dir = use->document->dir
	};
	/* Further parameters of the registered kernel get the defaults of its descriptor. */
	for (uint32_t i = 0; i < n_more; i++) {
		uint32_t same = pel_params_index(declared, more[i].name);

		if (same == PEL_NONE) {
			places[n] = value_places[n] = pel_document_attr_place(use->document, &decl->cpu_kernel);
			descs[n++] = more[i];
		} else if (strcmp(descs[same].type, more[i].type) != 0) {
			status = pel_fail(
				c->err, -EINVAL, places[same],
				"parameter '%s' of kernel '%s' has type %s, but in its CPU implementation '%s' it has type %s",
				more[i].name, decl->name.text, descs[same].type, use->cpu->name, more[i].type);
		} else {
			inherit_limits(&descs[same], &more[i]);
		}
	}
	declared->n = n;
	r = pel_params_declare(c, declared);
	return r < 0 ? r : status;
}

static int say_no_kernel(struct compiler *c, const struct document *document, const struct pel_attr *name,
			 const char *near)
{
	const char *dot = strchr(name->text, '.');
	size_t length = dot ? (size_t)(dot - name->text) : 0;
	const struct pel_kernel *kernel;
	bool known = false, there = false;
	const char *module = pel_registry_elsewhere(c->plan->registry, name->text, &there);

	pel_fail(c->err, -EINVAL, pel_document_attr_place(document, name), "there is no kernel '%s'",
		 name->text);
	for (size_t i = 0; dot && !known && (kernel = pel_registry_at(c->plan->registry, i, NULL)); i++)
		known = strncmp(kernel->name, name->text, length + 1) == 0;
	for (const struct document *d = document; dot && d;
	     d = d->decl->parent ? pel_document_of(c, d->decl->parent) : NULL)
		for (size_t i = 0; i < d->decl->n_uses; i++)
			known |= strlen(d->decl->uses[i].library.text) == length &&
				 strncmp(d->decl->uses[i].library.text, name->text, length) == 0;
	if (there)
		pel_hint(c->err, "it is in the module '%s': add <use library=\"%s\"/>", module, module);
	else if (near)
		pel_hint(c->err, "did you mean '%s'?", near);
	else if (module)
		pel_hint(c->err, "'pelton kernels %s' lists the kernels of the module '%s'", module, module);
	else if (dot && length && !known)
		pel_hint(c->err, "its library may be missing: add <use library=\"%.*s\"/>", (int)length,
			 name->text);
	else if (pel_registry_no_folder(c->plan->registry))
		pel_hint(c->err,
			 "'%s', which is searched for modules, is not a folder: correct PELTON_MODULE_PATH",
			 pel_registry_no_folder(c->plan->registry));
	else
		pel_hint(c->err, "'pelton kernels' lists the available kernels");
	return -EINVAL;
}

/* Give a CPU implementation that accepts any ports the ports of the inline kernel. */
static int give_ports(struct compiler *c, struct kernel_use *use, const struct pel_kernel *kernel)
{
	struct pel_kernel *cpu = pel_compiler_alloc_plan(c, 1, sizeof(*cpu));

	if (!cpu)
		return -ENOMEM;
	*cpu = *use->cpu;
	cpu->in = kernel->in;
	cpu->out = kernel->out;
	use->cpu = cpu;
	return 0;
}

/* Find the CPU implementation of an inline kernel. It must have the same ports, in the same order. */
static int find_cpu_implementation(struct compiler *c, struct kernel_use *use, const struct pel_kernel *kernel)
{
	const struct pel_attr *name = &use->decl->cpu_kernel;
	struct pel_near near = { 0 };

	if (!name->text)
		return 0;
	use->cpu = pel_registry_find(c->plan->registry, name->text, &near);
	if (!use->cpu)
		return say_no_kernel(c, use->document, name, near.name);
	return use->cpu->flags & PEL_KERNEL_ANY_PORTS ? give_ports(c, use, kernel) : 0;
}

static int compare_ports(struct compiler *c, const struct kernel_use *use, const char *way,
			 const struct pel_port_desc *ports, uint32_t n, const struct pel_port_desc *cpu_ports)
{
	struct pel_place place = pel_document_attr_place(use->document, &use->decl->cpu_kernel);
	uint32_t n_cpu = count_ports(cpu_ports);

	if (n != n_cpu)
		return pel_fail(c->err, -EINVAL, place,
				"kernel '%s' has %u %s%s, but its CPU implementation '%s' has %u",
				use->decl->name.text, n, way, n == 1 ? "" : "s", use->cpu->name, n_cpu);
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(ports[i].name, cpu_ports[i].name) != 0)
			return pel_fail(
				c->err, -EINVAL, place,
				"%s %u of kernel '%s' is '%s', but in its CPU implementation '%s' it is '%s'",
				way, i + 1, use->decl->name.text, ports[i].name, use->cpu->name,
				cpu_ports[i].name);
	return 0;
}

static int take_cpu_implementation(struct compiler *c, struct kernel_use *use, struct pel_kernel *kernel)
{
	const struct pel_kernel *cpu = use->cpu;
	int r;

	if ((r = compare_ports(c, use, "input", kernel->in, use->n_in, cpu->in)) < 0 ||
	    (r = compare_ports(c, use, "output", kernel->out, use->n_out, cpu->out)) < 0)
		return r;
	if (kernel->flags & ~cpu->flags & PEL_KERNEL_STATELESS)
		return pel_fail(c->err, -EINVAL, pel_document_attr_place(use->document, &use->decl->stateless),
				"kernel '%s' is declared stateless, but its CPU implementation '%s' is not",
				kernel->name, cpu->name);
	kernel->flags |= cpu->flags & (PEL_KERNEL_BLOCKING | PEL_KERNEL_EFFECTS);
	kernel->resolve = cpu->resolve;
	kernel->files = cpu->files;
	kernel->init = cpu->init;
	kernel->fire = cpu->fire;
	kernel->drain = cpu->drain;
	kernel->finish = cpu->finish;
	kernel->fini = cpu->fini;
	kernel->save = cpu->save;
	kernel->restore = cpu->restore;
	if (!use->decl->fpga.line)
		kernel->fpga = cpu->fpga;
	return 0;
}

/* Check the numbers of ports and parameters against the limits for registered kernels. */
static int check_counts(struct compiler *c, const struct kernel_use *use)
{
	const struct pel_decl_kernel *decl = use->decl;

	if (decl->n_ports > PORTS_MAX)
		return pel_fail(c->err, -EINVAL, pel_document_place(use->document, decl->line, decl->col),
				"kernel '%s' has %zu ports; at most %d are possible", decl->name.text,
				decl->n_ports, PORTS_MAX);
	if (decl->n_params > PARAMS_MAX)
		return pel_fail(c->err, -EINVAL, pel_document_place(use->document, decl->line, decl->col),
				"kernel '%s' has %zu parameters; at most %d are possible", decl->name.text,
				decl->n_params, PARAMS_MAX);
	return 0;
}

/* Make `use` from its declaration. If use->kernel is still NULL afterwards, the declaration is invalid, which has been reported. */
static int describe_kernel(struct compiler *c, struct kernel_use *use)
{
	const struct pel_decl_kernel *decl = use->decl;
	struct pel_kernel *kernel = pel_compiler_alloc_plan(c, 1, sizeof(*kernel));
	int r, status = 0;

	if (!kernel)
		return -ENOMEM;
	if ((r = check_counts(c, use)) < 0)
		return r;
	kernel->abi = PEL_KERNEL_ABI;
	kernel->name = decl->name.text;
	kernel->summary = decl->doc.text ? decl->doc.text : "";
	kernel->doc = kernel->summary;
	kernel->flags = (is_true(&decl->stateless) ? PEL_KERNEL_STATELESS : 0) |
			(is_true(&decl->exact) ? PEL_KERNEL_EXACT : 0);
	if ((r = describe_ports(c, use, false, &kernel->in, &use->in_places, &use->n_in)) < 0 ||
	    (r = describe_ports(c, use, true, &kernel->out, &use->out_places, &use->n_out)) < 0)
		return r;
	status = find_cpu_implementation(c, use, kernel);
	r = describe_params(c, use);
	if (r < 0 && status != -ENOMEM)
		status = r;
	kernel->params = use->params.descs;
	if (status == 0 && use->cpu)
		status = take_cpu_implementation(c, use, kernel);
	if (status == 0 && !use->cpu && !decl->fpga.line) {
		status = pel_fail(c->err, -EINVAL, pel_document_place(use->document, decl->line, decl->col),
				  "kernel '%s' has no implementation", decl->name.text);
		pel_hint(c->err, "give it an <fpga> or a <cpu> element");
	}
	if (status == 0)
		use->kernel = kernel;
	return status;
}

int pel_kernel_uses_open(struct compiler *c, struct document *document)
{
	const struct pel_decl_graph *decl = document->decl;
	int r;

	for (size_t i = 0; i < decl->n_kernels; i++) {
		struct kernel_use *use = pel_compiler_alloc(c, 1, sizeof(*use));

		if (!use)
			return -ENOMEM;
		use->next = c->uses;
		c->uses = use;
		use->document = document;
		use->decl = copy_kernel(c, &decl->kernels[i]);
		if (!use->decl)
			return -ENOMEM;
		if (pel_map_put(&document->inline_kernels, use->decl->name.text, (size_t)use) < 0)
			return pel_nomem(c->err);
		if ((r = pel_compiler_note(c, describe_kernel(c, use))) < 0)
			return r;
	}
	return 0;
}

void pel_kernel_uses_close(struct compiler *c)
{
	for (struct kernel_use *use = c->uses; use; use = use->next)
		pel_map_fini(&use->params.map);
}

/* ---- finding ---- */

static int say_no_ports(struct compiler *c, const struct document *document, const struct pel_attr *name)
{
	pel_fail(c->err, -EINVAL, pel_document_attr_place(document, name),
		 "kernel '%s' has no ports of its own", name->text);
	pel_hint(c->err,
		 "declare a <kernel> with the ports in this document, and put <cpu kernel=\"%s\"/> into it",
		 name->text);
	return -EINVAL;
}

static int use_registered(struct compiler *c, const struct pel_kernel *kernel, struct kernel_use **ret)
{
	struct kernel_use *use = pel_compiler_alloc(c, 1, sizeof(*use));

	if (!use)
		return -ENOMEM;
	use->next = c->uses;
	c->uses = use;
	use->kernel = kernel;
	use->n_in = count_ports(kernel->in);
	use->n_out = count_ports(kernel->out);
	use->params = (struct declared){ .descs = kernel->params, .n = count_params(kernel->params) };
	*ret = use;
	return pel_params_declare(c, &use->params);
}

static struct kernel_use *find_inline(struct compiler *c, const struct document *document, const char *name,
				      struct pel_near *near)
{
	size_t found;

	while (document) {
		found = pel_map_get(&document->inline_kernels, name);
		if (found != PEL_MAP_NONE)
			return (struct kernel_use *)found;
		for (size_t i = 0; near && i < document->decl->n_kernels && c->suggestions; i++)
			pel_compiler_suggest(c, near, name, document->decl->kernels[i].name.text);
		document = document->decl->parent ? pel_document_of(c, document->decl->parent) : NULL;
	}
	return NULL;
}

int pel_kernel_use_find(struct compiler *c, struct document *document, const struct pel_attr *name,
			struct kernel_use **ret)
{
	const struct pel_kernel *kernel;
	struct pel_near near = { 0 };
	struct kernel_use *use;
	size_t found;
	int r;

	if (document->last_use && strcmp(document->last_use->kernel->name, name->text) == 0) {
		*ret = document->last_use;
		return 0;
	}
	found = pel_map_get(&document->uses, name->text);
	if (found != PEL_MAP_NONE) {
		*ret = (struct kernel_use *)found;
	} else {
		use = find_inline(c, document, name->text, NULL);
		if (!use) {
			kernel = pel_registry_find(c->plan->registry, name->text, NULL);
			if (!kernel) {
				find_inline(c, document, name->text, &near);
				pel_registry_find(c->plan->registry, name->text, &near);
				return say_no_kernel(c, document, name, near.name);
			}
			if (kernel->flags & PEL_KERNEL_ANY_PORTS)
				return say_no_ports(c, document, name);
			if ((r = use_registered(c, kernel, &use)) < 0)
				return r;
		}
		if (pel_map_put(&document->uses, name->text, (size_t)use) == -ENOMEM)
			return pel_nomem(c->err);
		*ret = use;
	}
	if (!(*ret)->kernel)
		return -EINVAL; /* reported at its declaration */
	document->last_use = *ret;
	return 0;
}
