/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_GRAPH_MODEL_H
#define PEL_GRAPH_MODEL_H

#include <pelton/graph.h>
#include "support.h"

/*
 * The document as written: declarations in document order, with the position of every element and attribute. Nothing is
 * looked up or evaluated yet, except that each actor with graph="..." points to that graph. All memory belongs
 * to the graph's arena. A missing attribute has text == NULL.
 */
struct pel_attr {
	const char *text;
	uint32_t line, col; /* where the attribute's name starts */
};

struct pel_decl_param {
	struct pel_attr name, type, value, doc;
	struct pel_attr least, most, one_of, least_count, most_count, ends; /* as in struct pel_param_desc */
	uint32_t line, col;
};

struct pel_decl_use {
	struct pel_attr library;
	uint32_t line, col;
};

/* <in> and <out> of a graph (boundary) or of a <kernel>. */
struct pel_decl_port {
	struct pel_attr name, type, rate, history, tail, optional, doc;
	bool out;
	uint32_t line, col;
};

/* <arg port="a"/> or <arg value="$n * $batch"/> */
struct pel_decl_arg {
	struct pel_attr port, value, name;
	uint32_t line, col;
};

struct pel_decl_fpga {
	struct pel_attr kernel, xclbin, source;
	struct pel_decl_arg *args;
	size_t n_args;
	uint32_t line, col; /* 0: not present */
};

/* An inline <kernel>. <cpu kernel="module.name"/> gives it the CPU implementation of a registered kernel. */
struct pel_decl_kernel {
	struct pel_attr name, stateless, exact, doc;
	struct pel_attr cpu_kernel;
	struct pel_decl_param *params;
	size_t n_params;
	struct pel_decl_port *ports; /* inputs and outputs in document order */
	size_t n_ports;
	struct pel_decl_fpga fpga;
	uint32_t line, col;
};

/* <set name= value=/> and <in name= tail=/> inside an actor. */
struct pel_decl_set {
	struct pel_attr name, value;
	uint32_t line, col;
};

/* Attributes that few actors have. */
struct pel_decl_seldom {
	struct pel_attr copies, in_flight, max_batch, on_fault, retries, timeout_ms, time;
};

struct pel_decl_actor {
	struct pel_attr id, kernel, graph, on;
	const struct pel_decl_seldom *seldom; /* actors without any of these attributes share one that has no texts */
	struct pel_decl_set *sets;
	size_t n_sets;
	struct pel_decl_set *tails; /* <in name="port" tail="..."/>: name, value = tail */
	size_t n_tails;
	const struct pel_decl_graph *sub; /* the graph that graph= names, or NULL */
	uint32_t line, col;
};

struct pel_decl_channel {
	struct pel_attr name, from, to, capacity, initial;
	const char *values; /* the text of an <initial> child: the elements of the tokens, separated by white space; NULL: none */
	uint32_t values_line, values_col;
	uint32_t line, col;
};

struct pel_decl_graph {
	const char *file; /* name for messages */
	size_t number; /* among all loaded graphs, including nested ones: 0 .. n_graphs-1 of struct pel_graph */
	const char *dir; /* the folder of relative paths */
	struct pel_attr name, doc;
	struct pel_decl_param *params;
	size_t n_params;
	struct pel_decl_use *uses;
	size_t n_uses;
	struct pel_decl_kernel *kernels;
	size_t n_kernels;
	struct pel_decl_graph **graphs; /* nested <graph>s, named by graph="#name" */
	size_t n_graphs;
	const struct pel_decl_graph *parent; /* the enclosing <graph>: its kernels and modules are visible here, its parameters are not */
	struct pel_decl_port *ports; /* boundary */
	size_t n_ports;
	struct pel_decl_actor *actors;
	size_t n_actors;
	struct pel_decl_channel *channels;
	size_t n_channels;
	uint32_t line, col;
};

struct pel_graph {
	struct pel_arena arena;
	struct pel_decl_graph *top;
	struct pel_decl_graph **files; /* all loaded graph files; the first is the top graph */
	size_t n_files, files_capacity;
	size_t n_graphs;
};

/*
 * A document with one entry for each of some actors:
 * a map, <map xmlns="urn:pelton:map:1"><place actor="id" on="where"/>...</map>, or
 * a profile, <profile xmlns="urn:pelton:profile:1"><cost actor="id" ns="12.5"/>...</profile>.
 */
struct pel_decl_entry {
	struct pel_attr actor, value;
	uint32_t line, col;
};

struct pel_entries {
	struct pel_arena arena;
	const char *file;
	struct pel_decl_entry *list;
	size_t count;
};

int pel_placement_map_load(const char *path, struct pel_entries **ret, struct pel_error *err);
int pel_profile_load(const char *path, struct pel_entries **ret, struct pel_error *err);
void pel_entries_destroy(struct pel_entries *entries);

/* Limits of a document. Beyond one of them, the document is rejected, and the message names the limit. */
#define PEL_MAX_DOCUMENT_BYTES ((size_t)1 << 30)
#define PEL_MAX_DEPTH	       32	 /* of nested graphs, and of XML elements */
#define PEL_MAX_ACTORS	       4000000u	 /* after unfolding */
#define PEL_MAX_CHANNELS       16000000u /* after unfolding */
#define PEL_MAX_ELEMENTS       20000000u /* XML elements of one document */
#define PEL_MAX_RATE	       ((uint64_t)1 << 40)
#define PEL_MAX_PHASES	       65536u
#define PEL_MAX_CAPACITY       ((uint64_t)1 << 48)
#define PEL_MAX_COPIES	       1024u

#endif
