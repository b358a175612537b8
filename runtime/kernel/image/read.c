/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((off_t)1 << 30)

struct read_state {
	struct image_size size;
	uint64_t count, first;
	char pattern[];
};

static int fail_errno(struct image_error *err)
{
	int r = errno > 0 ? -errno : -EIO;

	snprintf(err->text, sizeof(err->text), "%s", strerror(-r));
	return r;
}

static int fail_text(struct image_error *err, int code, const char *text)
{
	snprintf(err->text, sizeof(err->text), "%s", text);
	return code;
}

static int read_all(int fd, struct image_bytes *ret, struct image_error *err)
{
	unsigned interrupted = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(err);
	if (!S_ISREG(st.st_mode))
		return fail_text(err, -EINVAL, "it is not a regular file");
	if (st.st_size > FILE_MAX)
		return fail_text(err, -EFBIG, "it is larger than 1 GiB");
	ret->data = malloc((size_t)st.st_size + 1);
	if (!ret->data)
		return fail_text(err, -ENOMEM, "out of memory");
	while (ret->size < (size_t)st.st_size) {
		ssize_t got = read(fd, ret->data + ret->size, (size_t)st.st_size - ret->size);

		if (got < 0 && !image_interrupted(&interrupted))
			return fail_errno(err);
		if (got == 0)
			break; /* the file became shorter: the decoder will report it */
		if (got > 0)
			ret->size += (size_t)got;
	}
	return 0;
}

/* The caller frees ret->data, even after a failure. */
static int load(const char *path, struct image_bytes *ret, struct image_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;

	if (fd < 0)
		return fail_errno(err);
	r = read_all(fd, ret, err);
	close(fd);
	return r;
}

enum format { JPEG, PNG, UNKNOWN };

static enum format format_of(const struct image_bytes *file)
{
	if (file->size >= 3 && memcmp(file->data, "\xff\xd8\xff", 3) == 0)
		return JPEG;
	if (file->size >= 8 && memcmp(file->data, "\x89PNG\r\n\x1a\n", 8) == 0)
		return PNG;
	return UNKNOWN;
}

static int read_header(const struct image_bytes *file, struct image_size *ret, struct image_error *err)
{
	switch (format_of(file)) {
	case JPEG:
		return image_jpeg_header(file, ret, err);
	case PNG:
		return image_png_header(file, ret, err);
	default:
		return fail_text(err, -EINVAL, "it is neither a JPEG nor a PNG image");
	}
}

static int file_header(const char *path, struct image_size *ret, struct image_error *err)
{
	struct image_bytes file = { 0 };
	int r = load(path, &file, err);

	if (r == 0)
		r = read_header(&file, ret, err);
	free(file.data);
	return r;
}

static int get_pattern(struct pel_info *info, const char **pattern, bool *numbered)
{
	struct image_error err;

	*pattern = pel_info_path(info, "file");
	if (!*pattern)
		return -ENOMEM;
	if (image_name_check(*pattern, numbered, &err) < 0)
		return pel_info_fail_param(info, "file", -EINVAL, "'%s' cannot be used as a name: %s",
					   *pattern, err.text);
	return 0;
}

/* There is no image with the first number. Hint at another one, if there is one. */
static int hint_first(struct pel_info *info, const char *pattern, int code)
{
	uint64_t number;
	int r = image_next(pattern, 0, &number);

	if (r < 0)
		return pel_info_fail(info, r, "out of memory");
	return r ? pel_info_hint(info, code, "the first number that is there is %llu: set first=\"%llu\"",
				 (unsigned long long)number, (unsigned long long)number)
		 : code;
}

/* The size of the first image, which all images must have. */
static int first_size(struct pel_info *info, const char *pattern, bool numbered, struct image_size *ret)
{
	struct image_error err = { "" };
	int64_t first = pel_info_i64(info, "first");
	char *name;
	int r;

	name = image_name(pattern, (uint64_t)first);
	if (!name)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	r = file_header(name, ret, &err);
	if (r < 0)
		pel_info_fail(info, r, "cannot read image '%s': %s", name, err.text);
	free(name);
	return r == -ENOENT && numbered ? hint_first(info, pattern, r) : r;
}

