/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct write_state {
	struct image_size size;
	bool jpeg, numbered;
	int quality, compression;
	uint64_t first;
	char pattern[];
};

static int check_type(struct pel_info *info, const struct pel_type *type)
{
	char text[192];

	if ((type->elem == PEL_ELEM_U8 && (type->n_dims == 2 || (type->n_dims == 3 && type->dims[2] == 3))))
		return 0;
	pel_info_fail(info, -EINVAL,
		      "port 'in' has type %s; an image is u8[H,W] (grey) or u8[H,W,3] (red, green, blue)",
		      pel_type_format(type, text, sizeof(text)));
	return pel_info_hint(info, -EINVAL,
			     "core.convert changes the element type, core.reshape the dimensions");
}

/* By the name's ending; the parameter allows only known endings. */
static bool is_jpeg(const char *path)
{
	return strcasecmp(strrchr(path, '.'), ".png") != 0;
}

static int write_resolve(struct pel_info *info)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	const char *pattern = pel_info_string(info, "file");
	struct image_error err;
	bool numbered;
	int r;

	if (image_name_check(pattern, &numbered, &err) < 0)
		return pel_info_fail_param(info, "file", -EINVAL, "'%s' cannot be used as a name: %s",
					   pattern, err.text);
	if (!type)
		return 0;
	if ((r = check_type(info, type)) < 0)
		return r;
	if (is_jpeg(pattern) && (type->dims[0] > IMAGE_JPEG_MAX || type->dims[1] > IMAGE_JPEG_MAX))
		return pel_info_fail(info, -EINVAL,
				     "JPEG images have at most %d rows and columns, these have %llu x %llu",
				     IMAGE_JPEG_MAX, (unsigned long long)type->dims[0],
				     (unsigned long long)type->dims[1]);
	return 0;
}

static int write_init(struct pel_info *info, void **state)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	const char *pattern = pel_info_string(info, "file");
	struct image_error err;
	struct write_state *s;
	bool numbered;

	(void)image_name_check(pattern, &numbered, &err); /* resolve() has checked it */
	s = malloc(sizeof(*s) + strlen(pattern) + 1);
	if (!s)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	s->size = (struct image_size){ (uint32_t)type->dims[0], (uint32_t)type->dims[1],
				       type->n_dims == 3 ? 3 : 1 };
	s->jpeg = is_jpeg(pattern);
	s->numbered = numbered;
	s->quality = (int)pel_info_i64(info, "quality");
	s->compression = (int)pel_info_i64(info, "compression");
	s->first = (uint64_t)pel_info_i64(info, "first");
	strcpy(s->pattern, pattern);
	*state = s;
	return 0;
}

static int write_files(struct pel_info *info)
{
	return pel_info_writes_numbered(info, pel_info_string(info, "file"),
					(uint64_t)pel_info_i64(info, "first"), UINT64_MAX);
}

static int store(const char *path, const struct image_bytes *file, struct image_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666), r = 0;
	unsigned interrupted = 0;
	size_t done = 0;

	if (fd < 0)
		r = -errno;
	while (r == 0 && done < file->size) {
		ssize_t put = write(fd, file->data + done, file->size - done);

		if (put >= 0)
			done += (size_t)put;
		else if (!image_interrupted(&interrupted))
			r = -errno;
	}
	/* Some file systems report only here that the disk is full. */
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		snprintf(err->text, sizeof(err->text), "%s", strerror(-r));
	return r;
}

static int write_one(const struct write_state *s, uint64_t index, const unsigned char *in)
{
	struct image_bytes file = { 0 };
	struct image_error err = { "" };
	char *name;
	int r;

	if (index && !s->numbered)
		return pel_fire_fail(
			-EINVAL,
			"a second image arrived, but the name '%s' is for one image only: put %%d or %%03d in it for the number",
			s->pattern);
	name = image_name(s->pattern, s->first + index);
	if (!name)
		return pel_fire_fail(-ENOMEM, "out of memory");
	r = s->jpeg ? image_jpeg_encode(in, &s->size, s->quality, &file, &err)
		    : image_png_encode(in, &s->size, s->compression, &file, &err);
	if (r == 0)
		r = store(name, &file, &err);
	if (r < 0)
		pel_fire_fail(r, "cannot write image '%s': %s", name, err.text);
	free(file.data);
	free(name);
	return r;
}

static int write_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct write_state *s = state;
	size_t bytes = (size_t)s->size.height * s->size.width * s->size.channels;
	int r;

	for (size_t i = 0; i < firings; i++)
		if ((r = write_one(s, io->first + i, (const unsigned char *)io->in[0] + i * bytes)) < 0)
			return r;
	return 0;
}

const struct pel_kernel pel_image_write = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS,
	.name = "image.write",
	.summary = "write images to JPEG or PNG files",
	.doc = "The file name's ending determines the format: .png, .jpg or .jpeg. Rows are from top to bottom, pixels from left to right; u8[H,W] is grey, and "
	       "u8[H,W,3] is red, green, blue. Image i is written to the file with the number first + i. If the name has no number, there may be only "
	       "one image. An existing file is replaced when its image arrives. JPEG stores colour at half the resolution (4:2:0).",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .doc = "u8[H,W] or u8[H,W,3]" },
					      { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "file",
			  .type = "string",
			  .doc = "path, relative to the current folder; %d or %03d in it stands for the number of the image, %% for a percent sign",
			  .ends = ".png, .jpg, .jpeg",
			  .flags = PEL_PARAM_WRITES },
			{ .name = "first",
			  .type = "i64",
			  .value = "0",
			  .doc = "number of the first image",
			  .least = "0" },
			{ .name = "quality",
			  .type = "i64",
			  .value = "90",
			  .doc = "quality of JPEG",
			  .least = "1",
			  .most = "100" },
			{ .name = "compression",
			  .type = "i64",
			  .value = "6",
			  .doc = "compression level of PNG, from 0 (fast) to 9 (small)",
			  .least = "0",
			  .most = "9" },
			{ 0 } },
	.resolve = write_resolve,
	.files = write_files,
	.init = write_init,
	.fire = write_fire,
	.fini = free,
};
