/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PLAN_MODEL_H
#define PEL_PLAN_MODEL_H

#include <pelton/plan.h>
#include "expr.h"
#include "graph-model.h"
#include "info.h"
#include "registry.h"
#include "support.h"

/*
 * The plan: flat arrays that refer to each other by index. Each pass fills in its part; [size] means that the pass "size" sets a member (see
 * passes.h). Later passes and the run may rely on what earlier passes have set. All memory is in the plan's arena.
 */
#define PEL_NONE UINT32_MAX

/* A cache line: in a worker's own memory, windows are aligned to it. */
#define PEL_LINE_BYTES ((uint64_t)64)

enum pel_tail { PEL_TAIL_WARN, PEL_TAIL_DROP, PEL_TAIL_PAD, PEL_TAIL_ERROR };

enum pel_where_kind { PEL_WHERE_CPU, PEL_WHERE_FPGA };

struct pel_where {
	const char *unit; /* of a device: compute unit; NULL: any */
	int32_t index;	  /* CPU worker or device; -1: any */
	enum pel_where_kind kind : 8;
	bool automatic; /* chosen for "auto" */
};

/* Where the tokens of an output are stored. */
enum pel_storage_kind {
	PEL_STORAGE_RING, /* in its ring */
	PEL_STORAGE_ROUND, /* while a cluster is executed: in the slots of the ring, of which each round has its own part */
	PEL_STORAGE_CHUNK, /* while a cluster is executed: in the worker's own memory */
};

/* Why an actor is not in a cluster. */
enum pel_not_fused {
	PEL_FUSED,
	PEL_NOT_FUSED_PLACE,
	PEL_NOT_FUSED_BLOCKING,
	PEL_NOT_FUSED_COPIES,
	PEL_NOT_FUSED_DYNAMIC,
	PEL_NOT_FUSED_EFFECTS,
	PEL_NOT_FUSED_CYCLE,
	PEL_NOT_FUSED_CAPACITY,
	PEL_NOT_FUSED_LARGE,
	PEL_NOT_FUSED_ALONE,
	PEL_NOT_FUSED_MANY,
};

/* Kept small, because there is one for each port of the graph. */
struct pel_plan_port {
	const char *name;
	const struct pel_type *type;	   /* [types] shared; never NULL afterwards for a connected port */
	uint32_t token_bytes;		   /* [types] */
	bool dynamic;			   /* `*` */
	enum pel_tail tail : 8;		   /* inputs */
	enum pel_storage_kind storage : 8; /* [size] outputs */
	uint32_t n_rates;    /* [resolve, types: a kernel's hook may set them] >= 1 unless dynamic */
	uint32_t n_channels; /* 0: not connected; inputs: 1 */
	const uint64_t *rates;
	uint64_t history;	  /* inputs */
	const uint32_t *channels; /* of an output: all that it feeds, in document order */
	uint32_t ring; /* [size] outputs: the first ring it writes, PEL_NONE if not connected; inputs: the ring read */
	uint32_t reader; /* [size] inputs: index of its cursor on that ring */
	uint64_t offset; /* [size] PEL_STORAGE_CHUNK: bytes into the worker's memory */
};

enum pel_actor_kind {
	PEL_ACTOR_KERNEL,
	PEL_ACTOR_HOST_IN, /* a boundary <in> of the top graph: one output port, written by the host. Not in a stage. */
	PEL_ACTOR_HOST_OUT, /* a boundary <out>: one input port */
};

/* Rarely used attributes of an actor. Actors that set none of them share one. */
struct pel_policy {
	uint64_t max_batch; /* 0: none */
	uint32_t in_flight; /* device calls; 0: default */
	uint32_t retries, timeout_ms;
	uint32_t n_time;
	const uint64_t *time; /* of each phase; NULL: 1 */
	const char *on_fault; /* "fail", "restart", "cpu" */
};

struct pel_plan_actor {
	const char *id; /* "tail/fir" */
	struct pel_place place;
	const struct pel_kernel *kernel; /* NULL for boundaries; fire is NULL for an inline <kernel> without CPU implementation */
	const struct pel_value *params; /* one for each of kernel->params */
	struct pel_plan_port *in, *out;
	uint32_t n_in, n_out;
	const struct pel_policy *policy;
	uint32_t copies; /* >= 1 */
	uint32_t phases; /* [rates] length of the longest list of rates among its ports; the others divide it */
	uint64_t repetition; /* [rates] full phase cycles per iteration; 0: dynamic, or unknown */
	enum pel_actor_kind kind : 8;
	bool dynamic;			  /* some port is `*` */
	enum pel_not_fused not_fused : 8; /* [fuse] */
	uint32_t stage;			  /* [fuse] its first stage; copies follow; PEL_NONE for boundaries */
	uint32_t cluster;		  /* [fuse] PEL_NONE: none */
	uint32_t segment;		  /* [fuse] its segment in its cluster */
	uint64_t cluster_firings;    /* [fuse] firings in an iteration of its cluster: full phase cycles */
	struct pel_where where;	     /* [place] */
	const struct pel_fpga *fpga; /* [place] if it is on a device: how to call it there; else NULL */
	uint64_t block;		     /* [size] if it is on a device: firings in its longest calls */
};

enum pel_memory { PEL_MEMORY_FUSED, PEL_MEMORY_RING, PEL_MEMORY_SHARED, PEL_MEMORY_DEVICE };

