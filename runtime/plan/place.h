/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PLACE_H
#define PEL_PLACE_H

#include "instance-model.h"

/* The text of on= of an actor, with parameters replaced. */
int pel_place_text(struct compiler *c, const struct instance *instance, const struct pel_decl_actor *decl,
		   const char **ret);

#endif
