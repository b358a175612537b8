/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DOCUMENT_H
#define PEL_DOCUMENT_H

#include "compiler.h"

/* A <graph> element, and what it declares. */

/* The parameters that a graph or a kernel declares. */
struct declared {
	const struct pel_param_desc *descs;   /* n of them, in the plan's arena or constant */
	const struct pel_place *places;	      /* of the declarations; NULL: not declared in a document */
	const struct pel_place *value_places; /* of the defaults; NULL: as above */
	uint32_t n;
	const char *dir;    /* relative paths in defaults start here; may be NULL */
	struct pel_map map; /* index by name, if there are many */
};

/* A <graph> element, however often it is instantiated. */
struct document {
	const struct pel_decl_graph *decl;
	const char *file, *dir; /* in the plan's arena */
	struct pel_map names;	/* index of the actor; n_actors + index of the boundary port */
	struct pel_map inline_kernels;
	struct pel_map uses; /* kernel="..." -> struct kernel_use *, for kernels found before */
	struct kernel_use *last_use;
	struct declared params;
};

struct pel_place pel_document_place(const struct document *document, uint32_t line, uint32_t col);
struct pel_place pel_document_attr_place(const struct document *document, const struct pel_attr *attr);

struct document *pel_document_of(struct compiler *c, const struct pel_decl_graph *decl);

#endif
