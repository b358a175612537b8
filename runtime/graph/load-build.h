/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_LOAD_BUILD_H
#define PEL_LOAD_BUILD_H

#include "load.h"

#include <stddef.h>

/* The state of the loader of graph documents. */

/* A growing array of declarations. */
struct pel_list {
	void *items;
	size_t count, capacity, bytes;
};

/* A <graph> being loaded; nested graphs form a stack. */
struct pel_graph_build {
	struct pel_decl_graph *graph;
	struct pel_list params, uses, kernels, graphs, ports, actors, channels;
	/* Names that must be unique, and their lines. */
	struct pel_map param_lines, use_lines, kernel_lines, graph_lines, id_lines, channel_lines;
};

/* An <actor> while its attributes are read. */
struct pel_written_actor {
	struct pel_decl_actor decl;
	struct pel_decl_seldom seldom;
};

/* The document being loaded, with the lists of the open kernel, <fpga>, actor and channel; at most one of each is open. */
struct pel_build {
	struct pel_graph_build *stack;
	unsigned depth;
	const char *dir;
	struct pel_decl_graph *top;
	struct pel_written_actor actor;
	struct pel_list params, ports, args, sets, tails;
	struct pel_map param_lines, port_lines, arg_lines, set_lines, tail_lines;
	char *values; /* of <initial> */
	size_t values_length, values_capacity;
};

void *pel_list_add(struct pel_list *list, size_t bytes); /* a zeroed item; NULL: out of memory */
void *pel_list_last(const struct pel_list *list);
/* Move a list into the arena and make it empty, so that it can be reused. Returns 0 or -ENOMEM. */
int pel_list_take(struct pel_loader *ld, struct pel_list *list, void *items, size_t *count);
/* Append a new declaration to `list`, with its place at `place_offset` in it. */
void *pel_list_declare(struct pel_list *list, size_t bytes, size_t place_offset, struct pel_place place);
/* Every declaration contains its line, followed by its column. */
#define PEL_DECLARE(list, type, place) \
	pel_list_declare(&(list), sizeof(struct type), offsetof(struct type, line), place)

/* Declare `attr` as a unique name; `what` names the kind of thing, for messages. Returns 0 or -ENOMEM. */
int pel_declare(struct pel_loader *ld, struct pel_map *lines, const struct pel_attr *attr, const char *what);

struct pel_build *pel_build_of(const struct pel_loader *ld);
struct pel_graph_build *pel_graph_of(const struct pel_loader *ld); /* the innermost open <graph> */

#define PEL_ATTR(type, member, name, check, required)                            \
	{                                                                        \
		name, offsetof(struct type, member), PEL_CHECK_##check, required \
	}

extern const struct pel_attribute_rule pel_param_attributes[];
extern const struct pel_rule pel_kernel_rule;

#endif
