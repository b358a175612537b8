/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_IMAGE_H
#define PEL_IMAGE_H

#include <pelton/kernel.h>

#include <errno.h>

extern const struct pel_kernel pel_image_read, pel_image_write, pel_image_grey, pel_image_blur, pel_image_sobel;

/* Why something failed, for the end of a sentence. */
struct image_error {
	char text[256];
};

/* An image in memory: rows first, `channels` (1 or 3) bytes a pixel. */
struct image_size {
	uint32_t height, width, channels;
};

/* A file or a picture in memory, malloc'ed. */
struct image_bytes {
	unsigned char *data;
	size_t size, capacity;
};

/* 0, -ENOMEM (explained), or -EINVAL. The pictures come out as 3 channels. */
int image_jpeg_header(const struct image_bytes *file, struct image_size *ret, struct image_error *err);
int image_jpeg_decode(const struct image_bytes *file, const struct image_size *size, unsigned char *out,
		      struct image_error *err);
int image_png_header(const struct image_bytes *file, struct image_size *ret, struct image_error *err);
int image_png_decode(const struct image_bytes *file, const struct image_size *size, unsigned char *out,
		     struct image_error *err);

/*
 * After a system call that failed: was it only interrupted, so that it is made again? Not for ever: what never does anything but be interrupted
 * fails with EINTR, for a run has to end. *times starts as 0 for each file.
 */
static inline bool image_interrupted(unsigned *times)
{
	return errno == EINTR && ++*times < 1000;
}

#define IMAGE_JPEG_MAX 65500 /* rows and columns, by libjpeg */

/* Fill `ret` (empty), which the caller frees, also after a failure. */
int image_jpeg_encode(const unsigned char *in, const struct image_size *size, int quality,
		      struct image_bytes *ret, struct image_error *err);
int image_png_encode(const unsigned char *in, const struct image_size *size, int compression,
		     struct image_bytes *ret, struct image_error *err);

/*
 * Names with a number: "%d" stands for it, "%03d" for at least three digits, "%%" for a per cent sign. Nothing else may
 * follow a per cent sign, and there is one number at most.
 */
int image_name_check(const char *pattern, bool *numbered, struct image_error *err);
/* The name of image `number`, malloc'ed; NULL: out of memory. */
char *image_name(const char *pattern, uint64_t number);
/*
 * The least number from `from` on, of a pattern with a number, whose file is there. 1, 0 (there is none, or the folder cannot be read) or
 * -ENOMEM.
 */
int image_next(const char *pattern, uint64_t from, uint64_t *ret);

#endif
