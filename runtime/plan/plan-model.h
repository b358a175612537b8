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
 * The plan: flat arrays that refer to each other by index. Each pass fills its part (see PEL_PASSES in passes.h); a later
 * pass and the run may rely on what the earlier ones established. All memory is in the plan's arena.
 */
#define PEL_NONE UINT32_MAX

/* A line of the cache: in a worker's own memory all windows begin with one. */
#define PEL_LINE_BYTES ((uint64_t)64)

enum pel_tail { PEL_TAIL_WARN, PEL_TAIL_DROP, PEL_TAIL_PAD, PEL_TAIL_ERROR };

enum pel_where_kind { PEL_WHERE_CPU, PEL_WHERE_FPGA };

struct pel_where {
	const char *unit; /* of a device: compute unit; NULL: any */
	int32_t index;	  /* CPU worker or device; -1: any */
	enum pel_where_kind kind : 8;
	bool automatic; /* "auto" chose it */
};

/* Where the tokens of an output are. */
enum pel_storage_kind {
	PEL_STORAGE_RING, /* in its ring */
	PEL_STORAGE_ROUND, /* while a cluster is executed: in the slots of the ring, of which each round has a part of its own */
	PEL_STORAGE_CHUNK, /* while a cluster is executed: in the worker's own memory */
};

/* Why an actor is in no cluster. */
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

/* There are as many as a graph has ports, so they are kept small. */
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
	const uint32_t *channels; /* of an output all it feeds, in document order */
	uint32_t ring; /* [size] outputs: the first ring it writes, PEL_NONE if not connected; inputs: the ring read */
	uint32_t reader; /* [size] inputs: number of its cursor on that ring */
	uint64_t offset; /* [size] PEL_STORAGE_CHUNK: bytes into the worker's memory */
};

enum pel_actor_kind {
	PEL_ACTOR_KERNEL,
	PEL_ACTOR_HOST_IN, /* a boundary <in> of the top graph: one output port, written by the host. In no stage. */
	PEL_ACTOR_HOST_OUT, /* a boundary <out>: one input port */
};

/* What the document says of an actor beyond what it is; actors of which it says nothing share one. */
struct pel_policy {
	uint64_t max_batch; /* 0: none */
	uint32_t in_flight; /* device calls; 0: default */
	uint32_t retries, timeout_ms;
	uint32_t n_time;
	const uint64_t *time; /* a phase; NULL: 1 */
	const char *on_fault; /* "fail", "restart", "cpu" */
};

