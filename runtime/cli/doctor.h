/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_DOCTOR_H
#define PEL_CLI_DOCTOR_H

#include <pelton/base.h>

/*
 * Shared by the parts of `pelton doctor`: print a line for a fact ("ok", "note", "MISSING"), and a line that
 * says how to fix it.
 */
void doctor_fact(const char *state, const char *what, const char *fmt, ...) PEL_PRINTF(3, 4);
void doctor_mend(const char *fmt, ...) PEL_PRINTF(1, 2);
/* True if there was a fact "MISSING". */
bool doctor_missing(void);

/* doctor-devices.c: check whether devices can be emulated here, and whether the environment misleads XRT. */
void doctor_devices(void);
/* Folders, programs and libraries that emulation and packing need. */
void doctor_places(void);

/*
 * The full path, to be freed, of an executable file on PATH, or of a library as a program would load it.
 * NULL: none.
 */
char *doctor_find_program(const char *name);
char *doctor_find_library(const char *name);

#endif
