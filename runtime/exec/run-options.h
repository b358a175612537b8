/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_OPTIONS_H
#define PEL_RUN_OPTIONS_H

#include <pelton/run.h>

/* Copy the options of a program built with any version of pelton/run.h. 0, or -EINVAL with an explanation. */
int pel_run_take_options(struct pel_run_options *to, const struct pel_run_options *from, struct pel_error *err);

#endif
