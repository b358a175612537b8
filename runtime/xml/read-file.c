/* SPDX-License-Identifier: Apache-2.0 */
#include "read-file.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "interrupted.h"

#define BLOCK_BYTES ((size_t)64 << 10)

static int check_kind(const struct stat *status, bool may_wait)
{
	if (S_ISDIR(status->st_mode))
		return -EISDIR;
	if (S_ISREG(status->st_mode) || (may_wait && (S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode))))
		return 0;
	return -EMEDIUMTYPE;
}

static int read_all(int fd, size_t expected, size_t limit, char **ret, size_t *size)
{
	size_t capacity = 0, used = 0, room;
	unsigned interrupted = 0;
	char *bytes = NULL;
	ssize_t n;

	for (;;) {
		/* With one byte more than the file's size, the end is detected without another read; one more is for the NUL. */
		room = expected + 1 > used ? expected + 1 - used : BLOCK_BYTES;
		if (pel_grow(&bytes, &capacity, used + room + 1, 1) < 0) {
			pel_free(bytes);
			return -ENOMEM;
		}
		n = read(fd, bytes + used, room);
		if (n < 0 && pel_interrupted(&interrupted))
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
		if (used > limit) {
			pel_free(bytes);
			return -EFBIG;
		}
	}
	if (n < 0) {
		int code = -errno;

		pel_free(bytes);
		return code;
	}
	bytes[used] = 0;
	*ret = bytes;
	*size = used;
	return 0;
}

int pel_read_file(const char *path, size_t limit, bool may_wait, char **ret, size_t *size, struct stat *status)
{
	struct stat st;
	int fd, r;

	/* O_NONBLOCK: do not wait if a pipe has no writer. O_NOCTTY: a terminal must not become the controlling terminal. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (may_wait ? 0 : O_NONBLOCK));
	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : check_kind(&st, may_wait);
	if (r == 0 && S_ISREG(st.st_mode) && (uintmax_t)st.st_size > limit)
		r = -EFBIG;
	if (r == 0)
		r = read_all(fd, S_ISREG(st.st_mode) ? (size_t)st.st_size : 0, limit, ret, size);
	close(fd);
	if (r == 0 && status)
		*status = st;
	return r;
}

const char *pel_read_file_error(int code)
{
	const char *text;

	switch (code) {
	case -ENOENT:
		return "there is no such file";
	case -EACCES:
	case -EPERM:
		return "permission denied";
	case -EISDIR:
		return "it is a directory";
	case -EMEDIUMTYPE:
		return "it is not a regular file";
	case -EFBIG:
		return "it is too large";
	case -ENOTDIR:
		return "a part of its path is not a directory";
	}
	text = strerrordesc_np(-code); /* unlike strerror(): thread-safe, and always in English */
	return text ? text : "unknown error";
}
