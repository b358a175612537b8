/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CPU_H
#define PEL_CPU_H

#include <pelton/kernel.h>
#include "support.h"

/* Check that PELTON_CPU, if it is set, is an instruction set that this machine supports. Returns 0, or -EINVAL with a message. */
int pel_cpu_check(struct pel_error *err);

/* For tests: has the effect of PELTON_CPU. [while no kernel runs] */
void pel_cpu_use(enum pel_cpu_level cpu);

#endif
