/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEXT_H
#define PEL_TEXT_H

#include <pelton/base.h>
#include <stdio.h>

/*
 * What the writers of this folder share. Texts reach them from documents, file names and kernels, so nothing is
 * assumed of their bytes.
 */

/* The bytes of the UTF-8 character at the start of `text`, its code in *code; 0: what stands there is not UTF-8. */
size_t pel_utf8(const char *text, uint32_t *code);

/*
 * Write `text` for a person's terminal: control characters and bytes that are not UTF-8 as \x1b, a new line as itself and
 * four blanks, so that no text can pass for a line of ours.
 */
void pel_text_write(const char *text, FILE *out);

/*
 * Write `text` as data into HTML, XML or Graphviz' language, in a quoted attribute or outside. Everything that one of them could obey
 * goes as a character reference, the backslash too (\N in a tooltip of Graphviz is the node's name); what no XML may hold becomes U+FFFD.
 */
void pel_markup_write(const char *text, FILE *out);

/* "17 B", "1.5 kB", "12 MB" (powers of 1000) into `buf` of at least 16 bytes. Returns buf. */
char *pel_bytes_format(uint64_t bytes, char *buf, size_t size);

/* `value` with commas between groups of three digits, into `buf` of at least 32 bytes. Returns buf. */
char *pel_count_format(uint64_t value, char *buf, size_t size);

/* "12.3 us" (with a mu), "850 ms", "3.21 s", "12 min 3 s", "2 h 5 min" into `buf` of at least 32 bytes. Returns buf. */
char *pel_time_format(double seconds, char *buf, size_t size);

/* Flush `out`. 0, or the negative errno with which some write to it failed. */
int pel_stream_result(FILE *out);

#endif
