/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HARNESS_PARAMS_H
#define PEL_HARNESS_PARAMS_H

#include "expr.h"
#include "harness-model.h"

/* Set harness->params from the case, or from the kernel's defaults. Returns 0, or a negative errno and explains. */
int pel_harness_set_params(struct pel_harness *harness, struct pel_error *err);
/* A scope that finds the parameters by name, for rates and types. It borrows `harness`. */
struct pel_scope pel_harness_scope(const struct pel_harness *harness);
/* Report an error "test of KERNEL: ...". Returns -EINVAL. */
int pel_harness_fail(const struct pel_harness *harness, struct pel_error *err, const char *fmt, ...)
	PEL_PRINTF(3, 4);

#endif
