/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PASSES_H
#define PEL_PASSES_H

#include "compiler.h"

/* The passes, in order; what each establishes stands in plan.c. */
int pel_pass_load(struct compiler *c);
int pel_pass_resolve(struct compiler *c);
int pel_pass_types(struct compiler *c);
int pel_pass_rates(struct compiler *c);
int pel_pass_liveness(struct compiler *c);
int pel_pass_place(struct compiler *c);
int pel_pass_fuse(struct compiler *c);
int pel_pass_size(struct compiler *c);
int pel_pass_order(struct compiler *c);

/* The first part of "rates": the static part of the graph, whether it is consistent or not. */
int pel_rates_make(struct compiler *c);

/*
 * plan.c: compile `graph` as far as its static part is made, and let use() take from that what it needs. Returns what use() does, or a negative
 * errno, explained in `err`.
 */
int pel_compile_rates(const struct pel_graph *graph, const struct pel_compile_options *options,
		      int (*use)(struct compiler *c, void *context), void *context, struct pel_error *err);

#endif
