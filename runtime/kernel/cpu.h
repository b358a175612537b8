/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CPU_H
#define PEL_CPU_H

#include <pelton/kernel.h>
#include "support.h"

/* Is PELTON_CPU, if it is given, an instruction set that this machine has? 0 or -EINVAL, explained. */
int pel_cpu_check(struct pel_error *err);

/* For tests: as if PELTON_CPU had said so. [while no kernel runs] */
void pel_cpu_use(enum pel_cpu_level cpu);

#endif
