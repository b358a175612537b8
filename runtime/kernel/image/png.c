/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <png.h>

/* libpng reports errors by longjmp(). So everything that a function owns is in here, not in local variables, which might be in registers. */
struct png {
	png_structp png;
	png_infop info;
	png_bytep *rows;
	const struct image_bytes *file;
	size_t at;
	struct image_bytes *out;
	struct image_error *err;
};

static void leave(png_structp png, png_const_charp text)
{
	struct png *p = png_get_error_ptr(png);

	snprintf(p->err->text, sizeof(p->err->text), "%s", text);
	png_longjmp(png, 1);
}

static void keep_silent(png_structp png, png_const_charp text)
{
	(void)png, (void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t bytes)
{
	struct png *p = png_get_io_ptr(png);

	if (bytes > p->file->size - p->at)
		png_error(png, "it ends too early");
	memcpy(to, p->file->data + p->at, bytes);
	p->at += bytes;
}

static void write_bytes(png_structp png, png_bytep from, size_t bytes)
{
	struct image_bytes *out = ((struct png *)png_get_io_ptr(png))->out;

	if (bytes > out->capacity - out->size) {
		size_t capacity = (out->size + bytes) * 2;
		unsigned char *grown = realloc(out->data, capacity);

		if (!grown)
			png_error(png, "out of memory");
		out->data = grown;
		out->capacity = capacity;
	}
	memcpy(out->data + out->size, from, bytes);
	out->size += bytes;
}

static void flush_nothing(png_structp png)
{
	(void)png;
}

static int fail(struct png *p, const char *text)
{
	snprintf(p->err->text, sizeof(p->err->text), "%s", text);
	return -ENOMEM;
}

static int open_reader(struct png *p)
{
	p->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, p, leave, keep_silent);
	p->info = p->png ? png_create_info_struct(p->png) : NULL;
	return p->info ? 0 : fail(p, "out of memory");
}

static void close_reader(struct png *p)
{
	free(p->rows);
	png_destroy_read_struct(&p->png, &p->info, NULL);
}

/* Leaves by longjmp() on failure. */
static void read_header(struct png *p)
{
	png_set_read_fn(p->png, p, read_bytes);
	png_set_user_limits(p->png, 0x7fffffff, 0x7fffffff); /* the maximum size of a token limits the image */
	png_set_keep_unknown_chunks(p->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_read_info(p->png, p->info);
}

int image_png_header(const struct image_bytes *file, struct image_size *ret, struct image_error *err)
{
	struct png p = { .file = file, .err = err };
	int r = open_reader(&p);

	if (r == 0) {
		if (setjmp(png_jmpbuf(p.png))) {
			close_reader(&p);
			return -EINVAL;
		}
		read_header(&p);
		*ret = (struct image_size){ png_get_image_height(p.png, p.info),
					    png_get_image_width(p.png, p.info), 3 };
	}
	close_reader(&p);
	return r;
}

int image_png_decode(const struct image_bytes *file, const struct image_size *size, unsigned char *out,
		     struct image_error *err)
{
	struct png p = { .file = file, .err = err };
	int r = open_reader(&p);

	if (r == 0 && !(p.rows = malloc(size->height * sizeof(*p.rows))))
		r = fail(&p, "out of memory");
	if (r < 0) {
		close_reader(&p);
		return r;
	}
	for (uint32_t y = 0; y < size->height; y++)
		p.rows[y] = out + (size_t)y * size->width * 3;
	if (setjmp(png_jmpbuf(p.png))) {
		close_reader(&p);
		return -EINVAL;
	}
	read_header(&p);
	png_set_expand(p.png);
	png_set_scale_16(p.png);
	png_set_strip_alpha(p.png);
	png_set_gray_to_rgb(p.png);
	png_set_interlace_handling(p.png);
	png_read_update_info(p.png, p.info);
	if (png_get_image_width(p.png, p.info) != size->width ||
	    png_get_image_height(p.png, p.info) != size->height ||
	    png_get_rowbytes(p.png, p.info) != (size_t)size->width * 3)
		png_error(p.png, "it changed while it was read");
	png_read_image(p.png, p.rows);
	png_read_end(p.png, NULL);
	close_reader(&p);
	return 0;
}

int image_png_encode(const unsigned char *in, const struct image_size *size, int compression,
		     struct image_bytes *ret, struct image_error *err)
{
	struct png p = { .out = ret, .err = err };
	int colour = size->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY;

	p.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &p, leave, keep_silent);
	p.info = p.png ? png_create_info_struct(p.png) : NULL;
	if (!p.info) {
		png_destroy_write_struct(&p.png, &p.info);
		return fail(&p, "out of memory");
	}
	if (setjmp(png_jmpbuf(p.png))) {
		png_destroy_write_struct(&p.png, &p.info);
		return -EINVAL;
	}
	png_set_user_limits(p.png, 0x7fffffff, 0x7fffffff);
	png_set_write_fn(p.png, &p, write_bytes, flush_nothing);
	png_set_compression_level(p.png, compression);
	png_set_IHDR(p.png, p.info, size->width, size->height, 8, colour, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(p.png, p.info);
	for (uint32_t y = 0; y < size->height; y++)
		png_write_row(p.png, in + (size_t)y * size->width * size->channels);
	png_write_end(p.png, NULL);
	png_destroy_write_struct(&p.png, &p.info);
	return 0;
}
