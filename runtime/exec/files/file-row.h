/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_ROW_H
#define PEL_FILE_ROW_H

#include "info.h"

/* Rows of files with a number in their names: "frames/%03d.png". */

struct pel_file_row {
	const char *folder, *prefix, *suffix; /* of the last component, %% replaced; in the arena */
	unsigned digits;		      /* at least */
	uint64_t first, count;
};

/* false: the pattern has no number, or not in its last component. -ENOMEM is told by *r. */
bool pel_file_row_parse(const struct pel_file_use *use, struct pel_arena *arena, struct pel_file_row *ret,
			int *r);
/* Is `name` that of a file of the row? */
bool pel_file_row_has(const struct pel_file_row *row, const char *name);
/* The name of number `first` + `index`. Returns buf, or NULL where it has no room. */
char *pel_file_row_name(const struct pel_file_row *row, uint64_t index, char *buf, size_t size);
/* The pattern with number `first` + `index` in place. In the arena; NULL: out of memory. */
char *pel_file_pattern_name(const char *pattern, uint64_t number, struct pel_arena *arena);

#endif
