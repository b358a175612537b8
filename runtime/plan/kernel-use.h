/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_KERNEL_USE_H
#define PEL_KERNEL_USE_H

#include "document.h"

/* A kernel that actors can use: a registered one, or the descriptor made from an inline one. */
struct kernel_use {
	const struct pel_kernel *kernel;
	const struct pel_kernel *cpu; /* inline: the registered kernel whose code it uses; may be NULL */
	const struct pel_decl_kernel *decl; /* inline: in the plan's arena */
	const struct document *document;    /* inline: the document that declares it */
	struct declared params;
	uint32_t n_in, n_out;
	const struct pel_place *in_places, *out_places; /* inline */
	const enum pel_tail *tails;		/* inline: for each input; NULL: all have the default */
	struct specialization *specializations; /* made before, newest first */
	struct kernel_use *next;
};

int pel_kernel_uses_open(struct compiler *c, struct document *document);
int pel_kernel_use_find(struct compiler *c, struct document *document, const struct pel_attr *name,
			struct kernel_use **ret);
void pel_kernel_uses_close(struct compiler *c);
enum pel_tail pel_tail_of(const char *text);

#endif
