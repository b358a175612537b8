/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "interrupted.h"
#include "path-make.h"

/* Regular files. Unlike pipes and terminals, which are in stdio.c, they do not block. */

#define PIECE_MAX ((size_t)1 << 30) /* read() and write() move less than 2 GiB at a time */

static int check_name(struct pel_info *info, const char *stream, const char *instead)
{
	if (strcmp(pel_info_string(info, "file"), "-") != 0)
		return 0;
	pel_info_fail_param(info, "file", -EINVAL, "'-' is not a file");
	return pel_info_hint(info, -EINVAL, "standard %s is kernel %s", stream, instead);
}

/* The path of the file; NULL: out of memory. */
static const char *file_path(struct pel_info *info, bool writing)
{
	return writing ? pel_info_string(info, "file") : pel_info_path(info, "file");
}

static int name_file(struct pel_info *info, bool writing)
{
	const char *path = file_path(info, writing);

	if (!path)
		return -ENOMEM;
	return writing ? pel_info_writes(info, path) : pel_info_reads(info, path);
}

/* Returns 0 and stores the descriptor, or -1 if a file to be written does not exist yet; or returns a negative errno with a message. */
static int open_file(struct pel_info *info, int flags, const char *instead, const char **path,
		     struct stat *st, int *ret)
{
	bool writing = flags != O_RDONLY;
	int fd, r;

	*path = file_path(info, writing);
	if (!*path)
		return -ENOMEM;
	/* Do not wait for the other end of a named pipe. */
	fd = open(*path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	*ret = fd;
	if (fd < 0 && errno == ENOENT && writing && (errno = -pel_path_can_be_made(*path)) == 0)
		return 0;
	if (fd < 0 || fstat(fd, st) < 0) {
		r = -errno;
		pel_info_fail(info, r, "cannot open '%s' to %s: %s", *path, writing ? "write" : "read",
			      strerror(-r));
	} else if (S_ISDIR(st->st_mode)) {
		r = pel_info_fail(info, -EISDIR, "'%s' is a directory", *path);
	} else if (S_ISREG(st->st_mode) || (writing && S_ISCHR(st->st_mode))) {
		fcntl(fd, F_SETFL, 0); /* reading a terminal must wait */
		return 0;
	} else {
		pel_info_fail(info, -EINVAL, "'%s' is not a regular file", *path);
		r = pel_info_hint(info, -EINVAL, "redirect standard %s and use kernel %s",
				  writing ? "output" : "input", instead);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- file.read ---- */

struct read_state {
	int fd;
	size_t token_bytes;
	uint64_t tokens;
	char path[];
};

static int read_resolve(struct pel_info *info)
{
	struct pel_type type;
	int r = check_name(info, "input", "file.stdin");

	if (r < 0 || (r = pel_param_type(info, "type", NULL, &type)) < 0)
		return r;
	return pel_info_set_out_type(info, 0, &type);
}

static int check_length(struct pel_info *info, const char *path, uint64_t bytes, size_t token_bytes)
{
	const char *partial = pel_info_string(info, "partial");
	char text[192];

	if (bytes % token_bytes == 0 || strcmp(partial, "drop") == 0)
		return 0;
	pel_info_fail(info, -EINVAL,
		      "'%s' has %llu byte%s, %llu more than a whole number of tokens of type %s (%zu bytes)",
		      path, (unsigned long long)bytes, pel_s(bytes), (unsigned long long)(bytes % token_bytes),
		      pel_type_format(pel_info_out_type(info, 0), text, sizeof(text)), token_bytes);
	return pel_info_hint(info, -EINVAL, "partial=\"drop\" ignores them");
}

static int read_files(struct pel_info *info)
{
	return name_file(info, false);
}

static int read_init(struct pel_info *info, void **state)
{
	size_t token_bytes = pel_type_bytes(pel_info_out_type(info, 0));
	struct read_state *s;
	const char *path = "";
	struct stat st;
	int fd = -1, r = open_file(info, O_RDONLY, "file.stdin", &path, &st, &fd);

	if (r < 0)
		return r;
	if ((r = check_length(info, path, (uint64_t)st.st_size, token_bytes)) < 0 ||
	    (r = pel_state_alloc(info, sizeof(*s) + strlen(path) + 1, state)) < 0) {
		close(fd);
		return r;
	}
	s = *state;
	s->fd = fd;
	s->token_bytes = token_bytes;
	s->tokens = (uint64_t)st.st_size / token_bytes;
	strcpy(s->path, path);
	pel_info_expect(info, s->tokens);
	return 0;
}

static int read_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct read_state *s = state;
	uint64_t left = io->first < s->tokens ? s->tokens - io->first : 0;
	size_t n = firings < left ? firings : (size_t)left, bytes = n * s->token_bytes;
	off_t at = (off_t)(io->first * s->token_bytes);
	unsigned char *out = io->out[0];
	unsigned interrupted = 0;

	while (bytes) {
		ssize_t got = pread(s->fd, out, bytes < PIECE_MAX ? bytes : PIECE_MAX, at);

		if (got < 0 && pel_interrupted(&interrupted))
			continue;
		if (got < 0)
			return pel_fire_fail(-errno, "cannot read '%s': %s", s->path, strerror(errno));
		if (got == 0)
			return pel_fire_fail(-EIO,
					     "'%s' became shorter while it was read: its end came at byte %llu",
					     s->path, (unsigned long long)at);
		out += got;
		at += got;
		bytes -= (size_t)got;
	}
	*io->fired = n;
	return firings < left ? 0 : PEL_END;
}

static void read_fini(void *state)
{
	struct read_state *s = state;

	close(s->fd);
	pel_free(s);
}

const struct pel_kernel pel_file_read = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS,
	.name = "file.read",
	.summary = "read tokens from a file of raw data",
	.doc = "The file contains the bytes of the tokens, little endian, rows first, with nothing between tokens. The length of the file is determined at the start.",
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "T", .doc = "the type `type`" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "file",
			  .type = "string",
			  .doc = "path of a regular file",
			  .flags = PEL_PARAM_READS },
			{ .name = "type",
			  .type = "string",
			  .doc = "type of the tokens, such as f32, u8[4,4] or bytes[16]" },
			{ .name = "partial",
			  .type = "string",
			  .value = "error",
			  .doc = "what to do with bytes after the last whole token",
			  .one_of = "error, drop" },
			{ 0 } },
	.resolve = read_resolve,
	.files = read_files,
	.init = read_init,
	.fire = read_fire,
	.fini = read_fini,
};

