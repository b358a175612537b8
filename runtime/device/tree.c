/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "interrupted.h"

#define PARENT	   "/tmp"
#define PREFIX	   "pelton-"
#define NAME_BYTES (sizeof(PREFIX) - 1 + 6)
#define LOCK	   "lock"
#define YOUNG_S	   3600 /* a younger folder without a lock file may be about to get one */

/* ---- removing ---- */

/* Remove everything but `keep` from the folder open at `fd`, and close it. Links are not followed. True: nothing else is left. */
static bool empty_folder(int fd, unsigned depth, const char *keep)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool all = true;

	if (!dir) {
		close(fd);
		return false;
	}
	while ((entry = readdir(dir))) {
		int sub;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strcmp(entry->d_name, keep) == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		sub = depth ? openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		if (sub >= 0)
			empty_folder(sub, depth - 1, "");
		if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			all = false;
	}
	closedir(dir);
	return all;
}

#define DEPTH_MAX 64
static void remove_folder(int parent, const char *name)
{
	/* Try twice: a process that was just ending may have created a file meanwhile. */
	for (int i = 0; i < 2; i++) {
		int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		/*
		 * Remove the lock last, and only if nothing else is left. If we are killed before that, or run out of descriptors, the next sweep still
		 * recognizes the folder as stale.
		 */
		if (fd >= 0) {
			int same = dup(fd);

			if (empty_folder(fd, DEPTH_MAX, LOCK))
				unlinkat(same, LOCK, 0);
			close(same);
		}
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != ENOTEMPTY)
			return;
	}
}

/* Has the process that made the folder ended? If so, *lock is the lock, which we now hold; -1 if the folder has none. */
static bool is_stale(int parent, const char *name, int *lock)
{
	int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	bool stale = false;

	*lock = -1;
	if (folder < 0)
		return false;
	if (fstat(folder, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 0777) == 0700) {
		*lock = openat(folder, LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (*lock >= 0)
			stale = flock(*lock, LOCK_EX | LOCK_NB) == 0;
		else
			stale = errno == ENOENT && time(NULL) - status.st_mtime > YOUNG_S;
	}
	close(folder);
	if (!stale && *lock >= 0) {
		close(*lock);
		*lock = -1;
	}
	return stale;
}

unsigned pel_tree_sweep(bool remove)
{
	DIR *dir = opendir(PARENT);
	struct dirent *entry;
	unsigned count = 0;

	while (dir && (entry = readdir(dir))) {
		int lock;

		if (strlen(entry->d_name) != NAME_BYTES ||
		    strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0 ||
		    !is_stale(dirfd(dir), entry->d_name, &lock))
			continue;
		count++;
		if (remove)
			remove_folder(dirfd(dir), entry->d_name);
		if (lock >= 0)
			close(lock);
	}
	if (dir)
		closedir(dir);
	return count;
}

void pel_tree_remove(struct pel_tree *tree)
{
	if (tree->lock < 0)
		return;
	remove_folder(AT_FDCWD, tree->path);
	close(tree->lock);
	tree->lock = -1;
}

/* ---- making ---- */

/* Make the lock file. It gets its name only when it is locked. */
static int make_lock(struct pel_tree *tree)
{
	char before[48], after[48];

	snprintf(before, sizeof(before), "%s/" LOCK ".new", tree->path);
	snprintf(after, sizeof(after), "%s/" LOCK, tree->path);
	tree->lock = open(before, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (tree->lock < 0)
		return -errno;
	if (flock(tree->lock, LOCK_EX | LOCK_NB) == 0 && rename(before, after) == 0)
		return 0;
	return -errno;
}

int pel_tree_create(struct pel_tree *tree, struct pel_error *err)
{
	int r;

	pel_tree_sweep(true);
	*tree = (struct pel_tree){ .path = PARENT "/" PREFIX "XXXXXX", .lock = -1 };
	r = mkdtemp(tree->path) ? make_lock(tree) : -errno;
	if (r == 0)
		return 0;
	if (strstr(tree->path, "XXXXXX") == NULL)
		remove_folder(AT_FDCWD, tree->path);
	if (tree->lock >= 0)
		close(tree->lock);
	tree->lock = -1;
	return pel_fail(err, r, (struct pel_place){ 0 }, "cannot make a folder in " PARENT ": %s",
			strerror(-r));
}

/* Make the path of `name`, and the folders that it names. */
static int prepare(const struct pel_tree *tree, const char *name, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/%s", tree->path, name);

	if (n < 0 || n >= PATH_MAX)
		return -ENAMETOOLONG;
	for (char *slash = path + strlen(tree->path) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

int pel_tree_folder(const struct pel_tree *tree, const char *name)
{
	char path[PATH_MAX];
	int r = prepare(tree, name, path);

	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = -errno;
	return r;
}

int pel_tree_link(const struct pel_tree *tree, const char *name, const char *target)
{
	char path[PATH_MAX];
	int r = prepare(tree, name, path);

	return r == 0 && symlink(target, path) < 0 ? -errno : r;
}

int pel_tree_file(const struct pel_tree *tree, const char *name, const void *bytes, size_t size)
{
	char path[PATH_MAX];
	const char *at = bytes;
	int r = prepare(tree, name, path), fd;
	unsigned interrupted = 0;

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0)
		return -errno;
	while (size && r == 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && !pel_interrupted(&interrupted)) {
			r = -errno;
		} else if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return close(fd) < 0 && r == 0 ? -errno : r;
}
