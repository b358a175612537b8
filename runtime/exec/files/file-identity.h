/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_IDENTITY_H
#define PEL_FILE_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>
#include "support.h"

/* Identifies the file of a path, whatever its name. */

/* A file; or, if it does not exist, its place in its folder. */
struct pel_file_id {
	bool known;  /* else the other members are not set */
	bool exists; /* else only the last three members are set */
	bool stream; /* a pipe or a socket: several readers would each get only part */
	bool device; /* /dev/null, a terminal: it may have any number of users */
	dev_t dev;
	ino_t ino;
	dev_t folder_dev;
	ino_t folder_ino;
	const char *name; /* in that folder, after following links; in the arena */
};

/*
 * Identify the file of `path`. 0; -ENOMEM; or another negative errno: it can be neither opened nor created,
 * and ret->known is false.
 */
int pel_file_id_of(const char *path, struct pel_arena *arena, struct pel_file_id *ret);
/* The same for an open descriptor. If it is not open, ret->known is false. */
void pel_file_id_of_fd(int fd, struct pel_file_id *ret);
bool pel_file_id_same(const struct pel_file_id *a, const struct pel_file_id *b);

#endif
