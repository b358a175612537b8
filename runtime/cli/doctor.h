/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_DOCTOR_H
#define PEL_CLI_DOCTOR_H

#include "cli.h"

/* What the parts of `pelton doctor` share: a line for a fact ("ok", "note", "MISSING"), and one that says how to mend it. */
void doctor_fact(const char *state, const char *what, const char *fmt, ...) PEL_PRINTF(3, 4);
void doctor_mend(const char *fmt, ...) PEL_PRINTF(1, 2);

/* doctor-devices.c: can devices be emulated here, and what of the environment leads XRT astray? */
void doctor_devices(void);

#endif
