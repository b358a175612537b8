/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COMPILER_H
#define PEL_COMPILER_H

#include "plan-model.h"
#include "sdf.h"

/*
 * Within the folder only: what the passes share while one graph is compiled. The plan holds what the run needs; everything
 * here dies with the compilation.
 *
 * A function that can find something wrong returns 0 or a negative errno, which it has explained in c->err. Passes go on after an error to
 * find the others, except after -ENOMEM: see pel_compiler_note().
 */

struct compiler {
	const struct pel_graph *graph;
	const struct pel_compile_options *options;
	struct pel_plan *plan;
	struct pel_error *err;
	struct pel_arena scratch, brief; /* until the end of the compilation, and of the pass: see below */
	int status;			 /* the first error of this pass; 0: none */

	struct document *documents; /* by decl->number */
	size_t n_documents;
	struct kernel_use *uses;
	struct instance *top, **last;
	uint32_t n_actors;
	struct actor_work *work;
	struct piece *pieces;
	uint32_t n_pieces, n_broken;
	struct alias **path;  /* being followed */
	uint64_t suggestions; /* candidates that may still be tried */
	uint32_t missed; /* a parameter that an evaluation asked for before it was known; PEL_NONE: none */
	bool doubt;	 /* params.c: the value being made depends on one that is wrong */
	struct written *written;	    /* of each channel: its <initial> */
	struct repair_place *repair_places; /* of each channel; NULL: nobody asked for repairs */
	struct pel_map types;		    /* by text -> struct pel_type * */
	uint64_t *cost;	      /* [fuse] of each actor: what it takes in a repetition of the graph */
	uint64_t *high_water; /* [liveness] of each channel; 0: not known */
	/* [rates] the static part of the graph, for the analyses. */
	struct pel_sdf sdf;
	uint32_t *sdf_actor;   /* plan -> sdf; PEL_NONE */
	uint32_t *sdf_channel; /* sdf -> plan */
	uint64_t *sdf_q;       /* NULL: not known */
};

/* The error of one thing is noted and the pass goes on; out of memory ends it. Returns 0 or -ENOMEM. */
int pel_compiler_note(struct compiler *c, int r);
/* Zeroed memory until the end of the compilation. NULL: out of memory, explained. */
void *pel_compiler_alloc(struct compiler *c, size_t count, size_t bytes);
/* The same until the end of the pass; in "resolve" until that of "types". */
void *pel_compiler_alloc_brief(struct compiler *c, size_t count, size_t bytes);
/* Zeroed memory as long as the plan. NULL: out of memory, explained. */
void *pel_compiler_alloc_plan(struct compiler *c, size_t count, size_t bytes);
/* The plan is compiled from what file `path` holds, which is copied. 0 or -ENOMEM, explained. */
int pel_compiler_add_source(struct compiler *c, const char *path);
/*
 * pel_near_try() for documents of any size: in one with a million ids and a thousand that are misspelt, only the first are compared with all
 * others.
 */
void pel_compiler_suggest(struct compiler *c, struct pel_near *near, const char *wanted, const char *candidate);

#endif