struct pel_plan_channel {
	const char *name; /* "a.out->b.in" */
	struct pel_place place;
	uint32_t from, from_port, to, to_port; /* actors and their ports */
	uint64_t initial;
	const void *initial_values; /* [types] initial * token_bytes; NULL: zeros */
	uint64_t capacity; /* [resolve: as written, 0: automatic] [size] tokens, initial ones included */
	uint32_t ring;	   /* [size] */
	enum pel_memory memory : 8; /* [size] */
	bool capacity_given;
	bool loop; /* [fuse] it is on a cycle of channels */
};

/*
 * The memory of an output port, or of some of its channels if their initial tokens differ. It has `slots` tokens, then `mirror` tokens that
 * repeat the first ones, so that each window of up to `mirror` tokens (history included) is contiguous wherever it starts.
 * slots >= the largest capacity + the largest history of its readers. mirror == 0 only if no window can cross the end.
 */
struct pel_plan_ring {
	uint32_t actor, port; /* producer */
	uint32_t n_channels;
	const uint32_t *channels; /* reader r is channels[r] */
	uint32_t next;		  /* next ring of the same output; PEL_NONE */
	uint32_t token_bytes;
	enum pel_memory memory : 8;
	uint64_t slots, mirror;
	uint64_t history; /* the largest history of its readers: the first token is in slot `history` */
};

/*
 * Actors that are executed together (cluster-form.c). An iteration is `cluster_firings` firings of each actor. A worker carries a round of
 * iterations through the segments; inside a segment, it carries one chunk at a time through all actors.
 */
struct pel_plan_cluster {
	const uint32_t *actors; /* in order of execution */
	uint32_t n_actors;
	const uint32_t *segments; /* segment s: actors[segments[s]] .. actors[segments[s + 1]) */
	uint32_t n_segments;
	uint32_t slots;	   /* how many rounds may be in progress, each with its part of the rings */
	uint32_t n_stages; /* how many stages share it */
	uint32_t stage;	   /* the first of these; if the graph requests copies, the others follow it */
	uint32_t replica;  /* otherwise the second of these is here, and the others follow that */
	/* When an iteration waits for tokens (for room), others may wait for what a part of it could already produce. */
	bool eager_input, eager_room;
	uint64_t chunk, round;	/* [size] at most so many iterations */
	uint64_t scratch_bytes; /* [size] how much of a worker's own memory a chunk needs */
};

struct pel_plan_stage {
	const char *id; /* that of its actor; of several actors "read..write"; of requested copies "sobel#1" */
	const uint32_t *actors; /* in order of execution */
	uint32_t n_actors;
	uint32_t cluster; /* PEL_NONE: its actors are fired one by one */
	uint32_t copy;	  /* its number among the stages of its cluster */
	bool blocking;	  /* has its own thread */
	struct pel_where where;
};

struct pel_machine {
	uint32_t cores;
	uint64_t l1_bytes, l2_bytes; /* of each core */
	uint64_t memory_bytes;	     /* channels may use three quarters of it; 0: unknown */
};

struct pel_plan {
	struct pel_arena arena;
	const char *name;
	struct pel_registry *registry;
	struct pel_machine machine;
	uint32_t workers;
	struct pel_plan_actor *actors;
	uint32_t n_actors;
	struct pel_plan_channel *channels;
	uint32_t n_channels;
	struct pel_plan_ring *rings;
	uint32_t n_rings;
	struct pel_plan_cluster *clusters;
	uint32_t n_clusters;
	struct pel_plan_stage *stages;
	uint32_t n_stages;   /* the stages that users see */
	uint32_t n_replicas; /* further stages of clusters, after the others; copies of them but for `copy` */
	uint32_t n_blocking; /* stages that have their own thread */
	const uint32_t *ins, *outs; /* boundary actors in document order */
	uint32_t n_ins, n_outs;
	const char **sources; /* [load .. place] paths of the documents and maps it was compiled from; some may not be files */
	uint32_t n_sources;
	size_t sources_capacity;
	const double *measured_ns; /* [fuse] duration of a firing of each actor, from the profile; 0: not in the profile. NULL: no profile */
};

/* Fill `info` for kernel hooks from an actor. Its arrays of ports are in `arena`. 0 or -ENOMEM. */
int pel_plan_info(const struct pel_plan *plan, const struct pel_plan_actor *actor, struct pel_arena *arena,
		  struct pel_error *err, struct pel_info *info);
/* May hwloc be used? Without /sys, as in some containers, it detects nothing and prints that to stderr. */
bool pel_topology_known(void);
/* "cpu", "cpu:2", "fpga:0/vadd_1" into `buf`. Returns buf. */
char *pel_where_format(const struct pel_where *where, char *buf, size_t size);
/*
 * Evaluate `arg`, a PEL_FPGA_SCALAR of `actor`, for a call with `batch` firings: an integer, a float or a bool. Returns 0, or a negative errno
 * and explains. [any thread]
 */
int pel_plan_scalar(const struct pel_plan_actor *actor, const struct pel_fpga_arg *arg, uint64_t batch,
		    struct pel_value *ret, struct pel_error *err);
const char *pel_memory_name(enum pel_memory memory);
/* Is the channel inside a cluster? Clusters execute whole iterations, so its capacity does not limit the throughput. False before the pass "fuse". */
bool pel_plan_is_fused(const struct pel_plan *plan, const struct pel_plan_channel *channel);
/* How many firings of an actor can be executed at the same time. */
uint32_t pel_plan_at_once(const struct pel_plan *plan, const struct pel_plan_actor *actor);
/* The reason in words, such as "it is on a cycle of channels"; NULL: the actor is in a cluster. */
const char *pel_not_fused_reason(enum pel_not_fused why);

#endif
