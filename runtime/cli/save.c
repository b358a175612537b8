/* SPDX-License-Identifier: Apache-2.0 */
#include "save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "messages.h"
#include "stdout.h"
#include "write.h"

#define BUFFER_BYTES 65536u

struct cli_save {
	int fd;
	int code; /* 0, or the negative errno of the first failed write, which the stream does not keep */
	char *temporary; /* renamed to `target` at the end; NULL: written in place */
	char *target;
	FILE *stream;
};

/*
 * The name of the current temporary file, for a signal handler that ends the process. There is at most one. Whoever
 * exchanges the pointer for NULL has the name: it is freed only by the thread that took it back.
 */
static _Atomic(char *) abandoned;

void cli_save_abandon(void)
{
	const char *name = atomic_exchange(&abandoned, NULL);

	if (name)
		unlink(name);
}

/* Frees a name that no signal handler has taken. The process ends if one has: then the name is left to it. */
static void forget_temporary(char *name)
{
	char *expected = name;

	if (!name)
		return;
	if (atomic_compare_exchange_strong(&abandoned, &expected, NULL))
		free(name);
}

static ssize_t write_some(void *cookie, const char *data, size_t size)
{
	struct cli_save *save = cookie;
	int r = save->code ? save->code : cli_write(save->fd, data, size);

	save->code = r;
	return r < 0 ? 0 : (ssize_t)size; /* 0 means an error to fopencookie() */
}

/*
 * Anything but a regular file, such as a pipe, is written to directly; otherwise a new file is started beside
 * the one to be replaced.
 */
static int open_target(struct cli_save *save, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		save->fd = cli_stdout();
		return 0;
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		save->fd = cli_open_stream(path);
		return save->fd < 0 ? save->fd : 0;
	}
	save->target = realpath(path, NULL); /* follows links; NULL: it does not exist yet */
	if (!save->target)
		save->target = cli_format("%s", path);
	save->temporary = cli_format("%s.XXXXXX", save->target);
	save->fd = mkostemp(save->temporary, O_CLOEXEC);
	if (save->fd < 0) {
		int code = -errno;

		free(save->temporary);
		save->temporary = NULL;
		return code;
	}
	atomic_store(&abandoned, save->temporary);
	return 0;
}

/* Clean up after the descriptor is closed. */
static void free_save(struct cli_save *save)
{
	forget_temporary(save->temporary);
	free(save->target);
	free(save);
}

int cli_save_open(const char *path, struct cli_save **ret, FILE **stream)
{
	static const cookie_io_functions_t functions = { .write = write_some };
	struct cli_save *save = cli_alloc(1, sizeof(*save));
	int r = open_target(save, path);

	if (r < 0) {
		free_save(save);
		return r;
	}
	save->stream = fopencookie(save, "w", functions);
	if (!save->stream) {
		r = -errno;
		if (save->fd != cli_stdout())
			close(save->fd);
		if (save->temporary)
			unlink(save->temporary);
		free_save(save);
		return r;
	}
	setvbuf(save->stream, NULL, _IOFBF, BUFFER_BYTES);
	*ret = save;
	*stream = save->stream;
	return 0;
}

/* Some file systems report only here that there was no space; some do not support it. */
static int sync_file(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == ENOSYS || errno == ENOTSUP ? 0 : -1;
}

/* Give the new file the mode of the old one and replace it. */
static int replace(const struct cli_save *save)
{
	mode_t mask = umask(0);
	struct stat old;

	umask(mask);
	if (fchmod(save->fd, stat(save->target, &old) == 0 ? old.st_mode & 07777 : 0666 & ~mask) < 0 ||
	    sync_file(save->fd) < 0 || rename(save->temporary, save->target) < 0)
		return -errno;
	return 0;
}

int cli_save_close(struct cli_save *save, int r)
{
	bool lost = fclose(save->stream) != 0;

	if (save->code < 0)
		r = save->code;
	else if (lost && r == 0)
		r = -EIO;
	if (save->temporary) {
		if (r == 0)
			r = replace(save);
		if (r < 0)
			unlink(save->temporary);
	}
	if (save->fd != cli_stdout() && close(save->fd) < 0 && r == 0 && !save->temporary)
		r = -errno;
	free_save(save);
	return r;
}

int cli_save_check(const char *path)
{
	struct cli_save save = { .fd = -1 };
	struct stat st;
	int r = 0;

	if (strcmp(path, "-") == 0)
		return CLI_OK;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		/* Opening a pipe would wait for its reader. */
		r = S_ISDIR(st.st_mode) ? -EISDIR : access(path, W_OK) < 0 ? -errno : 0;
	else if ((r = open_target(&save, path)) == 0) {
		close(save.fd);
		unlink(save.temporary);
	}
	forget_temporary(save.temporary);
	free(save.target);
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

int cli_save_failed(const char *path, int code)
{
	if (strcmp(path, "-") == 0) {
		cli_wrote(code); /* reported at the end */
		return CLI_OK;
	}
	if (code == -EPIPE) /* the reader of a pipe may leave at any time */
		return CLI_OK;
	if (code == -ECANCELED)
		return cli_error(CLI_INTERRUPTED, "'%s' is incomplete: interrupted while no process read it",
				 path);
	cli_error(CLI_FAILED, "cannot write '%s': %s", path, strerror(-code));
	cli_hint_write(code);
	return CLI_FAILED;
}
