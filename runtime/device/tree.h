/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TREE_H
#define PEL_TREE_H

#include "support.h"

/*
 * A private folder, /tmp/pelton-XXXXXX, removed at the latest after its process has ended: the process holds a lock in it, and the next
 * process that makes such a folder removes those whose lock is free. It must be in /tmp: XRT makes its socket in /tmp/$USER, and USER is set
 * to the name of the folder.
 */
struct pel_tree {
	char path[24];
	int lock; /* descriptor; -1: there is no folder */
};

/* Make a folder, after sweeping stale ones. Returns 0, or a negative errno and explains. */
int pel_tree_create(struct pel_tree *tree, struct pel_error *err);
void pel_tree_remove(struct pel_tree *tree);
/* Count the folders of this user whose processes have ended, and remove them if `remove` is set. */
unsigned pel_tree_sweep(bool remove);

/* Make a folder, link or file in the tree, and the folders that `name` contains. All return 0 or a negative errno. */
int pel_tree_folder(const struct pel_tree *tree, const char *name);
int pel_tree_link(const struct pel_tree *tree, const char *name, const char *target);
int pel_tree_file(const struct pel_tree *tree, const char *name, const void *bytes, size_t size);

#endif
