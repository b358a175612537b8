/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PASSES_H
#define PEL_PASSES_H

#include "compiler.h"

/* The only list of the passes, in order. Each establishes a fact on which the later passes and the run may rely. */

#define PEL_PASSES(PASS)                                                                                        \
	PASS(LOAD, load)       /* then: documents, modules and the machine are known */                         \
	PASS(RESOLVE, resolve) /* then: every actor has a kernel and parameters, every channel two ports */     \
	PASS(TYPES, types)     /* then: both ends of a channel have one type, and rates are final */            \
	PASS(RATES, rates)     /* then: the repetition vector of the static part is known */                    \
	PASS(LIVENESS, liveness) /* then: the static part does not deadlock with these tokens and capacities */ \
	PASS(PLACE, place) /* then: every actor has one home, and an implementation that can run there */       \
	PASS(FUSE, fuse)   /* then: every actor is in a stage */                                                \
	PASS(SIZE, size)   /* then: every channel has a capacity, and memory in a ring */                       \
	PASS(ORDER, order) /* then: the actors of a stage stand in the order in which they are executed */

#define PEL_PASS_NUMBER(NAME, name)  PEL_PASS_##NAME,
#define PEL_PASS_DECLARE(NAME, name) int pel_pass_##name(struct compiler *c);

enum pel_pass { PEL_PASSES(PEL_PASS_NUMBER) PEL_PASS_COUNT };

PEL_PASSES(PEL_PASS_DECLARE)

/* The first half of "rates": make the static part of the graph, whether it is consistent or not. */
int pel_rates_make(struct compiler *c);

/*
 * Defined in plan.c: compile `graph` until its static part is made, then call use() with it. Returns the result of use(), or a negative errno
 * and explains in `err`.
 */
int pel_compile_rates(const struct pel_graph *graph, const struct pel_compile_options *options,
		      int (*use)(struct compiler *c, void *context), void *context, struct pel_error *err);

#endif
