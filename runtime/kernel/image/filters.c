/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A row is processed in pieces, so that the data between two passes stays in the first-level cache and on the stack. */
#define PIECE	   1024
#define RADIUS_MAX 2

struct plane_state {
	size_t height, width;
	size_t radius; /* image.blur */
};

static int plane_init(struct pel_info *info, void **state)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	struct plane_state *s = calloc(1, sizeof(*s));

	if (!s)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	s->height = type->dims[0];
	s->width = type->dims[1];
	*state = s;
	return 0;
}

/* ---- image.grey ---- */

PEL_CLONES(grey, (unsigned char *restrict y, const unsigned char *restrict x, size_t n), (y, x, n))
{
	for (size_t i = 0; i < n; i++)
		y[i] = (unsigned char)((77u * x[3 * i] + 150u * x[3 * i + 1] + 29u * x[3 * i + 2] + 128u) >> 8);
}

static int grey_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct plane_state *s = state;

	grey(io->out[0], io->in[0], firings * s->height * s->width);
	return 0;
}

static int grey_fpga(struct pel_info *info, struct pel_fpga *form)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	int r;

	if ((r = pel_fpga_kernel(form, "grey.c", "pelton_grey")) < 0 ||
	    (r = pel_fpga_in(form, "in", 0)) < 0 || (r = pel_fpga_out(form, "out", 0)) < 0)
		return r;
	return pel_fpga_scalar(form, "n", "$batch * %llu", (unsigned long long)(type->dims[0] * type->dims[1]));
}

#define FPGA_WIDTH_MAX 8192 /* of the lines that hls/blur.c and hls/sobel.c buffer */

static int filter_fpga(struct pel_info *info, struct pel_fpga *form, const char *source, const char *kernel)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	int r;

	if (type->dims[1] > FPGA_WIDTH_MAX)
		return pel_info_fail(
			info, -ENOTSUP,
			"its FPGA implementation takes images up to %d pixels wide, and these have %llu",
			FPGA_WIDTH_MAX, (unsigned long long)type->dims[1]);
	if ((r = pel_fpga_kernel(form, source, kernel)) < 0 || (r = pel_fpga_in(form, "in", 0)) < 0 ||
	    (r = pel_fpga_out(form, "out", 0)) < 0 ||
	    (r = pel_fpga_scalar(form, "height", "%llu", (unsigned long long)type->dims[0])) < 0)
		return r;
	return pel_fpga_scalar(form, "width", "%llu", (unsigned long long)type->dims[1]);
}

const struct pel_kernel pel_image_grey = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "image.grey",
	.summary = "convert colour images to grey images",
	.doc = "out = (77*red + 150*green + 29*blue + 128) / 256, rounded down, in integers.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u8[H,W,3]", .doc = "red, green, blue" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "u8[H,W]", .doc = "grey" }, { 0 } },
	.init = plane_init,
	.fire = grey_fire,
	.fini = free,
	.fpga = grey_fpga,
};

/* ---- shared by the 3x3 and 5x5 filters ---- */

static size_t clamp(ptrdiff_t at, size_t size)
{
	return at < 0 ? 0 : (size_t)at < size ? (size_t)at : size - 1;
}

/*
 * A piece of columns [start, start + n), with `radius` more columns on both sides. `low` and `high` are the numbers of these extra columns that are
 * inside the image; the others repeat the outermost column.
 */
struct piece {
	size_t start, n, low, high;
};

static struct piece cut(size_t start, size_t width, size_t radius)
{
	struct piece piece = { .start = start, .n = width - start < PIECE ? width - start : PIECE };

	piece.low = start < radius ? start : radius;
	piece.high = width - start - piece.n < radius ? width - start - piece.n : radius;
	return piece;
}

/* `sums` starts `radius` columns before the piece. */
#define REPEAT_BORDERS(sums, piece, radius)                                        \
	do {                                                                       \
		for (size_t i_ = 0; i_ < (radius) - (piece)->low; i_++)            \
			(sums)[i_] = (sums)[(radius) - (piece)->low];              \
		for (size_t i_ = (piece)->high; i_ < (radius); i_++)               \
			(sums)[(radius) + (piece)->n + i_] =                       \
				(sums)[(radius) + (piece)->n + (piece)->high - 1]; \
	} while (0)

