/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_MACHINE_H
#define PEL_MACHINE_H

#include "compiler.h"

/* The machine that `text` (--machine) describes; this machine. */
int pel_machine_parse(struct compiler *c, const char *text, struct pel_machine *ret);
void pel_machine_detect(struct pel_machine *ret);

#endif
