/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_ROW_H
#define PEL_FILE_ROW_H

#include "info.h"

/* Rows of files: files with a number in their names, like "frames/%03d.png". */

struct pel_file_row {
	/* The folder, and the parts of the name around the number, with %% replaced. In the arena. */
	const char *folder, *prefix, *suffix;
	unsigned digits; /* at least this many */
	uint64_t first, count;
};

/*
 * Parse the pattern of `use`. false: the pattern has no number in its last component, or, with *r set to
 * -ENOMEM, there is no memory.
 */
bool pel_file_row_parse(const struct pel_file_use *use, struct pel_arena *arena, struct pel_file_row *ret,
			int *r);
/* Is `name` the name of a file of the row? */
bool pel_file_row_has(const struct pel_file_row *row, const char *name);
/* The name of number `first` + `index`. Returns buf, or NULL if it does not fit. */
char *pel_file_row_name(const struct pel_file_row *row, uint64_t index, char *buf, size_t size);
/* The pattern with its number replaced by `number`. In the arena; NULL: out of memory. */
char *pel_file_pattern_name(const char *pattern, uint64_t number, struct pel_arena *arena);

#endif
