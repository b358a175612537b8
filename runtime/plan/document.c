/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

struct pel_place pel_document_place(const struct document *document, uint32_t line, uint32_t col)
{
	return (struct pel_place){ document->file, line, col };
}

struct pel_place pel_document_attr_place(const struct document *document, const struct pel_attr *attr)
{
	return (struct pel_place){ document->file, attr->line, attr->col };
}

struct document *pel_document_of(struct compiler *c, const struct pel_decl_graph *decl)
{
	return &c->documents[decl->number];
}
