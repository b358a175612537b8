/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_CONFLICTS_H
#define PEL_FILE_CONFLICTS_H

#include "file-identity.h"
#include "file-row.h"

/*
 * Who uses which file, and what is in conflict. A file that is written has one user. So has a stream or an open descriptor, even if it is only read: each
 * of several users would get a part. This is checked before any file is opened, since opening one to write would lose its old content.
 */

struct pel_run_file_use {
	struct pel_file_id id;
	const char *who;  /* "actor 'w' (file.write)" */
	const char *path; /* NULL: `fd` */
	struct pel_place place;
	int fd;	       /* -1: it is a path */
	uint32_t user; /* one may use a file several times */
	bool written, text;
	const struct pel_run_file_use *other; /* the use it is in conflict with; NULL: none */
};

struct pel_run_row_use {
	struct pel_file_row row;
	struct pel_run_file_use use; /* what is common to its files; the id is that of their folder, the path is the pattern */
};

struct pel_file_table {
	struct pel_arena arena;
	int data_fd;		       /* that of standard output */
	struct pel_run_file_use *uses; /* the files of rows among them, as far as they are there */
	size_t n_uses, uses_capacity;
	struct pel_run_row_use *rows;
	size_t n_rows, rows_capacity;
};

/* Report the conflicts between uses, in their order. 0, -EINVAL or -ENOMEM. */
int pel_file_conflicts(struct pel_file_table *table, struct pel_error *err);

#endif
