/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/observe.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "interrupted.h"

#include "file-size.h"
#include "helper.h"

#define LIMIT_S 60

static const struct pel_place nowhere;

static const struct {
	const char *name, *dot_option; /* NULL: Graphviz is not needed */
} formats[] = { { "svg", "-Tsvg" }, { "png", "-Tpng:cairo" }, { "pdf", "-Tpdf" }, { "dot", NULL } };

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* The three streams of Graphviz are files in memory, so neither side ever waits for the other. */
struct streams {
	int in, out, err;
};

/* ---- files in memory ---- */

static void close_streams(const struct streams *streams)
{
	if (streams->in >= 0)
		close(streams->in);
	if (streams->out >= 0)
		close(streams->out);
	if (streams->err >= 0)
		close(streams->err);
}

static int open_streams(struct streams *streams, const char *source, size_t size)
{
	int r = pel_file_fits(size);
	unsigned interrupted = 0;

	*streams = (struct streams){ memfd_create("picture", MFD_CLOEXEC), memfd_create("drawn", MFD_CLOEXEC),
				     memfd_create("errors", MFD_CLOEXEC) };
	if (streams->in < 0 || streams->out < 0 || streams->err < 0)
		return -errno;
	while (size && r == 0) {
		ssize_t n = write(streams->in, source, size);

		if (n < 0 && !pel_interrupted(&interrupted))
			r = -errno;
		if (n > 0) {
			source += n;
			size -= (size_t)n;
		}
	}
	return r == 0 && lseek(streams->in, 0, SEEK_SET) < 0 ? -errno : r;
}

/* Read all of `fd` from its start into memory from pel_malloc(), and append a NUL. Returns 0 or a negative errno. */
static int read_all(int fd, char **ret, size_t *size)
{
	struct stat status;
	unsigned interrupted = 0;
	size_t done = 0;
	char *text;

	if (fstat(fd, &status) < 0)
		return -errno;
	text = pel_calloc((size_t)status.st_size + 1, 1);
	if (!text)
		return -ENOMEM;
	while (done < (size_t)status.st_size) {
		ssize_t n = pread(fd, text + done, (size_t)status.st_size - done, (off_t)done);

		if (n < 0 && pel_interrupted(&interrupted))
			continue;
		if (n <= 0) {
			int code = n < 0 ? -errno : -EIO;

			pel_free(text);
			return code;
		}
		done += (size_t)n;
	}
	*ret = text;
	*size = done;
	return 0;
}

/* ---- Graphviz ---- */

static int not_run(int code, struct pel_error *err)
{
	if (code != -ENOENT)
		return pel_helper_explain(code, "the program 'dot' of Graphviz", LIMIT_S, err);
	pel_fail(err, code, nowhere, "cannot find the program 'dot' of Graphviz, which draws the picture");
	pel_hint(err, "install the package graphviz, or write a .dot file and draw it elsewhere");
	return code;
}

/* It ran, but failed. */
static int has_failed(int status, int errors, struct pel_error *err)
{
	char *said = NULL;
	size_t size;

	if (WIFSIGNALED(status))
		return pel_fail(err, -EINVAL, nowhere, "the program 'dot' of Graphviz was ended by signal %d",
				WTERMSIG(status));
	if (read_all(errors, &said, &size) == 0)
		said[strcspn(said, "\n")] = '\0';
	pel_fail(err, -EINVAL, nowhere, "the program 'dot' of Graphviz failed: %s",
		 said && *said ? said : "it gave no reason");
	pel_free(said);
	return -EINVAL;
}

static int run_dot(const char *option, const struct streams *streams, const struct pel_cancel *cancel,
		   struct pel_error *err)
{
	const char *argv[] = { "dot", option, NULL };
	const struct pel_helper helper = {
		.argv = argv, .in = streams->in, .out = streams->out, .err = streams->err, .limit_s = LIMIT_S
	};
	struct pel_helper_process process;
	int status = 0, r = pel_helper_start(&helper, &process);

	if (r == 0)
		r = pel_helper_wait(&process, cancel, &status);
	if (r < 0)
		return not_run(r, err);
	return status ? has_failed(status, streams->err, err) : 0;
}

static int draw(const char *option, const char *source, size_t size, const struct pel_cancel *cancel,
		FILE *out, struct pel_error *err)
{
	struct streams streams;
	char *drawn = NULL;
	int r = open_streams(&streams, source, size);

	if (r < 0)
		pel_fail(err, r, nowhere, "cannot keep a picture in memory: %s", strerror(-r));
	else if ((r = run_dot(option, &streams, cancel, err)) == 0 &&
		 (r = read_all(streams.out, &drawn, &size)) < 0)
		pel_fail(err, r, nowhere, "cannot read the output of Graphviz: %s", strerror(-r));
	close_streams(&streams);
	if (r == 0 && fwrite(drawn, 1, size, out) != size)
		r = -EIO;
	pel_free(drawn);
	return r;
}

int pel_plan_draw(const struct pel_plan *plan, const struct pel_stats *stats,
		  const struct pel_analysis *analysis, const char *format, const struct pel_cancel *cancel,
		  FILE *out, struct pel_error *err)
{
	char *source = NULL;
	size_t i = 0, size = 0;
	FILE *stream;
	int r;

	while (i < N_FORMATS && strcmp(formats[i].name, format) != 0)
		i++;
	if (i == N_FORMATS)
		return pel_fail(err, -EINVAL, nowhere, "a picture must be svg, png, pdf or dot, not '%s'",
				format);
	if (!formats[i].dot_option)
		return pel_plan_write_dot(plan, stats, analysis, out);
	stream = open_memstream(&source, &size);
	r = stream ? pel_plan_write_dot(plan, stats, analysis, stream) : -ENOMEM;
	if (stream && fclose(stream) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		pel_fail(err, r, nowhere, "cannot draw: %s", strerror(-r));
	else
		r = draw(formats[i].dot_option, source, size, cancel, out, err);
	free(source);
	return r;
}
