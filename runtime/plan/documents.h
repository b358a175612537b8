/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DOCUMENTS_H
#define PEL_DOCUMENTS_H

#include "params.h"

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

int pel_documents_open(struct compiler *c);
struct document *pel_document_of(struct compiler *c, const struct pel_decl_graph *decl);
void pel_documents_forget_names(struct compiler *c); /* once channels are joined, nobody looks them up */
void pel_documents_close(struct compiler *c);

#endif
