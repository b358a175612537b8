/* SPDX-License-Identifier: Apache-2.0 */
#include "stdout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "messages.h"
#include "status.h"

/* Standard output, which is for results. */

static int results = STDOUT_FILENO; /* where they go */

int cli_stdout(void)
{
	return results;
}

int cli_keep_stdout(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);

	if (fd < 0) {
		int code = errno == EINVAL ? EMFILE : errno; /* EINVAL: the limit of open files is lower */

		cli_error(0, "cannot keep standard output for results: %s", strerror(code));
		if (code == EMFILE)
			cli_hint("raise the limit of open files (ulimit -n)");
		return CLI_FAILED;
	}
	results = fd;
	return CLI_OK;
}

int cli_divert_stdout(void)
{
	/* Text must appear when it is printed, not when the process ends. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return dup2(STDERR_FILENO, STDOUT_FILENO) < 0
		       ? cli_error(CLI_FAILED, "cannot send what kernels print to standard error: %s",
				   strerror(errno))
		       : CLI_OK;
}

/* True if `path` is the file or terminal that is standard output. False for other devices, such as /dev/null. */
static bool is_stdout(const char *path)
{
	struct stat st, own;

	return stat(path, &st) == 0 && fstat(results, &own) == 0 && st.st_dev == own.st_dev &&
	       st.st_ino == own.st_ino && (!S_ISCHR(st.st_mode) || isatty(results));
}

char *cli_output_path(const char *path)
{
	struct stat st;
	char *real;

	if (strcmp(path, "-") == 0 || is_stdout(path))
		return cli_format("-");
	/* A name of standard output refers to something else once that is redirected. */
	if (stat(path, &st) == 0 && S_ISCHR(st.st_mode) && (real = realpath(path, NULL)))
		return real;
	return cli_format("%s", path);
}

int cli_close_stdout(void)
{
	int r = 0;

	if (results != STDOUT_FILENO && close(results) < 0)
		r = -errno;
	results = STDOUT_FILENO;
	return r;
}

/* ---- at the end ---- */

static int stdout_errno; /* of the first failed write */

void cli_wrote(int r)
{
	if (r < 0 && !stdout_errno)
		stdout_errno = -r;
}

int cli_finish(int status)
{
	int r;

	errno = 0;
	if ((fflush(stdout) != 0 || ferror(stdout)) && !stdout_errno && cli_stdout() == STDOUT_FILENO)
		stdout_errno = errno ? errno : EIO;
	/* Some file systems report only on close() that there was no space. */
	r = cli_close_stdout();
	if (r == 0 && close(STDOUT_FILENO) < 0)
		r = -errno;
	cli_wrote(r);
	if (!stdout_errno || stdout_errno == EPIPE)
		return status;
	if (stdout_errno == ECANCELED)
		return cli_error(CLI_INTERRUPTED,
				 "standard output is incomplete: interrupted while no process read it");
	cli_error(0, "cannot write to standard output: %s", strerror(stdout_errno));
	cli_hint_write(-stdout_errno);
	return status ? status : CLI_FAILED;
}
