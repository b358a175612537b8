/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_OPTIONS_H
#define PEL_RUN_OPTIONS_H

#include <pelton/run.h>

/* Copy a program's options, of any version, to this library's. Returns 0, or -EINVAL, explained in `err`. */
int pel_run_take_options(struct pel_run_options *to, const struct pel_run_options *from, struct pel_error *err);

#endif
