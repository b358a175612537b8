/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COMPILE_H
#define PEL_COMPILE_H

#include "plan-model.h"
#include "sdf.h"
#include "unify.h"

/*
 * Within the folder only: what the passes share while one graph is compiled. The plan holds what the run needs; everything
 * here dies with the compilation.
 *
 * A function that can find something wrong returns 0 or a negative errno, which it has explained in c->err. Passes go on after an error to
 * find the others, except after -ENOMEM: see compile_note().
 */

/* Parameters as declared, by a graph or a kernel. */
struct declared {
	const struct pel_param_desc *descs;   /* n of them, in the plan's arena or constant */
	const struct pel_place *places;	      /* of the declarations; NULL: they are in no document */
	const struct pel_place *value_places; /* of the defaults; likewise */
	uint32_t n;
	const char *dir;    /* where relative paths of the defaults start; may be NULL */
	struct pel_map map; /* names, where there are many */
};

/* What was given for one parameter. */
struct given {
	const char *text; /* NULL: nothing, so the default is taken */
	const char *dir;
	struct pel_place place;
	const struct pel_scope *scope; /* NULL: text without names */
};

/* Declared parameters with their values; defaults are evaluated when they are first asked for, so their order does not matter. */
struct params {
	struct compiler *c;
	const struct declared *declared;
	struct pel_value *values; /* in the plan's arena */
	unsigned char *state;
	const char *owner;	/* "actor 'x'" */
	struct pel_place place; /* of the owner */
	struct pel_scope scope;
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

/* A kernel as it can be used by actors: a registered one, or an inline one made into a descriptor. */
struct kernel_use {
	const struct pel_kernel *kernel;
	const struct pel_kernel *cpu; /* inline: the registered kernel whose code it uses; may be NULL */
	const struct pel_decl_kernel *decl; /* inline: in the plan's arena */
	const struct document *document;    /* inline: where it stands */
	struct declared params;
	uint32_t n_in, n_out;
	const struct pel_place *in_places, *out_places; /* inline */
	const enum pel_tail *tails;			/* inline: of each input; NULL: all the default */
	struct shape *shapes;				/* made lately, newest first */
	struct kernel_use *next;
};

/* A port of a kernel whose parameters are known. */
struct shape_port {
	struct pel_type_expr type;
	struct term *term; /* [types] shared, where the type has no symbols */
	bool symbolic;
	bool dynamic;
	uint32_t n_rates;
	const uint64_t *rates;
	uint64_t history;
};

/* A kernel with its parameters: shared by all actors with the same settings. */
struct shape {
	struct kernel_use *use;
	const struct pel_value *params;
	struct shape_port *in, *out;
	const struct shape_port *cpu_in, *cpu_out; /* inline with a registered CPU form: the ports of that */
	const struct instance *instance;
	const struct pel_decl_actor *actor; /* one whose settings these are */
	struct shape *next;
};

struct child {
	struct instance *graph; /* NULL: an actor of the plan */
	uint32_t actor;
};

struct alias;

/* One use of a document: the top, or an actor with graph="...". */
struct instance {
	struct document *document;
	struct instance *parent;
	const struct pel_decl_actor *actor; /* in the parent */
	const char *prefix;		    /* "tail/" */
	uint32_t depth;
	uint32_t first_actor, end_actor; /* all inside, at any depth, stand in a row in the plan */
	struct params *params;
	struct child *children; /* of each declared actor */
	struct alias *aliases;	/* of each boundary port; of the top: NULL */
	struct symbols symbols; /* [types] of its boundary ports */
	struct pel_map symbol_map;
	const char *on; /* default for its actors; NULL: none */
	struct pel_place on_place;
	struct instance *next; /* in the order of documents */
};

/* An end of a piece: a port of an actor of the plan (instance NULL), or a boundary port of an instance. */
struct end {
	struct instance *instance;
	uint32_t actor, port;
};

/* A <channel> in an instance. Pieces that meet at aliases become one channel of the plan. */
struct piece {
	const struct pel_decl_channel *decl;
	struct instance *instance;
	struct end from, to;
	bool broken;
	bool named; /* its name was given to a channel */
};

/* What is found by following pieces back, and what they say on the way: each thing may be said once. */
struct route {
	enum {
		ROUTE_UNKNOWN,
		ROUTE_OPEN, /* being followed */
		ROUTE_FROM,
		ROUTE_UNFED,
		ROUTE_BROKEN, /* said where */
	} kind;
	struct end from;     /* FROM: a port of an actor */
	struct alias *unfed; /* UNFED: where it ends */
	struct piece *name, *capacity, *initial;
};

/* A boundary port of a sub-graph: an alias, fed by one piece of a channel. */
struct alias {
	uint32_t fed;	/* index of the piece; PEL_NONE: not yet */
	uint32_t feeds; /* how many pieces leave it */
	bool needed;	/* it feeds an input that must be connected */
	struct route route;
	struct term *term; /* [types] */
};

struct actor_work {
	const struct pel_decl_actor *decl; /* NULL: a boundary of the top */
	struct instance *instance;
	struct kernel_use *use;		  /* NULL: boundary, or not found */
	struct shape *shape;		  /* NULL: boundary, or broken */
	uint32_t *fed;			  /* of each input: the piece that feeds it */
	bool *left;			  /* of each output: does a piece leave it? */
	const struct pel_decl_port *port; /* of a boundary */
	struct term **terms;		  /* [types] inputs, then outputs */
	uint32_t known;			  /* [types] how many port types the kernel's hook was told of */
};

/* Values of a channel's first tokens, as text. */
struct written {
	const struct pel_decl_channel *decl; /* NULL: there are none */
	const struct instance *instance;     /* whose scope they are read in */
};

/* Where a repair of a channel is written. */
struct repair_place {
	struct pel_place initial, capacity;
	bool values; /* its first tokens are written out */
};

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
int compile_note(struct compiler *c, int r);
/* Zeroed memory until the end of the compilation. NULL: out of memory, explained. */
void *compile_alloc(struct compiler *c, size_t count, size_t bytes);
/* The same until the end of the pass; in "resolve" until that of "types". */
void *brief_alloc(struct compiler *c, size_t count, size_t bytes);
/* Zeroed memory as long as the plan. NULL: out of memory, explained. */
void *plan_alloc(struct compiler *c, size_t count, size_t bytes);
/* The plan is compiled from what file `path` holds, which is copied. 0 or -ENOMEM, explained. */
int source_add(struct compiler *c, const char *path);
struct pel_place place_at(const struct document *document, uint32_t line, uint32_t col);
struct pel_place place_of(const struct document *document, const struct pel_attr *attr);

/*
 * pel_near_try() for documents of any size: in one with a million ids and a thousand that are misspelt, only the first are compared with all
 * others.
 */
void suggest(struct compiler *c, struct pel_near *near, const char *wanted, const char *candidate);

/* The passes, in order; what each establishes stands in plan.c. */
int pass_load(struct compiler *c);
int pass_resolve(struct compiler *c);
int pass_types(struct compiler *c);
int pass_rates(struct compiler *c);
int pass_liveness(struct compiler *c);
int pass_place(struct compiler *c);
int pass_fuse(struct compiler *c);
int pass_size(struct compiler *c);
int pass_order(struct compiler *c);

/* params.c */
struct pel_param_desc params_describe(const struct pel_decl_param *param); /* its texts are those of `param` */
int params_declare(struct compiler *c, struct declared *declared);
uint32_t params_index(const struct declared *declared, const char *name); /* PEL_NONE: there is none */
int params_evaluate(struct compiler *c, const struct declared *declared, const struct given *given,
		    const char *owner, struct pel_place place, struct params **ret);
/* The hint for a name that none of the parameters is near to. */
void hint_params(struct compiler *c, const struct declared *declared);
/* <set>s of an actor to given[declared->n]. */
int params_settings(struct compiler *c, const struct declared *declared, const struct pel_decl_actor *actor,
		    struct instance *instance, const char *what, struct given **ret);

/* kernel-use.c */
int kernels_open(struct compiler *c, struct document *document);
int kernel_find(struct compiler *c, struct document *document, const struct pel_attr *name,
		struct kernel_use **ret);
int shape_find(struct compiler *c, struct kernel_use *use, const struct pel_decl_actor *actor,
	       struct instance *instance, struct shape **ret);
void kernels_close(struct compiler *c);
enum pel_tail tail_of(const char *text);

/* documents.c */
int documents_open(struct compiler *c);
struct document *document_of(struct compiler *c, const struct pel_decl_graph *decl);
void documents_forget_names(struct compiler *c); /* once channels are joined, nobody looks them up */
void documents_close(struct compiler *c);

/* instance.c: the tree of instances, and the actors in it */
int instances_make(struct compiler *c);
int actors_make(struct compiler *c);

/* end.c: what from= or to= names in `instance` */
int end_find(struct compiler *c, struct instance *instance, const struct pel_attr *attr, bool from,
	     struct end *ret);

/* join.c: channels */
int channels_join(struct compiler *c);

/*
 * subject.c: the part of the plan whose rates are known, in `arena`: sdf_actor[] from the plan's actors (PEL_NONE: not in it), sdf_channel[] to its
 * channels. 0 or -ENOMEM, not explained.
 */
int sdf_of_plan(struct pel_arena *arena, const struct pel_plan *plan, struct pel_sdf *sdf,
		uint32_t **sdf_actor, uint32_t **sdf_channel);

/* rates.c: the static part of the graph, whether it is consistent or not */
int rates_make(struct compiler *c);

/*
 * plan.c: compile `graph` as far as its static part is made, and let use() take from that what it needs. Returns what use() does, or a negative
 * errno, explained in `err`.
 */
int compile_rates(const struct pel_graph *graph, const struct pel_compile_options *options,
		  int (*use)(struct compiler *c, void *context), void *context, struct pel_error *err);

/* hooks.c, initial.c: parts of the pass "types" */
int hooks_run(struct compiler *c);
int initial_values(struct compiler *c, uint32_t channel);

/* repair.c: what to change in a graph that deadlocks. All return 0 or a negative errno; the repairs go to options->fixes, if that is asked for. */
#define REPAIR_WORK  ((uint64_t)1 << 30) /* firings executed, and actors and channels looked at, in all */
#define REPAIR_STEPS ((uint64_t)1 << 22) /* firings of one execution */
int repair_capacity(struct compiler *c, uint32_t channel, uint64_t value);
int repair_initial(struct compiler *c, uint32_t channel, uint64_t value);
/*
 * The channels of c->sdf without capacities, with as many initial tokens more as make it live, none of which can be left out. Returns 0; -EDEADLK
 * where no tokens can be added; -ETIME, beyond `work`; -EOVERFLOW; -ENOMEM.
 */
int repair_tokens(struct compiler *c, uint64_t work, const struct pel_sdf_channel **ret);
/* All that frees c->sdf. 0, whether it was found or not; or -ENOMEM. */
int repair_deadlock(struct compiler *c);

/* form.c: actor->form of an actor that is placed on a device */
int form_make(struct compiler *c, uint32_t index);

/* place.c: on= of an actor, with names replaced */
int place_text(struct compiler *c, const struct instance *instance, const struct pel_decl_actor *decl,
	       const char **ret);

/* cost.c: part of the pass "fuse": c->cost */
int costs_find(struct compiler *c);

/* cluster.c: part of the pass "fuse": which actors are executed together, in which order and segments */
int clusters_form(struct compiler *c);

/* chunk.c: part of the pass "size": how much of a cluster is executed at once, and where its tokens are meanwhile */
int clusters_size(struct compiler *c);

/* tune.c: part of the pass "size": capacities that were chosen, and cost throughput, are raised. 0 or -ENOMEM. */
int capacities_tune(struct compiler *c);

/* machine.c */
int machine_parse(struct compiler *c, const char *text, struct pel_machine *ret);
void machine_detect(struct pel_machine *ret);
/*
 * Lower *cores and *memory to what the control groups of this process allow, of either version; "/proc" and "/sys" are below `root` (cgroup.c).
 */
void cgroup_limits(const char *root, uint64_t *cores, uint64_t *memory);

/* order.c */
struct edge {
	uint32_t from, to;
};
/*
 * Order `n` nodes so that they follow the edges depth-first, chains together, and those on a cycle stand in a row. part[n] (may be NULL)
 * numbers the strongly connected components in that order. 0 or -ENOMEM.
 */
int order_nodes(uint32_t n, const struct edge *edges, size_t n_edges, uint32_t *order, uint32_t *part);
/* Find the channels that are on a cycle. 0 or -ENOMEM, explained. */
int loops_mark(struct compiler *c);

/* dump.c */
/* As it is after pass number `pass`. 0 or -EIO. */
int plan_dump(const struct compiler *c, size_t pass, FILE *out);

/* A long message, put together piece by piece; what does not fit is cut off. */
struct sentence {
	char bytes[4096];
	size_t length;
};
void sentence_add(struct sentence *sentence, const char *fmt, ...) PEL_PRINTF(2, 3);

/* All ports of an actor by number: inputs, then outputs. */
static inline uint32_t ports_count(const struct pel_plan_actor *actor)
{
	return actor->n_in + actor->n_out;
}

static inline struct pel_plan_port *port_number(const struct pel_plan_actor *actor, uint32_t i)
{
	return i < actor->n_in ? &actor->in[i] : &actor->out[i - actor->n_in];
}

static inline struct shape_port *shape_port_at(const struct shape *shape, const struct pel_plan_actor *actor,
					       uint32_t i)
{
	return i < actor->n_in ? &shape->in[i] : &shape->out[i - actor->n_in];
}

static inline uint64_t rates_max(const struct pel_plan_port *port)
{
	uint64_t max = 0;

	for (uint32_t i = 0; i < port->n_rates; i++)
		max = port->rates[i] > max ? port->rates[i] : max;
	return max;
}

static inline uint64_t rates_sum(const struct pel_plan_port *port)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < port->n_rates; i++)
		sum += port->rates[i];
	return sum;
}

/* Tokens of an iteration of its cluster at a port. */
static inline uint64_t cluster_tokens(const struct pel_plan_actor *actor, const struct pel_plan_port *port)
{
	return actor->cluster_firings / port->n_rates * rates_sum(port);
}

#endif
