/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_EXPR_CASE_H
#define PEL_TEST_EXPR_CASE_H

#include "expr.h"

/* Names that expressions may use, and what they come to. */

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

extern const struct pel_scope scope;
extern const struct pel_place place;
/* The one error there is: "text" or "text; hint". It stands where it was asked for. */
void ck_expr_error(struct pel_error *err, const char *wanted);
void ck_value(const struct pel_value *value, const char *wanted);

#endif
