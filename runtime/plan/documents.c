/* SPDX-License-Identifier: Apache-2.0 */
#include "documents.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "kernel-use.h"
#include "params.h"

/* Reads from the documents what does not depend on instances: names, parameters, kernels, modules. */

static int add_name(struct compiler *c, struct document *document, const char *name, size_t index)
{
	return pel_map_put(&document->names, name, index) < 0 ? pel_nomem(c->err) : 0;
}

/* Actors and boundary ports share one namespace, because a channel may start or end at either. */
static int add_names(struct compiler *c, struct document *document)
{
	const struct pel_decl_graph *decl = document->decl;
	int r = 0;

	for (size_t i = 0; i < decl->n_actors && r == 0; i++)
		r = add_name(c, document, decl->actors[i].id.text, i);
	for (size_t i = 0; i < decl->n_ports && r == 0; i++)
		r = add_name(c, document, decl->ports[i].name.text, decl->n_actors + i);
	return r;
}

static int declare(struct compiler *c, struct document *document)
{
	const struct pel_decl_graph *decl = document->decl;
	struct declared *declared = &document->params;
	struct pel_param_desc *descs = pel_compiler_alloc_plan(c, decl->n_params, sizeof(*descs));
	struct pel_place *places = pel_compiler_alloc(c, decl->n_params, 2 * sizeof(*places));

	if (!descs || !places)
		return -ENOMEM;
	for (size_t i = 0; i < decl->n_params; i++) {
		const struct pel_decl_param *param = &decl->params[i];

		descs[i] = pel_params_describe(param);
		places[i] = pel_document_place(document, param->line, param->col);
		places[decl->n_params + i] = pel_document_attr_place(document, &param->value);
	}
	declared->descs = descs;
	declared->places = places;
	declared->value_places = places + decl->n_params;
	declared->n = (uint32_t)decl->n_params;
	declared->dir = document->dir;
	return pel_params_declare(c, declared);
}

static int use_modules(struct compiler *c, struct document *document)
{
	const struct pel_decl_graph *decl = document->decl;
	int r = 0;

	for (size_t i = 0; i < decl->n_uses && r == 0; i++)
		r = pel_compiler_note(
			c, pel_registry_use(c->plan->registry, decl->uses[i].library.text,
					    pel_document_attr_place(document, &decl->uses[i].library), c->err));
	return r;
}

static int open_document(struct compiler *c, const struct pel_decl_graph *decl, const char *file,
			 const char *dir)
{
	struct document *document = pel_document_of(c, decl);
	int r;

	document->decl = decl;
	document->file = file;
	document->dir = dir;
	if ((r = use_modules(c, document)) < 0 || (r = add_names(c, document)) < 0)
		return r;
	return declare(c, document);
}

/* Open a graph and the graphs nested in it, which are in the same file. */
static int open_tree(struct compiler *c, const struct pel_decl_graph *decl, const char *file, const char *dir)
{
	int r = open_document(c, decl, file, dir);

	for (size_t i = 0; i < decl->n_graphs && r == 0; i++)
		r = open_tree(c, decl->graphs[i], file, dir);
	return r;
}

static int open_kernels(struct compiler *c, const struct pel_decl_graph *decl)
{
	int r = pel_kernel_uses_open(c, pel_document_of(c, decl));

	for (size_t i = 0; i < decl->n_graphs && r == 0; i++)
		r = open_kernels(c, decl->graphs[i]);
	return r;
}

int pel_documents_open(struct compiler *c)
{
	const struct pel_graph *graph = c->graph;
	int r = 0;

	c->documents = pel_compiler_alloc(c, graph->n_graphs, sizeof(*c->documents));
	if (!c->documents)
		return -ENOMEM;
	c->n_documents = graph->n_graphs;
	for (size_t i = 0; i < graph->n_files && r == 0; i++) {
		const struct pel_decl_graph *decl = graph->files[i];
		const char *file = pel_arena_strdup(&c->plan->arena, decl->file);
		const char *dir = pel_arena_strdup(&c->plan->arena, decl->dir ? decl->dir : ".");

		r = file && dir ? pel_compiler_add_source(c, file) : pel_nomem(c->err);
		if (r == 0)
			r = open_tree(c, decl, file, dir);
	}
	/* All modules must be loaded before this. */
	for (size_t i = 0; i < graph->n_files && r == 0; i++)
		r = open_kernels(c, graph->files[i]);
	return r;
}

void pel_documents_forget_names(struct compiler *c)
{
	for (size_t i = 0; i < c->n_documents; i++)
		pel_map_fini(&c->documents[i].names);
}

void pel_documents_close(struct compiler *c)
{
	for (size_t i = 0; i < c->n_documents; i++) {
		pel_map_fini(&c->documents[i].names);
		pel_map_fini(&c->documents[i].inline_kernels);
		pel_map_fini(&c->documents[i].uses);
		pel_map_fini(&c->documents[i].params.map);
	}
}
