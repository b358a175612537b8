/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_DOCTOR_H
#define PEL_CLI_DOCTOR_H

#include <pelton/base.h>

/* What the parts of `pelton doctor` share: a line for a fact ("ok", "note", "MISSING"), and one that says how to mend it. */
void doctor_fact(const char *state, const char *what, const char *fmt, ...) PEL_PRINTF(3, 4);
void doctor_mend(const char *fmt, ...) PEL_PRINTF(1, 2);
/* Was there a fact "MISSING"? */
bool doctor_missing(void);

/* doctor-devices.c: can devices be emulated here, and what of the environment leads XRT astray? */
void doctor_devices(void);
/* Folders, programs and libraries that emulation and packing need. */
void doctor_places(void);

/* The full name, to be freed: of an executable file on PATH, of a library where a program would get it from. NULL: none. */
char *doctor_find_program(const char *name);
char *doctor_find_library(const char *name);

#endif