/* ---- image.blur ---- */

static int blur_init(struct pel_info *info, void **state)
{
	int r = plane_init(info, state);

	if (r == 0)
		((struct plane_state *)*state)->radius = (size_t)pel_info_i64(info, "radius");
	return r;
}

PEL_CLONES(blur_columns_1, (uint16_t *restrict sums, const unsigned char *const *rows, size_t n),
	   (sums, rows, n))
{
	const unsigned char *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2];

	for (size_t i = 0; i < n; i++)
		sums[i] = (uint16_t)(a[i] + 2 * b[i] + c[i]);
}

PEL_CLONES(blur_columns_2, (uint16_t *restrict sums, const unsigned char *const *rows, size_t n),
	   (sums, rows, n))
{
	const unsigned char *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2],
				      *restrict d = rows[3], *restrict e = rows[4];

	for (size_t i = 0; i < n; i++)
		sums[i] = (uint16_t)(a[i] + 4 * b[i] + 6 * c[i] + 4 * d[i] + e[i]);
}

PEL_CLONES(blur_row_1, (unsigned char *restrict y, const uint16_t *restrict s, size_t n), (y, s, n))
{
	for (size_t i = 0; i < n; i++)
		y[i] = (unsigned char)((uint16_t)(s[i] + 2 * s[i + 1] + s[i + 2] + 8) >> 4);
}

/* The largest sum is 255*256 + 128, which fits into 16 bits. */
PEL_CLONES(blur_row_2, (unsigned char *restrict y, const uint16_t *restrict s, size_t n), (y, s, n))
{
	for (size_t i = 0; i < n; i++)
		y[i] = (unsigned char)((uint16_t)(s[i] + 4 * s[i + 1] + 6 * s[i + 2] + 4 * s[i + 3] +
						  s[i + 4] + 128) >>
				       8);
}

static void blur(const struct plane_state *s, unsigned char *out, const unsigned char *in)
{
	uint16_t sums[PIECE + 2 * RADIUS_MAX];
	const unsigned char *rows[2 * RADIUS_MAX + 1];
	size_t r = s->radius;

	for (size_t y = 0; y < s->height; y++) {
		for (size_t start = 0; start < s->width; start += PIECE) {
			struct piece piece = cut(start, s->width, r);
			size_t n = piece.low + piece.n + piece.high;

			for (size_t i = 0; i < 2 * r + 1; i++)
				rows[i] = in + clamp((ptrdiff_t)(y + i) - (ptrdiff_t)r, s->height) * s->width +
					  start - piece.low;
			(r == 1 ? blur_columns_1 : blur_columns_2)(sums + r - piece.low, rows, n);
			REPEAT_BORDERS(sums, &piece, r);
			(r == 1 ? blur_row_1 : blur_row_2)(out + y * s->width + start, sums, piece.n);
		}
	}
}

static int blur_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct plane_state *s = state;
	size_t bytes = s->height * s->width;

	for (size_t i = 0; i < firings; i++)
		blur(s, (unsigned char *)io->out[0] + i * bytes, (const unsigned char *)io->in[0] + i * bytes);
	return 0;
}

static int blur_fpga(struct pel_info *info, struct pel_fpga *form)
{
	int r;

	if ((r = filter_fpga(info, form, "blur.c", "pelton_blur")) < 0 ||
	    (r = pel_fpga_scalar(form, "radius", "%lld", (long long)pel_info_i64(info, "radius"))) < 0)
		return r;
	return pel_fpga_scalar(form, "frames", "$batch");
}

