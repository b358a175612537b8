/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COMPILER_H
#define PEL_COMPILER_H

#include "plan-model.h"
#include "sdf.h"

/*
 * For this folder only: what the passes share while a graph is compiled. The plan holds what the run needs; everything else here is freed
 * after the compilation.
 *
 * Functions that can find an error return 0, or a negative errno after explaining in c->err. After an error passes continue, to find more
 * errors, except after -ENOMEM: see pel_compiler_note().
 */

struct compiler {
	const struct pel_graph *graph;
	const struct pel_compile_options *options;
	struct pel_plan *plan;
	struct pel_error *err;
	struct pel_arena scratch, brief; /* valid until the end of the compilation; of the pass: see below */
	int status;			 /* the first error of this pass; 0: none */

	struct document *documents; /* by decl->number */
	size_t n_documents;
	struct kernel_use *uses;
	struct instance *top, **last;
	uint32_t n_actors;
	struct actor_work *work;
	struct piece *pieces;
	uint32_t n_pieces, n_broken;
	struct alias **path;  /* aliases that connect.c is following */
	uint64_t suggestions; /* how many more candidates pel_compiler_suggest() may try */
	uint32_t missed; /* params.c: a parameter that an evaluation needed before it was known; PEL_NONE: none */
	bool doubt;	 /* params.c: the value being evaluated depends on an erroneous one */
	struct written *written;	    /* for each channel: its <initial> */
	struct repair_place *repair_places; /* for each channel; NULL: repairs are not requested */
	struct pel_map types;		    /* text -> struct pel_type * */
	uint64_t *cost;			    /* [fuse] for each actor: cost of an iteration of the graph */
	uint64_t *high_water;		    /* [liveness] for each channel; 0: unknown */
	/* [rates] the static part of the graph, for the analyses. */
	struct pel_sdf sdf;
	uint32_t *sdf_actor;   /* plan -> sdf; PEL_NONE */
	uint32_t *sdf_channel; /* sdf -> plan */
	uint64_t *sdf_q;       /* NULL: unknown */
};

/* Note an error `r`. Returns 0, so that the pass continues, or -ENOMEM, which ends it. */
int pel_compiler_note(struct compiler *c, int r);
/* Allocate zeroed memory until the end of the compilation. NULL: out of memory, explained. */
void *pel_compiler_alloc(struct compiler *c, size_t count, size_t bytes);
/* The same until the end of the pass; if allocated in "resolve", until the end of "types". */
void *pel_compiler_alloc_brief(struct compiler *c, size_t count, size_t bytes);
/* The same for the lifetime of the plan. */
void *pel_compiler_alloc_plan(struct compiler *c, size_t count, size_t bytes);
/* Note that the plan is compiled from file `path`, which is copied. Returns 0, or -ENOMEM and explains. */
int pel_compiler_add_source(struct compiler *c, const char *path);
/*
 * pel_near_try() with a limit on the total work: in a document with a million ids and a thousand misspelt ones, only the first few get
 * suggestions.
 */
void pel_compiler_suggest(struct compiler *c, struct pel_near *near, const char *wanted, const char *candidate);

#endif
