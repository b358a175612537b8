/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_MACHINE_H
#define PEL_MACHINE_H

#include "compiler.h"

/* Read the machine from `text` (--machine); detect this machine. */
int pel_machine_parse(struct compiler *c, const char *text, struct pel_machine *ret);
void pel_machine_detect(struct pel_machine *ret);

#endif