/* ---- file.write ---- */

struct write_state {
	int fd;	    /* -1: not open */
	bool begun; /* the file has been truncated */
	size_t token_bytes;
	uint64_t bytes;
	char path[];
};

static int write_files(struct pel_info *info)
{
	return name_file(info, true);
}

static int write_resolve(struct pel_info *info)
{
	return check_name(info, "output", "file.stdout");
}

static int write_init(struct pel_info *info, void **state)
{
	struct write_state *s;
	const char *path = "";
	struct stat st;
	int fd = -1, r = open_file(info, O_WRONLY, "file.stdout", &path, &st, &fd);

	if (r < 0)
		return r;
	if ((r = pel_state_alloc(info, sizeof(*s) + strlen(path) + 1, state)) < 0) {
		if (fd >= 0)
			close(fd);
		return r;
	}
	s = *state;
	s->fd = fd;
	s->token_bytes = pel_type_bytes(pel_info_in_type(info, 0));
	strcpy(s->path, path);
	return 0;
}

static int write_failed(const struct write_state *s)
{
	int r = errno > 0 ? -errno : -EIO;
	char why[PEL_ERRNO_BYTES];

	return pel_fire_fail(r, "cannot write '%s': %s", s->path, pel_errno_text(-r, why));
}

/* Not in init(), so that a run that cannot start does not change the file. */
static int write_begin(struct write_state *s)
{
	struct stat st;

	s->begun = true;
	if (s->fd < 0)
		s->fd = open(s->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (s->fd < 0 || fstat(s->fd, &st) < 0 || (S_ISREG(st.st_mode) && ftruncate(s->fd, 0) < 0))
		return write_failed(s);
	return 0;
}

static int write_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct write_state *s = state;
	const unsigned char *in = io->in[0];
	size_t bytes = firings * s->token_bytes;
	unsigned interrupted = 0;
	int r;

	if (!s->begun && (r = write_begin(s)) < 0)
		return r;
	while (bytes) {
		ssize_t put = write(s->fd, in, bytes < PIECE_MAX ? bytes : PIECE_MAX);

		if (put < 0 && pel_interrupted(&interrupted))
			continue;
		if (put <= 0)
			return write_failed(s);
		in += put;
		bytes -= (size_t)put;
		s->bytes += (uint64_t)put;
	}
	return 0;
}

static int write_finish(void *state, struct pel_results *results)
{
	struct write_state *s = state;
	int fd, r;

	if (!s->begun && (r = write_begin(s)) < 0)
		return r;
	fd = s->fd;
	s->fd = -1;
	/* Some file systems report only here that the disk is full. */
	if (close(fd) < 0)
		return write_failed(s);
	pel_results_u64(results, "bytes", s->bytes);
	return 0;
}

static void write_fini(void *state)
{
	struct write_state *s = state;

	if (s->fd >= 0)
		close(s->fd);
	pel_free(s);
}

const struct pel_kernel pel_file_write = {
	.abi = PEL_KERNEL_ABI,
	.name = "file.write",
	.summary = "write tokens to a file of raw data",
	.doc = "Writes the bytes of the tokens, little endian, rows first, with nothing between tokens. An existing file is truncated when the first token arrives, or at the end of a "
	       "successful run if none does. Result: `bytes`, the number of bytes written.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .doc = "any type" }, { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "file",
						     .type = "string",
						     .doc = "path of a regular file, relative to the current folder",
						     .flags = PEL_PARAM_WRITES },
						   { 0 } },
	.resolve = write_resolve,
	.files = write_files,
	.init = write_init,
	.fire = write_fire,
	.finish = write_finish,
	.fini = write_fini,
};

static const struct pel_kernel *const kernels[] = { &pel_file_read, &pel_file_stdin, &pel_file_stdout,
						    &pel_file_write };

const struct pel_kernel_module pel_file_module = { PEL_KERNEL_ABI, sizeof(kernels) / sizeof(kernels[0]),
						   kernels };
