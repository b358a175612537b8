/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PARAM_LIMITS_H
#define PEL_PARAM_LIMITS_H

#include <pelton/kernel.h>

/*
 * Check that a parameter of this (valid) type can have the limits that it has. Returns NULL, or the first
 * limit that it cannot have, to end a sentence with ("a minimum").
 */
const char *pel_limits_wrong(const struct pel_param_desc *param);

/*
 * The next of the comma-separated words at *at, without surrounding spaces; NULL after the last. *at starts
 * as the whole text and is advanced to the rest.
 */
const char *pel_next_word(const char **at, size_t *length);

#endif
