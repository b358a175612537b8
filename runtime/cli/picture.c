/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
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
	sigset_t none, pipe_only;

	sigemptyset(&none);
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	if (posix_spawnattr_setsigmask(attributes, &none) != 0 ||
	    posix_spawnattr_setsigdefault(attributes, &pipe_only) != 0)
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

static void say_dot_failed(int status, int errors)
{
	size_t size;
	char *text;

	if (status == -ENOENT || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		cli_error(0, "cannot find the program 'dot' of Graphviz, which draws the picture");
		cli_hint("install the package graphviz, or write a .dot file and draw it elsewhere");
		return;
	}
	if (status < 0) {
		cli_error(0, "cannot start the program 'dot' of Graphviz: %s", strerror(-status));
		return;
	}
	text = read_all(errors, &size);
	text[strcspn(text, "\n")] = '\0';
	if (WIFSIGNALED(status))
		cli_error(0, "the program 'dot' of Graphviz was ended by signal %d", WTERMSIG(status));
	else
		cli_error(0, "the program 'dot' of Graphviz failed: %s", *text ? text : "it does not say why");
	free(text);
}

/* What Graphviz makes of `source`; NULL: said why not. */
static char *draw(const char *option, const char *source, size_t source_size, size_t *size)
{
	int in = memfd_create("picture", MFD_CLOEXEC), out = memfd_create("drawn", MFD_CLOEXEC);
	int errors = memfd_create("errors", MFD_CLOEXEC), status = -EIO;
	char *drawn = NULL;

	if (in < 0 || out < 0 || errors < 0 || write(in, source, source_size) != (ssize_t)source_size ||
	    lseek(in, 0, SEEK_SET) < 0)
		cli_error(0, "cannot keep a picture in memory: %s", strerror(errno));
	else if ((status = run_dot(option, in, out, errors)) != 0)
		say_dot_failed(status, errors);
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

static bool write_whole(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return true;
}

/* Replace the regular file `path` at once, by way of a temporary one beside it. 0 or a negative errno. */
static int replace_file(const char *path, const char *data, size_t size)
{
	char *temporary = cli_format("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), r = 0;
	struct stat old;
	mode_t mask = umask(0);

	umask(mask);
	if (fd < 0) {
		r = -errno;
		free(temporary);
		return r;
	}
	if (!write_whole(fd, data, size) ||
	    fchmod(fd, stat(path, &old) == 0 ? old.st_mode & 07777 : 0666 & ~mask) < 0 || fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	free(temporary);
	return r;
}

/* Write to `path`, of whatever kind it is: /dev/stdout and pipes are written to, links are followed. */
static int save(const char *path, const char *data, size_t size)
{
	struct stat st;
	char *target;
	int fd, r;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		r = write_whole(fd, data, size) ? 0 : -errno;
		close(fd);
		return r;
	}
	target = realpath(path, NULL); /* NULL: there is none yet */
	r = replace_file(target ? target : path, data, size);
	free(target);
	return r;
}

int cli_picture_write(const char *path, const struct pel_plan *plan, const struct pel_stats *stats)
{
	const char *option = formats[format_of(path)].dot_option;
	char *source = NULL, *drawn = NULL;
	size_t size = 0, drawn_size = 0;
	FILE *stream = open_memstream(&source, &size);
	int r = stream ? pel_plan_write_dot(plan, stats, stream) : -ENOMEM;

	if (stream && fclose(stream) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0) {
		cli_error(0, "cannot draw: %s", strerror(-r));
	} else if (option && !(drawn = draw(option, source, size, &drawn_size))) {
		r = -EIO;
	} else {
		r = drawn ? save(path, drawn, drawn_size) : save(path, source, size);
		if (r < 0)
			cli_error(0, "cannot write '%s': %s", path, strerror(-r));
	}
	free(drawn);
	free(source);
	return r < 0 ? CLI_FAILED : CLI_OK;
}
