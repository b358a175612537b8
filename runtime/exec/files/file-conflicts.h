/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_CONFLICTS_H
#define PEL_FILE_CONFLICTS_H

#include "file-identity.h"
#include "file-row.h"

/*
 * Finds conflicts between users of files. A file that is written may have one user. So may a stream or an
 * open descriptor, even if it is only read, since each of several users would get only part of it. The check
 * comes before any file is opened, because opening a file for writing would destroy its content.
 */

struct pel_run_file_use {
	struct pel_file_id id;
	const char *who;  /* "actor 'w' (file.write)" */
	const char *path; /* NULL: `fd` */
	struct pel_place place;
	int fd;	       /* -1: see `path` */
	uint32_t user; /* one user may use a file several times */
	bool written, text;
	const struct pel_run_file_use *other; /* the use that it conflicts with; NULL: none */
};

struct pel_run_row_use {
	struct pel_file_row row;
	/* Common to all files of the row. `id` is that of their folder, `path` is the pattern. */
	struct pel_run_file_use use;
};

struct pel_file_table {
	struct pel_arena arena;
	int data_fd;		       /* of standard output */
	struct pel_run_file_use *uses; /* includes the existing files of rows */
	size_t n_uses, uses_capacity;
	struct pel_run_row_use *rows;
	size_t n_rows, rows_capacity;
};

/* Report the conflicts, in the order of the uses. 0, -EINVAL or -ENOMEM. */
int pel_file_conflicts(struct pel_file_table *table, struct pel_error *err);

#endif
