/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_END_H
#define PEL_END_H

#include "instance.h"

/* An end of a piece of a channel: a port of an actor of the plan (instance NULL), or a boundary port of an instance. */
struct end {
	struct instance *instance;
	uint32_t actor, port;
};

/* What from= or to= names in `instance`. */
int pel_end_find(struct compiler *c, struct instance *instance, const struct pel_attr *attr, bool from,
		 struct end *ret);

#endif