/* There must be no images after a gap: they would be left out silently. */
static int check_gap(struct pel_info *info, const char *pattern, uint64_t missing, uint64_t count)
{
	uint64_t number;
	int r = image_next(pattern, missing, &number);
	char *name = image_name(pattern, missing), *other = r > 0 ? image_name(pattern, number) : NULL;

	if (r < 0 || !name || (r > 0 && !other))
		r = pel_info_fail(info, -ENOMEM, "out of memory");
	else if (r > 0) {
		r = pel_info_fail_param(info, "file", -ENOENT, "image '%s' is missing, but '%s' is there",
					name, other);
		pel_info_hint(info, r, "count=\"%llu\" reads those before it", (unsigned long long)count);
	}
	free(name);
	free(other);
	return r;
}

/* Counts the consecutively numbered files, up to `most`. */
static int count_row(struct pel_info *info, const char *pattern, uint64_t first, uint64_t most, uint64_t *ret)
{
	uint64_t count = 0;
	char *name;

	for (; count < most; count++) {
		bool found;

		name = image_name(pattern, first + count);
		if (!name)
			return pel_info_fail(info, -ENOMEM, "out of memory");
		found = access(name, F_OK) == 0;
		free(name);
		if (!found)
			break;
	}
	*ret = count;
	return 0;
}

/* Counts all of them. It is an error if there are more after a gap. */
static int count_files(struct pel_info *info, const char *pattern, uint64_t first, uint64_t *ret)
{
	int r = count_row(info, pattern, first, UINT64_MAX, ret);

	return r < 0 ? r : check_gap(info, pattern, first + *ret, *ret);
}

/* Check that none of the `wanted` images is missing; otherwise, this would only be noticed in the middle of a run. */
static int check_count(struct pel_info *info, const char *pattern, uint64_t first, uint64_t wanted)
{
	uint64_t count = 0;
	char *name;
	int r;

	if ((r = count_row(info, pattern, first, wanted, &count)) < 0 || count == wanted)
		return r;
	if ((r = check_gap(info, pattern, first + count, count)) < 0)
		return r;
	name = image_name(pattern, first + count);
	if (!name)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	r = pel_info_fail_param(info, "count", -ENOENT, "count=\"%llu\", but image '%s' is missing",
				(unsigned long long)wanted, name);
	free(name);
	return pel_info_hint(info, r, "count=\"%llu\" reads those before it", (unsigned long long)count);
}

static int read_resolve(struct pel_info *info)
{
	struct pel_type type = { PEL_ELEM_U8, 1, 3, { 0 } };
	uint64_t first = (uint64_t)pel_info_i64(info, "first"), count = (uint64_t)pel_info_i64(info, "count");
	struct image_size size;
	const char *pattern;
	bool numbered;
	int r;

	if ((r = get_pattern(info, &pattern, &numbered)) < 0 ||
	    (r = first_size(info, pattern, numbered, &size)) < 0)
		return r;
	if (numbered && (r = count ? check_count(info, pattern, first, count)
				   : count_files(info, pattern, first, &count)) < 0)
		return r;
	type.dims[0] = size.height;
	type.dims[1] = size.width;
	type.dims[2] = 3;
	return pel_info_set_out_type(info, 0, &type);
}

static int read_init(struct pel_info *info, void **state)
{
	const struct pel_type *type = pel_info_out_type(info, 0);
	int64_t count = pel_info_i64(info, "count");
	struct read_state *s;
	const char *pattern;
	uint64_t images = count > 0 ? (uint64_t)count : 1;
	bool numbered;
	int r;

	if ((r = get_pattern(info, &pattern, &numbered)) < 0)
		return r;
	if (numbered && !count &&
	    (r = count_files(info, pattern, (uint64_t)pel_info_i64(info, "first"), &images)) < 0)
		return r;
	s = malloc(sizeof(*s) + strlen(pattern) + 1);
	if (!s)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	s->size = (struct image_size){ (uint32_t)type->dims[0], (uint32_t)type->dims[1], 3 };
	s->first = (uint64_t)pel_info_i64(info, "first");
	s->count = images;
	strcpy(s->pattern, pattern);
	pel_info_expect(info, images);
	*state = s;
	return 0;
}

