/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_READ_FILE_H
#define PEL_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Read a whole file of at most `limit` bytes. If `may_wait` is false, only regular files are read, so that a path in a document
 * cannot make Pelton wait for a pipe or a device. Returns 0 and sets *ret (release it with pel_free(); a NUL follows the data), *size, and
 * *status (may be NULL) to the result of fstat(). On failure, returns -EFBIG, -EISDIR, -EMEDIUMTYPE (not a regular file, and
 * `may_wait` is false), -ENOMEM, or the errno of the system call.
 */
int pel_read_file(const char *path, size_t limit, bool may_wait, char **ret, size_t *size, struct stat *status);
/* The message for such an errno ("there is no such file"). */
const char *pel_read_file_error(int code);

#endif
