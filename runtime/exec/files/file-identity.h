/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_IDENTITY_H
#define PEL_FILE_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>
#include "support.h"

/* Which file a path means, whatever its name. */

/* A file; or, where there is none yet, the place of it in its folder. */
struct pel_file_id {
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
int pel_file_id_of(const char *path, struct pel_arena *arena, struct pel_file_id *ret);
/* The same of an open descriptor; not known if it is not open. */
void pel_file_id_of_fd(int fd, struct pel_file_id *ret);
bool pel_file_id_same(const struct pel_file_id *a, const struct pel_file_id *b);

#endif
