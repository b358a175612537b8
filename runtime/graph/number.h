/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_NUMBER_H
#define PEL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Conversion between numbers and text, independent of the host program's locale.
 *
 * Integers are stored in a wider type, so that both i64 and u64 fit. Valid numbers range from PEL_INT_MIN to PEL_INT_MAX.
 */
#define PEL_INT_MIN (-((__int128)1 << 63))
#define PEL_INT_MAX (((__int128)1 << 64) - 1)

enum pel_number_kind {
	PEL_NUMBER_NONE, /* there is no number here */
	PEL_NUMBER_INT,
	PEL_NUMBER_REAL,
	PEL_NUMBER_RANGE, /* a number that is too large to store */
};

/*
 * Read the unsigned number at `text` (decimal, 0x, 1.5, 1e-3) and store its length in bytes. A number that is directly followed by a
 * letter, a digit of another base or a second point is invalid.
 */
enum pel_number_kind pel_number_read(const char *text, size_t *length, __int128 *integer, double *real);

/* 64 bytes are enough for every number. Return `buf`. For reals: the shortest text that converts back to the same number, and to a real. */
#define PEL_NUMBER_BYTES 64
char *pel_int_format(__int128 value, char buf[PEL_NUMBER_BYTES]);
char *pel_real_format(double value, char buf[PEL_NUMBER_BYTES]);

#endif
