/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_READ_FILE_H
#define PEL_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Read a whole file of at most `limit` bytes. Where `may_wait` is false only regular files are read: a path that a document
 * names must not make us wait for a pipe or a device. Returns 0, sets *ret (pel_free(); a NUL follows) and *size, and
 * *status (may be NULL) to what fstat() says; or a negative errno: -EFBIG, -EISDIR, -EMEDIUMTYPE (neither a regular file
 * nor allowed to wait for), -ENOMEM or what the system said.
 */
int pel_read_file(const char *path, size_t limit, bool may_wait, char **ret, size_t *size, struct stat *status);
/* Says what such an errno means ("there is no such file"). */
const char *pel_read_file_error(int code);

#endif
