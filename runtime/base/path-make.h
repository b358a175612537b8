/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PATH_MAKE_H
#define PEL_PATH_MAKE_H

/* Whether files can be made, as far as can be told without doing it. 0 or a negative errno. */
int pel_folder_takes_files(const char *folder);
/* Also 0 where there is something at `path`, be it a link to where the file will be. */
int pel_path_can_be_made(const char *path);

#endif