static int read_files(struct pel_info *info)
{
	uint64_t first = (uint64_t)pel_info_i64(info, "first"), count = (uint64_t)pel_info_i64(info, "count");
	const char *pattern;
	bool numbered;
	int r = get_pattern(info, &pattern, &numbered);

	if (r == 0 && numbered && !count)
		r = count_files(info, pattern, first, &count);
	return r < 0 ? r : pel_info_reads_numbered(info, pattern, first, count ? count : 1);
}

static int decode(const struct read_state *s, const struct image_bytes *file, unsigned char *out,
		  struct image_error *err)
{
	struct image_size size;
	int r = read_header(file, &size, err);

	if (r < 0)
		return r;
	if (size.height != s->size.height || size.width != s->size.width) {
		snprintf(err->text, sizeof(err->text),
			 "it is %u x %u, but the first image was %u x %u (rows x columns)",
			 (unsigned)size.height, (unsigned)size.width, (unsigned)s->size.height,
			 (unsigned)s->size.width);
		return -EINVAL;
	}
	return format_of(file) == JPEG ? image_jpeg_decode(file, &s->size, out, err)
				       : image_png_decode(file, &s->size, out, err);
}

static int read_one(const struct read_state *s, uint64_t index, unsigned char *out)
{
	char *name = image_name(s->pattern, s->first + index);
	struct image_error err = { "" };
	struct image_bytes file = { 0 };
	int r;

	if (!name)
		return pel_fire_fail(-ENOMEM, "out of memory");
	r = load(name, &file, &err);
	if (r == 0)
		r = decode(s, &file, out, &err);
	if (r < 0)
		pel_fire_fail(r, "cannot read image '%s': %s", name, err.text);
	free(file.data);
	free(name);
	return r;
}

static int read_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct read_state *s = state;
	uint64_t left = io->first < s->count ? s->count - io->first : 0;
	size_t n = firings < left ? firings : (size_t)left, bytes = (size_t)s->size.height * s->size.width * 3;
	int r;

	for (size_t i = 0; i < n; i++)
		if ((r = read_one(s, io->first + i, (unsigned char *)io->out[0] + i * bytes)) < 0)
			return r;
	*io->fired = n;
	return firings < left ? 0 : PEL_END;
}

const struct pel_kernel pel_image_read = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS,
	.name = "image.read",
	.summary = "read images from JPEG or PNG files",
	.doc = "Rows are from top to bottom, pixels from left to right, and each pixel is red, green, blue. Grey images get equal red, green and blue; transparency is "
	       "dropped; 16 bits are scaled to 8, to nearest; an orientation in EXIF data is not applied; a damaged image is an error. All images must "
	       "have the size of the first, which is read when the graph is compiled. A number that is missing between others, or of those that `count` asks for, is an "
	       "error.",
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "u8[H,W,3]", .doc = "one image per token" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "file",
			  .type = "string",
			  .doc = "path; %d or %03d in it stands for the number of the image, %% for a percent sign",
			  .flags = PEL_PARAM_READS },
			{ .name = "first",
			  .type = "i64",
			  .value = "0",
			  .doc = "number of the first image",
			  .least = "0" },
			{ .name = "count",
			  .type = "i64",
			  .value = "0",
			  .doc = "number of images; 0: one, or, with a number in the name, as many as there are",
			  .least = "0" },
			{ 0 } },
	.resolve = read_resolve,
	.files = read_files,
	.init = read_init,
	.fire = read_fire,
	.fini = free,
};
