/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF3_BUILD_H
#define PEL_SDF3_BUILD_H

#include "load-build.h"
#include "sdf3.h"

/* The state of the SDF3 reader: declarations, whose names are looked up at the end. */

/* A list such as 1,2 or 2*0,1. */
struct pel_sdf3_list {
	const uint64_t *values; /* `count` numbers; NULL: invalid, which has been reported */
	uint32_t count;		/* divides phases */
	uint32_t phases;
};

struct pel_sdf3_port {
	struct pel_attr name, type, rate;
	struct pel_sdf3_list rates;
	bool out;
	uint32_t used_line; /* line of the channel that uses it; 0: none */
	uint32_t line, col;
};

struct pel_sdf3_decl_actor {
	struct pel_attr name;
	size_t first_port, n_ports;
	bool nameless_ports;
	uint32_t properties_line; /* of its <actorProperties>; 0: none yet */
	struct pel_attr time;
	struct pel_sdf3_list times;
	uint32_t line, col;
};

struct pel_sdf3_decl_channel {
	struct pel_attr name, from, from_port, to, to_port, initial;
	uint64_t tokens;
	uint32_t line, col;
};

/* <actorProperties>. */
struct pel_sdf3_properties {
	struct pel_attr actor;
	struct pel_attr time; /* of the last default processor in it that has a time; a place without text: it is missing, which has been reported */
	uint32_t line, col;
};

/* <processor>, and the <executionTime> in it. */
struct pel_sdf3_processor {
	struct pel_attr is_default, time;
};

struct pel_sdf3_build {
	struct pel_sdf3 *sdf3;
	struct pel_attr type;		  /* of the document */
	struct pel_attr outer_name, name; /* of <applicationGraph>, and of the graph in it */
	struct pel_attr unused;		  /* of elements without a declaration of their own */
	/* Something has no name, which has been reported. It may be what other names refer to. */
	bool nameless_actors, nameless_properties;
	uint32_t application_line; /* 0: none yet */
	uint32_t graph_line;
	struct pel_list actors, ports, channels, properties;
	struct pel_sdf3_processor processor; /* the open one */
	struct pel_map actor_index, channel_lines;
	struct pel_map port_index; /* by pel_sdf3_port_key() */
	struct pel_arena keys;
	uint64_t *values; /* of the list being read */
	size_t values_capacity;
	size_t n_values; /* of all lists */
};

struct pel_sdf3_build *pel_sdf3_build_of(const struct pel_loader *ld);

/*
 * Read the list in `attr`; `what` names it in messages. Reports errors, and sets ret->values only if there are none.
 * Returns 0 or -ENOMEM.
 */
int pel_sdf3_read_list(struct pel_loader *ld, const struct pel_attr *attr, const char *what,
		       struct pel_sdf3_list *ret);
/* The same for one number; *ret does not change if it is invalid. */
void pel_sdf3_read_number(struct pel_loader *ld, const struct pel_attr *attr, const char *what, uint64_t *ret);

/* The key of port `name` of actor number `actor` in port_index. NULL: out of memory. */
const char *pel_sdf3_port_key(struct pel_sdf3_build *build, size_t actor, const char *name);

/* After the document has been read: look up all names and, if there are no errors, make the graph. Returns 0 or -ENOMEM; errors are reported. */
int pel_sdf3_resolve(struct pel_loader *ld);

#endif
