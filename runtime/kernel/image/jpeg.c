/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

/* A progressive picture of a few bytes can request any number of passes over all its pixels. */
#define SCANS_MAX 500

/* libjpeg knows only the first member. It reports errors by longjmp(), so the functions that call it own nothing in local variables. */
struct manager {
	struct jpeg_error_mgr base;
	struct jpeg_progress_mgr progress;
	struct image_error *err;
	jmp_buf leave;
	bool damaged;
};

static void leave(j_common_ptr cinfo)
{
	struct manager *manager = (struct manager *)cinfo->err;
	char text[JMSG_LENGTH_MAX];

	manager->base.format_message(cinfo, text);
	snprintf(manager->err->text, sizeof(manager->err->text), "%s", text);
	longjmp(manager->leave, 1);
}

/* Level -1 means that libjpeg has replaced damaged data, so the picture would not be the one in the file. */
static void note_damage(j_common_ptr cinfo, int level)
{
	struct manager *manager = (struct manager *)cinfo->err;
	char text[JMSG_LENGTH_MAX];

	if (level >= 0 || manager->damaged)
		return;
	manager->base.format_message(cinfo, text);
	snprintf(manager->err->text, sizeof(manager->err->text), "%s", text);
	manager->damaged = true;
}

static void keep_silent(j_common_ptr cinfo)
{
	(void)cinfo;
}

static void limit_scans(j_common_ptr cinfo)
{
	struct manager *manager = (struct manager *)cinfo->err;

	if (!cinfo->is_decompressor || ((j_decompress_ptr)cinfo)->input_scan_number <= SCANS_MAX)
		return;
	snprintf(manager->err->text, sizeof(manager->err->text), "it has more than %d scans", SCANS_MAX);
	longjmp(manager->leave, 1);
}

static struct jpeg_error_mgr *start(struct manager *manager, struct image_error *err)
{
	jpeg_std_error(&manager->base);
	manager->base.error_exit = leave;
	manager->base.emit_message = note_damage;
	manager->base.output_message = keep_silent;
	manager->progress.progress_monitor = limit_scans;
	manager->err = err;
	manager->damaged = false;
	return &manager->base;
}

/* Leaves by longjmp() on failure. */
static void read_header(struct jpeg_decompress_struct *cinfo, struct manager *manager,
			const struct image_bytes *file)
{
	jpeg_create_decompress(cinfo);
	cinfo->progress = &manager->progress;
	jpeg_mem_src(cinfo, file->data, (unsigned long)file->size);
	jpeg_read_header(cinfo, TRUE);
	if (cinfo->jpeg_color_space == JCS_CMYK || cinfo->jpeg_color_space == JCS_YCCK) {
		snprintf(manager->err->text, sizeof(manager->err->text),
			 "its colours are CMYK; only RGB and grey can be read");
		longjmp(manager->leave, 1);
	}
	cinfo->out_color_space = JCS_RGB;
	cinfo->dct_method = JDCT_ISLOW;
}

int image_jpeg_header(const struct image_bytes *file, struct image_size *ret, struct image_error *err)
{
	struct jpeg_decompress_struct cinfo;
	struct manager manager;

	memset(&cinfo, 0, sizeof(cinfo));
	cinfo.err = start(&manager, err);
	if (setjmp(manager.leave)) {
		jpeg_destroy_decompress(&cinfo);
		return -EINVAL;
	}
	read_header(&cinfo, &manager, file);
	*ret = (struct image_size){ cinfo.image_height, cinfo.image_width, 3 };
	jpeg_destroy_decompress(&cinfo);
	return 0;
}

int image_jpeg_decode(const struct image_bytes *file, const struct image_size *size, unsigned char *out,
		      struct image_error *err)
{
	struct jpeg_decompress_struct cinfo;
	struct manager manager;

	memset(&cinfo, 0, sizeof(cinfo));
	cinfo.err = start(&manager, err);
	if (setjmp(manager.leave)) {
		jpeg_destroy_decompress(&cinfo);
		return -EINVAL;
	}
	read_header(&cinfo, &manager, file);
	jpeg_start_decompress(&cinfo);
	if (cinfo.output_width != size->width || cinfo.output_height != size->height ||
	    cinfo.output_components != 3) {
		snprintf(err->text, sizeof(err->text), "it changed while it was read");
		longjmp(manager.leave, 1);
	}
	while (cinfo.output_scanline < cinfo.output_height) {
		JSAMPROW row = out + (size_t)cinfo.output_scanline * size->width * 3;

		jpeg_read_scanlines(&cinfo, &row, 1);
	}
	jpeg_finish_decompress(&cinfo);
	jpeg_destroy_decompress(&cinfo);
	return manager.damaged ? -EINVAL : 0;
}

_Static_assert(IMAGE_JPEG_MAX == JPEG_MAX_DIMENSION, "resolve() of image.write reports this limit");

int image_jpeg_encode(const unsigned char *in, const struct image_size *size, int quality,
		      struct image_bytes *ret, struct image_error *err)
{
	struct jpeg_compress_struct cinfo;
	struct manager manager;
	unsigned long bytes = 0; /* libjpeg keeps the addresses of these two */

	memset(&cinfo, 0, sizeof(cinfo));
	cinfo.err = start(&manager, err);
	if (setjmp(manager.leave)) {
		/* Until now, ret->data may be an old address, from before the buffer grew. */
		if (cinfo.dest && ret->data)
			cinfo.dest->term_destination(&cinfo);
		jpeg_destroy_compress(&cinfo);
		return -EINVAL;
	}
	jpeg_create_compress(&cinfo);
	jpeg_mem_dest(&cinfo, &ret->data, &bytes);
	cinfo.image_width = size->width;
	cinfo.image_height = size->height;
	cinfo.input_components = (int)size->channels;
	cinfo.in_color_space = size->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
	jpeg_set_defaults(&cinfo);
	cinfo.dct_method = JDCT_ISLOW;
	jpeg_set_quality(&cinfo, quality, TRUE);
	jpeg_start_compress(&cinfo, TRUE);
	while (cinfo.next_scanline < cinfo.image_height) {
		JSAMPROW row = (JSAMPROW)in + (size_t)cinfo.next_scanline * size->width * size->channels;

		jpeg_write_scanlines(&cinfo, &row, 1);
	}
	jpeg_finish_compress(&cinfo);
	jpeg_destroy_compress(&cinfo);
	ret->size = bytes;
	return 0;
}
