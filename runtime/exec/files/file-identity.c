/* SPDX-License-Identifier: Apache-2.0 */
#include "file-identity.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Identifies an existing file by its device and inode, any other by its folder and name. */

#define LINKS_MAX 40 /* as many as the Linux kernel follows */

static void known_by(const struct stat *st, struct pel_file_id *ret)
{
	ret->known = ret->exists = true;
	ret->stream = S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode);
	ret->device = S_ISCHR(st->st_mode);
	ret->dev = st->st_dev;
	ret->ino = st->st_ino;
	if (S_ISBLK(st->st_mode)) { /* one disk may have several nodes */
		ret->dev = 0;
		ret->ino = (ino_t)st->st_rdev;
	}
}

/* The target of the link at `path`; `path` itself if it is not a link. NULL: out of memory. */
static const char *follow(const char *path, struct pel_arena *arena)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	char *dir;

	if (n < 0)
		return path;
	target[n] = '\0';
	dir = pel_path_dir(arena, path);
	return dir ? pel_path_join(arena, dir, target) : NULL;
}

/*
 * Find the folder and the name of a file, after following links in the last component. The file need not
 * exist.
 */
static int find_folder(const char *path, struct pel_arena *arena, struct pel_file_id *ret)
{
	const char *at = path, *next, *slash;
	struct stat st;
	char *dir;

	for (unsigned links = 0; (next = follow(at, arena)) != at; at = next)
		if (!next || ++links > LINKS_MAX)
			return next ? -ELOOP : -ENOMEM;
	slash = strrchr(at, '/');
	if (!(dir = pel_path_dir(arena, at)) || !(ret->name = pel_arena_strdup(arena, slash ? slash + 1 : at)))
		return -ENOMEM;
	if (stat(dir, &st) < 0)
		return -errno;
	ret->folder_dev = st.st_dev;
	ret->folder_ino = st.st_ino;
	return 0;
}

int pel_file_id_of(const char *path, struct pel_arena *arena, struct pel_file_id *ret)
{
	struct stat st;
	int r;

	*ret = (struct pel_file_id){ 0 };
	if (stat(path, &st) == 0)
		known_by(&st, ret);
	else if (errno != ENOENT)
		return -errno;
	r = find_folder(path, arena, ret);
	if (r < 0 && (r == -ENOMEM || !ret->exists))
		return r;
	if (!ret->exists)
		ret->known = *ret->name != '\0';
	return ret->known ? 0 : -ENOENT;
}

void pel_file_id_of_fd(int fd, struct pel_file_id *ret)
{
	struct stat st;

	*ret = (struct pel_file_id){ 0 };
	if (fstat(fd, &st) == 0)
		known_by(&st, ret);
}

bool pel_file_id_same(const struct pel_file_id *a, const struct pel_file_id *b)
{
	if (!a->known || !b->known || a->exists != b->exists || a->device)
		return false;
	if (a->exists)
		return a->dev == b->dev && a->ino == b->ino;
	return a->folder_dev == b->folder_dev && a->folder_ino == b->folder_ino &&
	       strcmp(a->name, b->name) == 0;
}
