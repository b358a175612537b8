/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TREE_H
#define PEL_TREE_H

#include "support.h"

/*
 * A private folder, /tmp/pelton-XXXXXX, that shall not outlive its process. It holds a lock as long as its maker lives; those without
 * such a lock are swept by whoever comes next. (Always /tmp: XRT makes its socket in /tmp/$USER, and is told that we are called like the folder.)
 */
struct pel_tree {
	char path[24];
	int lock; /* descriptor; -1: there is no folder */
};

/* 0, or a negative errno, explained. Sweeps first. */
int pel_tree_create(struct pel_tree *tree, struct pel_error *err);
void pel_tree_remove(struct pel_tree *tree);
/* Remove, or only count, the folders of this user whose makers are gone. */
unsigned pel_tree_sweep(bool remove);

/* In the folder: all return 0 or a negative errno. `name` may have slashes, whose folders are made. */
int pel_tree_folder(const struct pel_tree *tree, const char *name);
int pel_tree_link(const struct pel_tree *tree, const char *name, const char *target);
int pel_tree_file(const struct pel_tree *tree, const char *name, const void *bytes, size_t size);

#endif
