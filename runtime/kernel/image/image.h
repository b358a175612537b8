/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_IMAGE_H
#define PEL_IMAGE_H

#include <pelton/kernel.h>

#include <errno.h>

extern const struct pel_kernel pel_image_read, pel_image_write, pel_image_grey, pel_image_blur, pel_image_sobel;

/* The reason for a failure; it completes a message. */
struct image_error {
	char text[256];
};

/* An image in memory: rows first, `channels` (1 or 3) bytes per pixel. */
struct image_size {
	uint32_t height, width, channels;
};

/* A file or a picture in memory, malloc'ed. */
struct image_bytes {
	unsigned char *data;
	size_t size, capacity;
};

/* Return 0, or -ENOMEM or -EINVAL with a message. The decoded pictures have 3 channels. */
int image_jpeg_header(const struct image_bytes *file, struct image_size *ret, struct image_error *err);
int image_jpeg_decode(const struct image_bytes *file, const struct image_size *size, unsigned char *out,
		      struct image_error *err);
int image_png_header(const struct image_bytes *file, struct image_size *ret, struct image_error *err);
int image_png_decode(const struct image_bytes *file, const struct image_size *size, unsigned char *out,
		     struct image_error *err);

/*
 * After a failed system call: was it interrupted, so that it can be repeated? This has a limit: a call that is always interrupted
 * fails with EINTR, because a run must end. *times is 0 at the start of each file.
 */
static inline bool image_interrupted(unsigned *times)
{
	return errno == EINTR && ++*times < 1000;
}

#define IMAGE_JPEG_MAX 65500 /* rows and columns; the limit of libjpeg */

/* Fill `ret`, which is empty before. The caller frees it, even after a failure. */
int image_jpeg_encode(const unsigned char *in, const struct image_size *size, int quality,
		      struct image_bytes *ret, struct image_error *err);
int image_png_encode(const unsigned char *in, const struct image_size *size, int compression,
		     struct image_bytes *ret, struct image_error *err);

/*
 * Names with a number: "%d" stands for the number, "%03d" for the number with at least three digits, "%%" for a percent sign. Nothing else may
 * follow a percent sign, and there may be at most one number.
 */
int image_name_check(const char *pattern, bool *numbered, struct image_error *err);
/* The name of image `number`, malloc'ed; NULL: out of memory. */
char *image_name(const char *pattern, uint64_t number);
/*
 * For a pattern with a number: find the lowest number, `from` or higher, whose file exists. Returns 1, 0 (there is none, or the folder cannot be read), or
 * -ENOMEM.
 */
int image_next(const char *pattern, uint64_t from, uint64_t *ret);

#endif
