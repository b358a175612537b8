/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HARNESS_PARAMS_H
#define PEL_HARNESS_PARAMS_H

#include "expr.h"
#include "harness-model.h"

/* Values for harness->params: those of the case, else the kernel's defaults. 0 or a negative errno, explained. */
int pel_harness_set_params(struct pel_harness *harness, struct pel_error *err);
/* Finds the parameters by name, for rates and types. Borrows `harness`. */
struct pel_scope pel_harness_scope(const struct pel_harness *harness);
/* "test of KERNEL: ..." Returns -EINVAL. */
int pel_harness_fail(const struct pel_harness *harness, struct pel_error *err, const char *fmt, ...)
	PEL_PRINTF(3, 4);

#endif
