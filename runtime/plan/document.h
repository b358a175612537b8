/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DOCUMENT_H
#define PEL_DOCUMENT_H

#include "compiler.h"

/* One <graph> element, and what it declares. */

/* Parameters as declared, by a graph or a kernel. */
struct declared {
	const struct pel_param_desc *descs;   /* n of them, in the plan's arena or constant */
	const struct pel_place *places;	      /* of the declarations; NULL: they are in no document */
	const struct pel_place *value_places; /* of the defaults; likewise */
	uint32_t n;
	const char *dir;    /* where relative paths of the defaults start; may be NULL */
	struct pel_map map; /* names, where there are many */
};

/* One <graph> element, however often it is instantiated. */
struct document {
	const struct pel_decl_graph *decl;
	const char *file, *dir; /* in the plan's arena */
	struct pel_map names;	/* index of the actor; n_actors + index of the boundary port */
	struct pel_map inline_kernels;
	struct pel_map uses; /* kernel="..." -> struct kernel_use *, found before */
	struct kernel_use *last_use;
	struct declared params;
};

struct pel_place pel_document_place(const struct document *document, uint32_t line, uint32_t col);
struct pel_place pel_document_attr_place(const struct document *document, const struct pel_attr *attr);

struct document *pel_document_of(struct compiler *c, const struct pel_decl_graph *decl);

#endif
