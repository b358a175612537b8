/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INSTANCE_H
#define PEL_INSTANCE_H

#include "instance-model.h"

/* Make the tree of instances; then the actors in it. */
int pel_instances_make(struct compiler *c);
int pel_actors_make(struct compiler *c);

#endif