const struct pel_kernel pel_image_blur = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "image.blur",
	.summary = "smooth grey images",
	.doc = "Each pixel becomes the weighted mean of the pixels around it, with the weights 1 2 1 (radius 1) or 1 4 6 4 1 (radius 2) in both directions: out = "
	       "(S + W / 2) / W, rounded down, in integers, where S is the sum of weight times pixel and W is the sum of the weights (16 or 256). "
	       "Pixels beyond the border equal the nearest pixel inside.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u8[H,W]", .doc = "grey" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "u8[H,W]", .doc = "grey" }, { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "radius",
						     .type = "i64",
						     .value = "1",
						     .doc = "radius in pixels",
						     .least = "1",
						     .most = "2" },
						   { 0 } },
	.init = blur_init,
	.fire = blur_fire,
	.fini = free,
	.fpga = blur_fpga,
};

/* ---- image.sobel ---- */

PEL_CLONES(sobel_columns,
	   (int16_t *restrict smooth, int16_t *restrict slope, const unsigned char *restrict a,
	    const unsigned char *restrict b, const unsigned char *restrict c, size_t n),
	   (smooth, slope, a, b, c, n))
{
	for (size_t i = 0; i < n; i++) {
		smooth[i] = (int16_t)(a[i] + 2 * b[i] + c[i]);
		slope[i] = (int16_t)(c[i] - a[i]);
	}
}

PEL_CLONES(sobel_row,
	   (unsigned char *restrict y, const int16_t *restrict smooth, const int16_t *restrict slope, size_t n),
	   (y, smooth, slope, n))
{
	for (size_t i = 0; i < n; i++) {
		int16_t gx = (int16_t)(smooth[i + 2] - smooth[i]);
		int16_t gy = (int16_t)(slope[i] + 2 * slope[i + 1] + slope[i + 2]);
		int16_t size = (int16_t)((gx < 0 ? -gx : gx) + (gy < 0 ? -gy : gy));

		y[i] = (unsigned char)(size > 255 ? 255 : size);
	}
}

static void sobel(const struct plane_state *s, unsigned char *out, const unsigned char *in)
{
	int16_t smooth[PIECE + 2], slope[PIECE + 2];

	for (size_t y = 0; y < s->height; y++) {
		for (size_t start = 0; start < s->width; start += PIECE) {
			struct piece piece = cut(start, s->width, 1);
			size_t n = piece.low + piece.n + piece.high, left = start - piece.low;

			sobel_columns(smooth + 1 - piece.low, slope + 1 - piece.low,
				      in + clamp((ptrdiff_t)y - 1, s->height) * s->width + left,
				      in + y * s->width + left,
				      in + clamp((ptrdiff_t)y + 1, s->height) * s->width + left, n);
			REPEAT_BORDERS(smooth, &piece, 1);
			REPEAT_BORDERS(slope, &piece, 1);
			sobel_row(out + y * s->width + start, smooth, slope, piece.n);
		}
	}
}

static int sobel_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct plane_state *s = state;
	size_t bytes = s->height * s->width;

	for (size_t i = 0; i < firings; i++)
		sobel(s, (unsigned char *)io->out[0] + i * bytes, (const unsigned char *)io->in[0] + i * bytes);
	return 0;
}

static int sobel_fpga(struct pel_info *info, struct pel_fpga *form)
{
	int r = filter_fpga(info, form, "sobel.c", "pelton_sobel");

	return r < 0 ? r : pel_fpga_scalar(form, "frames", "$batch");
}

const struct pel_kernel pel_image_sobel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "image.sobel",
	.summary = "find edges in grey images",
	.doc = "out = min(255, |gx| + |gy|), where p is the image, y points down and x to the right: gx = p[y-1][x+1] + 2*p[y][x+1] + p[y+1][x+1] - "
	       "p[y-1][x-1] - 2*p[y][x-1] - p[y+1][x-1], gy = p[y+1][x-1] + 2*p[y+1][x] + p[y+1][x+1] - p[y-1][x-1] - 2*p[y-1][x] - "
	       "p[y-1][x+1]. Pixels beyond the border equal the nearest pixel inside.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u8[H,W]", .doc = "grey" }, { 0 } },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "u8[H,W]", .doc = "strength of the edges" }, { 0 } },
	.init = plane_init,
	.fire = sobel_fire,
	.fini = free,
	.fpga = sobel_fpga,
};
