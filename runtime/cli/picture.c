/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const struct {
	const char *ending, *dot_option; /* NULL: Graphviz is not needed */
} formats[] = {
	{ ".svg", "-Tsvg" }, { ".png", "-Tpng:cairo" }, { ".pdf", "-Tpdf" }, { ".dot", NULL }, { ".gv", NULL }
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* The format that the ending of `path` names; N_FORMATS: none. */
static size_t format_of(const char *path)
{
	size_t i = 0;

	for (; i < N_FORMATS; i++) {
		size_t length = strlen(path), ending = strlen(formats[i].ending);

		if (length > ending && strcmp(path + length - ending, formats[i].ending) == 0)
			break;
	}
	return i;
}

int cli_picture_check(const char *path)
{
	if (format_of(path) < N_FORMATS)
		return 0;
	cli_error(CLI_USAGE, "cannot tell from the name '%s' what kind of picture it shall be", path);
	cli_hint("let it end in .svg, .png, .pdf or .dot");
	return CLI_USAGE;
}

/* The bytes of `fd` from its start, and a NUL. */
static char *read_all(int fd, size_t *size)
{
	struct stat st;
	char *text;
	ssize_t n;

	*size = 0;
	if (fstat(fd, &st) < 0 || st.st_size < 0)
		return cli_alloc(1, 1);
	text = cli_alloc((size_t)st.st_size + 1, 1);
	while (*size < (size_t)st.st_size &&
	       (n = pread(fd, text + *size, (size_t)st.st_size - *size, (off_t)*size)) > 0)
		*size += (size_t)n;
	return text;
}

/* The program gets the signals as a shell would give them, whatever this one has done to its own. */
static int spawn_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, ignored;

	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGXFSZ);
	if (posix_spawnattr_setsigmask(attributes, &none) != 0 ||
	    posix_spawnattr_setsigdefault(attributes, &ignored) != 0)
		return EINVAL;
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/*
 * Run `dot OPTION`. Its three streams are files in memory, so neither side ever waits for the other. 0, a negative
 * errno, or the program's wait status.
 */
static int run_dot(const char *option, int in, int out, int errors)
{
	char *argv[] = { (char[]){ "dot" }, (char *)option, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;
	int r, status;

	if ((r = posix_spawnattr_init(&attributes)) != 0)
		return -r;
	if ((r = posix_spawn_file_actions_init(&actions)) != 0)
		goto out;
	/* A memfd might itself be one of 0, 1, 2 only if those were closed, which main() rules out. */
	if ((r = spawn_attributes(&attributes)) == 0 &&
	    (r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO)) == 0 &&
	    (r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO)) == 0 &&
	    (r = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)) == 0)
		r = posix_spawnp(&pid, "dot", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
out:
	posix_spawnattr_destroy(&attributes);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* Why there is no picture: words to be freed, and a hint or NULL. */
struct reason {
	char *text;
	const char *hint;
};

static struct reason dot_failed(int status, int errors)
{
	struct reason why = { 0 };
	size_t size;
	char *said;

	if (status == -ENOENT || (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		why.text = cli_format("cannot find the program 'dot' of Graphviz, which draws the picture");
		why.hint = "install the package graphviz, or write a .dot file and draw it elsewhere";
		return why;
	}
	if (status < 0) {
		why.text = cli_format("cannot start the program 'dot' of Graphviz: %s", strerror(-status));
		return why;
	}
	if (WIFSIGNALED(status)) {
		why.text = cli_format("the program 'dot' of Graphviz was ended by signal %d", WTERMSIG(status));
		return why;
	}
	said = read_all(errors, &size);
	said[strcspn(said, "\n")] = '\0';
	why.text = cli_format("the program 'dot' of Graphviz failed: %s", *said ? said : "it does not say why");
	free(said);
	return why;
}

/* What Graphviz makes of `source`, and a NUL; NULL: *why not. */
static char *draw(const char *option, const char *source, size_t source_size, size_t *size, struct reason *why)
{
	int in = memfd_create("picture", MFD_CLOEXEC), out = memfd_create("drawn", MFD_CLOEXEC);
	int errors = memfd_create("errors", MFD_CLOEXEC), status = -EIO;
	char *drawn = NULL;

	if (in < 0 || out < 0 || errors < 0 || write(in, source, source_size) != (ssize_t)source_size ||
	    lseek(in, 0, SEEK_SET) < 0)
		why->text = cli_format("cannot keep a picture in memory: %s", strerror(errno));
	else if ((status = run_dot(option, in, out, errors)) != 0)
		*why = dot_failed(status, errors);
	else
		drawn = read_all(out, size);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (errors >= 0)
		close(errors);
	return drawn;
}

/* The picture as `option` of dot wants it, NULL: in Graphviz' language. NULL: *why not. */
static char *make(const char *option, const struct pel_plan *plan, const struct pel_stats *stats,
		  const struct pel_analysis *analysis, size_t *size, struct reason *why)
{
	char *source = NULL, *drawn = NULL;
	FILE *stream = open_memstream(&source, size);
	int r = stream ? pel_plan_write_dot(plan, stats, analysis, stream) : -ENOMEM;

	if (stream && fclose(stream) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0 && !option)
		return source;
	if (r < 0)
		why->text = cli_format("cannot draw: %s", strerror(-r));
	else
		drawn = draw(option, source, *size, size, why);
	free(source);
	return drawn;
}

int cli_picture_write(const char *path, const struct pel_plan *plan, const struct pel_stats *stats,
		      const struct pel_analysis *analysis)
{
	struct reason why = { 0 };
	struct cli_save *save;
	FILE *stream;
	size_t size = 0;
	char *picture = make(formats[format_of(path)].dot_option, plan, stats, analysis, &size, &why);
	int r;

	if (!picture) {
		cli_error(0, "%s", why.text);
		if (why.hint)
			cli_hint("%s", why.hint);
		free(why.text);
		return CLI_FAILED;
	}
	r = cli_save_open(path, &save, &stream);
	if (r == 0) {
		fwrite(picture, 1, size, stream);
		r = cli_save_close(save, 0);
	}
	free(picture);
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

char *cli_picture_svg(const struct pel_plan *plan, const struct pel_stats *stats, char **why)
{
	struct reason reason = { 0 };
	size_t size;
	char *svg = make("-Tsvg", plan, stats, NULL, &size, &reason);

	*why = reason.text;
	return svg;
}
