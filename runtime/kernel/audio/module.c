/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int audio_channels(const struct pel_type *type)
{
	return type->n_dims ? (int)type->dims[0] : 1;
}

int audio_open_path(struct pel_info *info, int flags, const char *doing, const char **path)
{
	struct stat st;
	int fd, r;

	*path = flags == O_RDONLY ? pel_info_path(info, "file") : pel_info_string(info, "file");
	if (!*path)
		return -ENOMEM;
	fd = open(*path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		pel_info_fail(info, r, "cannot open '%s' to %s: %s", *path, doing, strerror(-r));
	} else if (!S_ISREG(st.st_mode)) {
		r = pel_info_fail(info, -EINVAL, "'%s' is not a regular file", *path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return r;
}

PEL_KERNEL_MODULE(&pel_audio_read, &pel_audio_write)
