/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PATH_MAKE_H
#define PEL_PATH_MAKE_H

/* Check whether a file can be made, as far as possible without making it. Returns 0 or a negative errno. */
int pel_folder_takes_files(const char *folder);
/* Also returns 0 if something exists at `path`, even a dangling link to the future file. */
int pel_path_can_be_made(const char *path);

#endif
