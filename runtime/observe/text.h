/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEXT_H
#define PEL_TEXT_H

#include <pelton/base.h>
#include <stdio.h>

/*
 * Shared by the writers of this folder. Texts come from documents, file names and kernels, so nothing is
 * assumed about their bytes.
 */

/* The bytes of the UTF-8 character at the start of `text`, its code point in *code; 0: not valid UTF-8. */
size_t pel_utf8(const char *text, uint32_t *code);

/*
 * Write `text` for a terminal. Control characters and bytes that are not UTF-8 become \x1b; a new line is
 * followed by four blanks, so that no text can imitate a line of ours.
 */
void pel_text_write(const char *text, FILE *out);

/*
 * Write `text` as data into HTML, XML or Graphviz's language, inside or outside a quoted attribute. Every
 * character with a meaning in one of them becomes a character reference, also the backslash (\N in a Graphviz
 * tooltip is the name of the node). Characters that XML does not allow become U+FFFD.
 */
void pel_markup_write(const char *text, FILE *out);

/* "17 B", "1.5 kB", "12 MB" (powers of 1000) into `buf` of at least 16 bytes. Returns buf. */
char *pel_bytes_format(uint64_t bytes, char *buf, size_t size);

/* `value` with commas between groups of three digits, into `buf` of at least 32 bytes. Returns buf. */
char *pel_count_format(uint64_t value, char *buf, size_t size);

/* "12.3 us" (with a mu), "850 ms", "3.21 s", "12 min 3 s", "2 h 5 min" into `buf` of at least 32 bytes. Returns buf. */
char *pel_time_format(double seconds, char *buf, size_t size);

/* Flush `out`. Returns 0, or the negative errno of a write that failed. */
int pel_stream_result(FILE *out);

#endif
