/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILES_H
#define PEL_FILES_H

#include "info.h"

/* Within the folder only: which file a path means, whatever its name (file-identity.c), and who uses it (files.c). */

/* A file; or, where there is none yet, the place of it in its folder. */
struct file_id {
	bool known;  /* else the rest is not set */
	bool exists; /* else only the last three are known */
	bool stream; /* a pipe or a socket: its readers would each get a part */
	bool device; /* /dev/null, a terminal: it may have any number of users */
	dev_t dev;
	ino_t ino;
	dev_t folder_dev;
	ino_t folder_ino;
	const char *name; /* in that folder, after all links; in the arena */
};

/* Find out what `path` means. 0; -ENOMEM; or another negative errno: it can neither be opened nor made, and *ret is not known. */
int file_id_of(const char *path, struct pel_arena *arena, struct file_id *ret);
/* The same of an open descriptor; not known if it is not open. */
void file_id_of_fd(int fd, struct file_id *ret);
bool file_id_same(const struct file_id *a, const struct file_id *b);

/* ---- rows of files: "frames/%03d.png" (file-row.c) ---- */

struct file_row {
	const char *folder, *prefix, *suffix; /* of the last component, %% replaced; in the arena */
	unsigned digits;		      /* at least */
	uint64_t first, count;
};

/* false: the pattern has no number, or not in its last component. -ENOMEM is told by *r. */
bool file_row_parse(const struct pel_file_use *use, struct pel_arena *arena, struct file_row *ret, int *r);
/* Is `name` that of a file of the row? */
bool file_row_has(const struct file_row *row, const char *name);
/* The name of number `first` + `index`. Returns buf, or NULL where it has no room. */
char *file_row_name(const struct file_row *row, uint64_t index, char *buf, size_t size);
/* The pattern with number `first` + `index` in place. In the arena; NULL: out of memory. */
char *file_pattern_name(const char *pattern, uint64_t number, struct pel_arena *arena);

/* ---- who uses which file (files.c), and what is in conflict (file-conflicts.c) ---- */

struct file_use {
	struct file_id id;
	const char *who;  /* "actor 'w' (file.write)" */
	const char *path; /* NULL: `fd` */
	struct pel_place place;
	int fd;	       /* -1: it is a path */
	uint32_t user; /* one may use a file several times */
	bool written, text;
	const struct file_use *other; /* the use it is in conflict with; NULL: none */
};

struct row_use {
	struct file_row row;
	struct file_use use; /* what is common to its files; the id is that of their folder, the path is the pattern */
};

struct file_table {
	struct pel_arena arena;
	int data_fd;	       /* that of standard output */
	struct file_use *uses; /* the files of rows among them, as far as they are there */
	size_t n_uses, uses_capacity;
	struct row_use *rows;
	size_t n_rows, rows_capacity;
};

/* Report the conflicts between uses, in their order. 0, -EINVAL or -ENOMEM. */
int file_conflicts(struct file_table *table, struct pel_error *err);

#endif