struct pel_plan_actor {
	const char *id; /* "tail/fir" */
	struct pel_place place;
	const struct pel_kernel *kernel; /* NULL for boundaries; for an inline <kernel> without CPU implementation its fire is NULL */
	const struct pel_value *params; /* one for each of kernel->params */
	struct pel_plan_port *in, *out;
	uint32_t n_in, n_out;
	const struct pel_policy *policy;
	uint32_t copies;     /* >= 1 */
	uint32_t phases;     /* [rates] of the longest list among its ports; the others divide it */
	uint64_t repetition; /* [rates] full phase cycles an iteration; 0: dynamic, or not known */
	enum pel_actor_kind kind : 8;
	bool dynamic;			  /* some port is `*` */
	enum pel_not_fused not_fused : 8; /* [fuse] */
	uint32_t stage;		     /* [fuse] first stage of it; copies follow; PEL_NONE for boundaries */
	uint32_t cluster;	     /* [fuse] PEL_NONE: none */
	uint32_t segment;	     /* [fuse] in its cluster */
	uint64_t cluster_firings;    /* [fuse] in an iteration of its cluster: full phase cycles */
	struct pel_where where;	     /* [place] */
	const struct pel_fpga *fpga; /* [place] of one on a device: how it is called there; else NULL */
	uint64_t block;		     /* [size] of one on a device: firings of its longest calls */
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
 * Memory of one output port, or of a part of its channels where initial tokens differ.
 * `slots` tokens, then `mirror` tokens that repeat the first ones, so that every window of up to `mirror` tokens (history included) is
 * contiguous wherever it starts. slots >= the largest capacity + the largest history of its readers. mirror == 0 only where no window can straddle.
 */
struct pel_plan_ring {
	uint32_t actor, port; /* producer */
	uint32_t n_channels;
	const uint32_t *channels; /* reader r is channels[r] */
	uint32_t next;		  /* next ring of the same output; PEL_NONE */
	uint32_t token_bytes;
	enum pel_memory memory : 8;
	uint64_t slots, mirror;
	uint64_t history; /* the largest of its readers: the first token's slot is `history` */
};

/*
 * Actors that are executed together (cluster-form.c). An iteration is `cluster_firings` firings of each. A worker carries a round of iterations through the
 * segments, and through all actors of one segment a chunk at a time.
 */
struct pel_plan_cluster {
	const uint32_t *actors; /* in order of execution */
	uint32_t n_actors;
	const uint32_t *segments; /* segment s: actors[segments[s]] .. actors[segments[s + 1]) */
	uint32_t n_segments;
	uint32_t slots;	   /* rounds that may be under way, each with its part of the rings */
	uint32_t n_stages; /* that share it */
	uint32_t stage;	   /* the first of them; if the copies were asked for, the others follow it */
	uint32_t replica;  /* else these are its second one and those that follow */
	/* Where an iteration has to wait for tokens, or room, a part of it may be what others wait for. */
	bool eager_input, eager_room;
	uint64_t chunk, round;	/* [size] iterations at most */
	uint64_t scratch_bytes; /* [size] what a chunk takes of a worker's own memory */
};

struct pel_plan_stage {
	const char *id; /* of its first actor; several actors "read..write"; copies that were asked for "sobel#1" */
	const uint32_t *actors; /* in order of execution */
	uint32_t n_actors;
	uint32_t cluster; /* PEL_NONE: its actors are fired one by one */
	uint32_t copy;	  /* number of it among the stages of a cluster */
	bool blocking;	  /* a thread of its own */
	struct pel_where where;
};

struct pel_machine {
	uint32_t cores;
	uint64_t l1_bytes, l2_bytes; /* a core */
	uint64_t memory_bytes;	     /* that channels may use three quarters of; 0: not known */
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
	uint32_t n_stages;	    /* as the user sees them */
	uint32_t n_replicas;	    /* of clusters: after those, alike but for their numbers */
	uint32_t n_blocking;	    /* stages that have a thread of their own */
	const uint32_t *ins, *outs; /* boundary actors in document order */
	uint32_t n_ins, n_outs;
	const char **sources; /* [load .. place] paths of the documents and lists it was compiled from; some may stand for no file */
	uint32_t n_sources;
	size_t sources_capacity;
	const double *measured_ns; /* [fuse] of a firing of each actor, by the profile; 0: it is not in there. NULL: there is no profile */
};

/* Fill `info` for kernel hooks from an actor. Ports arrays are in `arena`. 0 or -ENOMEM. */
int pel_plan_info(const struct pel_plan *plan, const struct pel_plan_actor *actor, struct pel_arena *arena,
		  struct pel_error *err, struct pel_info *info);
/* May hwloc be asked? Without the kernel's /sys (some containers) it knows nothing, and says so on stderr. */
bool pel_topology_known(void);
/* "cpu", "cpu:2", "fpga:0/vadd_1" into `buf`. Returns buf. */
char *pel_where_format(const struct pel_where *where, char *buf, size_t size);
/*
 * The value of `arg`, a PEL_FPGA_SCALAR of `actor`, in a call for `batch` firings: an integer, a real or a truth value. 0 or a negative errno,
 * explained. Any thread.
 */
int pel_plan_scalar(const struct pel_plan_actor *actor, const struct pel_fpga_arg *arg, uint64_t batch,
		    struct pel_value *ret, struct pel_error *err);
const char *pel_memory_name(enum pel_memory memory);
/* Is the channel within a cluster, which executes iterations as a whole, so that its capacity bounds nothing? False before the pass "fuse". */
bool pel_plan_is_fused(const struct pel_plan *plan, const struct pel_plan_channel *channel);
/* Firings of an actor that can be made at the same time. */
uint32_t pel_plan_at_once(const struct pel_plan *plan, const struct pel_plan_actor *actor);
/* "it is on a cycle of channels"; NULL: it is in a cluster. */
const char *pel_not_fused_reason(enum pel_not_fused why);

#endif
