/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_FILE_H
#define GOLDEN_FILE_H

#include <dirent.h>

/* Documents in a folder, each with a file that has the expected output. PELTON_UPDATE_GOLDEN=1 rewrites these. */

/* The .xml files of `folder`, below SOURCE_DIR, that `filter` (NULL: all) lets through, sorted. The folder becomes the current one. */
char **golden_names(const char *folder, int (*filter)(const struct dirent *entry), int *n);
void golden_free(char **names, int n);
/* Does it end in .xml? */
int golden_is_document(const struct dirent *entry);
/* To be freed; "" where there is none. */
char *golden_read(const char *path);
/* Fail the test unless `found` equals the file of document `name` that ends in `ending` (".err") instead of .xml. */
void golden_expect(const char *name, const char *ending, const char *found);

#endif
