/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_MISMATCH_H
#define PEL_MISMATCH_H

#include "compiler.h"
#include "unify.h"

/*
 * Say that the two ends of a channel have different types, by what pel_term_unify() returned, and how they could be joined after all. `from` and `to`
 * name the ends. Returns -EINVAL.
 */
int pel_mismatch_say(struct compiler *c, int r, struct pel_place place, const char *from,
		     struct term *from_term, const char *to, struct term *to_term);

#endif
