/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_END_H
#define PEL_END_H

#include "instance-model.h"

/* Find the end that from= or to= names in `instance`. */
int pel_end_find(struct compiler *c, struct instance *instance, const struct pel_attr *attr, bool from,
		 struct end *ret);

#endif
