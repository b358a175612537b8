/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RANDOM_GRAPH_H
#define RANDOM_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Random graphs that must work. The description is independent of the library; both the XML text and the expected bytes are made from it, so that
 * tests can compare the library's results with results computed in another way.
 *
 * Static actors come in clusters, each a directed acyclic graph with some feedback, consistent and live by construction. Clusters are
 * joined to a tree by actors with `*` ports, so that no capacity can make a graph stall.
 */
#define RG_PORTS	4
#define RG_PHASES	3
#define RG_MAX_ACTORS	64
#define RG_MAX_CHANNELS 128
#define RG_GROUPS	5
#define RG_NONE		UINT32_MAX

enum rg_kind { RG_MIX, RG_PURE, RG_COPY, RG_FILTER, RG_MERGE, RG_HOST_IN, RG_HOST_OUT };

enum rg_tail { RG_TAIL_NONE, RG_TAIL_DROP, RG_TAIL_PAD };

struct rg_port {
	uint32_t n_rates; /* 0: `*` */
	uint64_t rates[RG_PHASES];
	uint32_t bytes; /* of a token; inputs: as the channel's producer says */
	uint32_t history;
	enum rg_tail tail;
	uint32_t channel; /* inputs */
};

struct rg_actor {
	enum rg_kind kind;
	uint32_t n_in, n_out;
	struct rg_port in[RG_PORTS], out[RG_PORTS];
	uint32_t cluster, phases;
	uint64_t q; /* static actors: phase cycles an iteration */
	uint64_t seed, limit;
	uint32_t copies, max_batch; /* 0: not given */
	uint32_t group;
	bool has_feed; /* some input that no feedback channel gives: else it is a source, and has a limit */
};

struct rg_channel {
	uint32_t from, from_port, to, to_port;
	uint32_t initial;
	unsigned char *values; /* NULL: zeros */
	uint64_t capacity;     /* 0: not given */
	uint32_t level;	       /* which of its pieces gives capacity and initial tokens */
};

struct rg_graph {
	uint64_t seed, state;
	uint64_t length; /* of its streams; most graphs: 1 */
	struct rg_actor actors[RG_MAX_ACTORS];
	struct rg_channel channels[RG_MAX_CHANNELS];
	uint32_t n_actors, n_channels;
	uint32_t parent[RG_GROUPS], n_groups; /* group 0 is the top */
};

uint64_t rg_random(uint64_t *state, uint64_t below);

void rg_generate(struct rg_graph *graph, uint64_t seed);
void rg_fini(struct rg_graph *graph);
/* The graph in Pelton's language; malloc'ed. */
char *rg_xml(const struct rg_graph *graph);
/* Id of an actor in the run ("g1/g2/a7"), or the name of a boundary port. */
void rg_id(const struct rg_graph *graph, uint32_t actor, char *buf, size_t size);

/* What must come out: at a sink its hash and firings; at a boundary <out> its bytes. */
struct rg_expected {
	uint64_t hash, firings;
	unsigned char *bytes; /* of RG_HOST_OUT */
	size_t n_bytes;
};

/* The bytes that the host writes to an RG_HOST_IN; malloc'ed. */
unsigned char *rg_host_bytes(const struct rg_actor *actor, size_t *n_bytes);

/* Run the graph, one actor and one firing at a time, over unbounded channels. expected[n_actors]. */
void rg_interpret(const struct rg_graph *graph, struct rg_expected *expected);
void rg_expected_fini(const struct rg_graph *graph, struct rg_expected *expected);

#endif
