/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PARAM_LIMITS_H
#define PEL_PARAM_LIMITS_H

#include <pelton/kernel.h>

/*
 * Which limits can a parameter of this type have? NULL: all that it has. Else the first that it cannot have, for the end of a sentence
 * ("a least value"). The type is a valid one.
 */
const char *pel_limits_wrong(const struct pel_param_desc *param);

/*
 * The next of the words between commas at *at, without the spaces around it; NULL behind the last. Sets *at to what follows, first to be the
 * whole text.
 */
const char *pel_next_word(const char **at, size_t *length);

#endif
