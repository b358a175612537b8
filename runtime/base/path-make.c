/* SPDX-License-Identifier: Apache-2.0 */
#include "path-make.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int pel_folder_takes_files(const char *folder)
{
	return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

int pel_path_can_be_made(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
	char folder[PATH_MAX] = ".";
	struct stat st;

	if (lstat(path, &st) == 0)
		return 0;
	if (length >= sizeof(folder))
		return -ENAMETOOLONG;
	if (length) {
		memcpy(folder, path, length);
		folder[length] = '\0';
	}
	return pel_folder_takes_files(folder);
}
