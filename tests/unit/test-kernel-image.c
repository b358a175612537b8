/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- filters, against their formulas ---- */

static const struct {
	size_t h, w;
} sizes[] = { { 1, 1 }, { 1, 2 },   { 2, 1 },	 { 1, 7 },    { 7, 1 },	   { 2, 2 },	{ 3, 3 },
	      { 5, 4 }, { 33, 17 }, { 2, 1023 }, { 3, 1024 }, { 3, 1025 }, { 2, 1026 }, { 2, 2049 } };

#define PIXELS 3000
static unsigned char pixels[2 * PIXELS * 3 * 2], want[2 * PIXELS * 2];

static int at(size_t h, size_t w, size_t image, ptrdiff_t y, ptrdiff_t x)
{
	y = y < 0 ? 0 : y >= (ptrdiff_t)h ? (ptrdiff_t)h - 1 : y;
	x = x < 0 ? 0 : x >= (ptrdiff_t)w ? (ptrdiff_t)w - 1 : x;
	return pixels[(image * h + (size_t)y) * w + (size_t)x];
}

static void expect_filter(const char *kernel, const struct pel_harness_param *params, const char *in,
			  const char *out)
{
	expect_kernel(CASE(.kernel = kernel_named(kernel), .params = params, .in = INPUTS({ in, pixels, 2 })),
		      out, want, 2);
}

static void fill_pixels(void)
{
	uint64_t random = 1;

	random_bytes(&random, pixels, sizeof(pixels));
	for (size_t i = 0; i < sizeof(pixels); i++) /* many extremes, which are where sums overflow */
		if (random_bits(&random) % 3 == 0)
			pixels[i] = random_bits(&random) % 2 ? 255 : 0;
}

static char text[400];

START_TEST(grey_is_the_documented_mean)
{
	size_t n = 2 * sizes[_i].h * sizes[_i].w;
	char in[40], out[40];

	fill_pixels();
	for (size_t i = 0; i < n; i++)
		want[i] = (unsigned char)((77 * pixels[3 * i] + 150 * pixels[3 * i + 1] +
					   29 * pixels[3 * i + 2] + 128) /
					  256);
	snprintf(in, sizeof(in), "u8[%zu,%zu,3]", sizes[_i].h, sizes[_i].w);
	snprintf(out, sizeof(out), "u8[%zu,%zu]", sizes[_i].h, sizes[_i].w);
	expect_filter("image.grey", NULL, in, out);
}
END_TEST

START_TEST(blur_is_the_documented_mean)
{
	static const int weights[2][5] = { { 0, 1, 2, 1, 0 }, { 1, 4, 6, 4, 1 } };
	size_t h = sizes[_i].h, w = sizes[_i].w;
	char type[40];

	fill_pixels();
	snprintf(type, sizeof(type), "u8[%zu,%zu]", h, w);
	for (int radius = 1; radius <= 2; radius++) {
		int whole = radius == 1 ? 16 : 256;

		for (size_t i = 0; i < 2 * h * w; i++) {
			ptrdiff_t y = (ptrdiff_t)(i / w % h), x = (ptrdiff_t)(i % w);
			int sum = whole / 2;

			for (int dy = -2; dy <= 2; dy++)
				for (int dx = -2; dx <= 2; dx++)
					sum += weights[radius - 1][dy + 2] * weights[radius - 1][dx + 2] *
					       at(h, w, i / w / h, y + dy, x + dx);
			want[i] = (unsigned char)(sum / whole);
		}
		expect_filter("image.blur", PARAMS(PARAM("radius", radius == 1 ? "1" : "2")), type, type);
	}
}
END_TEST

START_TEST(sobel_is_the_documented_gradient)
{
	size_t h = sizes[_i].h, w = sizes[_i].w;
	char type[40];

	fill_pixels();
	snprintf(type, sizeof(type), "u8[%zu,%zu]", h, w);
	for (size_t i = 0; i < 2 * h * w; i++) {
		ptrdiff_t y = (ptrdiff_t)(i / w % h), x = (ptrdiff_t)(i % w);
		size_t k = i / w / h;
		int gx = at(h, w, k, y - 1, x + 1) + 2 * at(h, w, k, y, x + 1) + at(h, w, k, y + 1, x + 1) -
			 at(h, w, k, y - 1, x - 1) - 2 * at(h, w, k, y, x - 1) - at(h, w, k, y + 1, x - 1);
		int gy = at(h, w, k, y + 1, x - 1) + 2 * at(h, w, k, y + 1, x) + at(h, w, k, y + 1, x + 1) -
			 at(h, w, k, y - 1, x - 1) - 2 * at(h, w, k, y - 1, x) - at(h, w, k, y - 1, x + 1);
		int size = abs(gx) + abs(gy);

		want[i] = (unsigned char)(size > 255 ? 255 : size);
	}
	expect_filter("image.sobel", NULL, type, type);
}
END_TEST

START_TEST(blur_refuses_other_radii)
{
	expect_error(CASE(.kernel = kernel_named("image.blur"), .params = PARAMS(PARAM("radius", "3")),
			  .in = INPUTS({ "u8[2,2]", pixels, 1 })),
		     -EINVAL, "test of image.blur: parameter 'radius' is outside its limits", NULL);
}
END_TEST

/* ---- PNG files written down byte by byte: independent of the library under test ---- */

struct png {
	unsigned char bytes[4000];
	size_t size;
};

static void put32(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void put_chunk(struct png *png, const char *name, const unsigned char *data, size_t size)
{
	unsigned char *start = png->bytes + png->size;
	uint32_t crc = ~0u;

	put32(start, (uint32_t)size);
	memcpy(start + 4, name, 4);
	if (size)
		memcpy(start + 8, data, size);
	for (size_t i = 4; i < size + 8; i++) {
		crc ^= start[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	put32(start + size + 8, ~crc);
	png->size += size + 12;
}

/* `rows`: the image's data, a filter byte before each row. */
static void make_png(struct png *png, uint32_t h, uint32_t w, unsigned depth, unsigned colour,
		     const unsigned char *rows, size_t bytes)
{
	unsigned char header[13] = { 0 }, data[3000] = { 0x78, 0x01, 1 };
	static const unsigned char palette[] = { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120 };
	uint32_t a = 1, b = 0;

	memcpy(png->bytes, "\x89PNG\r\n\x1a\n", 8);
	png->size = 8;
	put32(header, w);
	put32(header + 4, h);
	header[8] = (unsigned char)depth;
	header[9] = (unsigned char)colour;
	put_chunk(png, "IHDR", header, 13);
	if (colour == 3)
		put_chunk(png, "PLTE", palette, sizeof(palette));
	data[3] = (unsigned char)bytes;
	data[4] = (unsigned char)(bytes >> 8);
	data[5] = (unsigned char)~data[3];
	data[6] = (unsigned char)~data[4];
	memcpy(data + 7, rows, bytes);
	for (size_t i = 0; i < bytes; i++) {
		a = (a + rows[i]) % 65521;
		b = (b + a) % 65521;
	}
	put32(data + 7 + bytes, b << 16 | a);
	put_chunk(png, "IDAT", data, bytes + 11);
	put_chunk(png, "IEND", NULL, 0);
}

static struct pel_harness_case *reading(const char *path)
{
	static struct pel_harness_param params[2];
	static struct pel_harness_case test;

	params[0] = (struct pel_harness_param)PARAM("file", path);
	test = *CASE(.kernel = kernel_named("image.read"), .params = params);
	return &test;
}

START_TEST(png_of_every_colour_type_becomes_rgb)
{
	static const unsigned char rgb[] = { 0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12 };
	static const unsigned char rgb_want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	static const unsigned char grey[] = { 0, 5, 250 }, grey_want[] = { 5, 5, 5, 250, 250, 250 };
	static const unsigned char bits[] = { 0, 0x40 }, bits_want[] = { 0, 0, 0, 255, 255, 255 };
	static const unsigned char deep[] = { 0, 0x12, 0x34, 0xff, 0xff },
				   deep_want[] = { 0x12, 0x12, 0x12, 255, 255, 255 };
	static const unsigned char alpha[] = { 0, 1, 2, 3, 0, 4, 5, 6, 128 },
				   alpha_want[] = { 1, 2, 3, 4, 5, 6 };
	static const unsigned char index[] = { 0, 3, 1 }, index_want[] = { 100, 110, 120, 40, 50, 60 };
	static const struct {
		uint32_t h, w;
		unsigned depth, colour;
		const unsigned char *rows;
		size_t bytes;
		const unsigned char *want;
	} cases[] = {
		{ 2, 2, 8, 2, rgb, sizeof(rgb), rgb_want },
		{ 1, 2, 8, 0, grey, sizeof(grey), grey_want },
		{ 1, 2, 1, 0, bits, sizeof(bits), bits_want },
		{ 1, 2, 16, 0, deep, sizeof(deep), deep_want },
		{ 1, 2, 8, 6, alpha, sizeof(alpha), alpha_want },
		{ 1, 2, 8, 3, index, sizeof(index), index_want },
	};
	const char *path = scratch_path("a.png");
	struct png png;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char type[40];

		make_png(&png, cases[i].h, cases[i].w, cases[i].depth, cases[i].colour, cases[i].rows,
			 cases[i].bytes);
		write_scratch(path, png.bytes, png.size);
		snprintf(type, sizeof(type), "u8[%u,%u,3]", cases[i].h, cases[i].w);
		expect_kernel(reading(path), type, cases[i].want, 1);
	}
}
END_TEST

/* ---- writing, and reading what was written ---- */

static void write_images(const char *path, const char *type, const void *data, size_t n, const char *quality)
{
	struct pel_harness_result *result =
		run_kernel(CASE(.kernel = kernel_named("image.write"),
				.params = PARAMS(PARAM("file", path), PARAM("quality", quality)),
				.in = INPUTS({ type, data, n })));

	pel_harness_result_destroy(result);
}

START_TEST(png_comes_back_as_it_was_written)
{
	static unsigned char grey_want[20 * 30 * 3];
	const char *path = scratch_path("a.png");

	fill_pixels();
	write_images(path, "u8[20,30,3]", pixels, 1, "90");
	expect_kernel(reading(path), "u8[20,30,3]", pixels, 1);
	write_images(path, "u8[20,30]", pixels, 1, "90");
	for (size_t i = 0; i < sizeof(grey_want); i++)
		grey_want[i] = pixels[i / 3];
	expect_kernel(reading(path), "u8[20,30,3]", grey_want, 1);
}
END_TEST

START_TEST(jpeg_comes_back_nearly_as_it_was_written)
{
	static unsigned char smooth[32 * 48 * 3];
	static const char *const names[] = { "a.jpg", "a.JPEG" };

	for (size_t i = 0; i < sizeof(smooth); i++)
		smooth[i] = (unsigned char)(i / 3 % 48 * 3 + i / 3 / 48 * 2 + i % 3 * 10);
	for (unsigned grey = 0; grey < 2; grey++) {
		const char *path = scratch_path(names[grey]);
		struct pel_harness_result *result;
		const unsigned char *got;

		write_images(path, grey ? "u8[32,48]" : "u8[32,48,3]", smooth, 1, "100");
		result = run_kernel(reading(path));
		ck_assert_uint_eq(result->out[0]->tokens, 1);
		got = result->out[0]->data;
		for (size_t i = 0; i < sizeof(smooth) && !grey; i++)
			ck_assert_int_le(abs(got[i] - smooth[i]), 6);
		for (size_t i = 0; i < sizeof(smooth) && grey; i++)
			ck_assert_uint_eq(got[i], got[i / 3 * 3]);
		pel_harness_result_destroy(result);
	}
}
END_TEST

START_TEST(quality_decides_the_size_of_a_jpeg)
{
	static unsigned char file[2][100000];
	size_t low, high;

	fill_pixels();
	write_images(scratch_path("a.jpg"), "u8[40,50]", pixels, 1, "5");
	low = read_scratch(scratch_path("a.jpg"), file[0], sizeof(file[0]));
	write_images(scratch_path("a.jpg"), "u8[40,50]", pixels, 1, "95");
	high = read_scratch(scratch_path("a.jpg"), file[1], sizeof(file[1]));
	ck_assert_uint_lt(low, high);
}
END_TEST

START_TEST(numbered_images_are_written_and_read_in_a_row)
{
	const char *pattern = scratch_path("100%%-%03d.png");
	struct pel_harness_param params[] = {
		PARAM("file", pattern), PARAM("first", "0"), PARAM("count", "0"), { 0 }
	};
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("image.read"),
					 .params = params };
	struct stat st;

	fill_pixels();
	write_images(pattern, "u8[4,5,3]", pixels, 12, "90");
	ck_assert_int_eq(stat(scratch_path("100%-000.png"), &st), 0);
	ck_assert_int_eq(stat(scratch_path("100%-011.png"), &st), 0);
	ck_assert_int_eq(stat(scratch_path("100%-012.png"), &st), -1);
	expect_kernel(&test, "u8[4,5,3]", pixels, 12);
	params[1].text = "3";
	expect_kernel(&test, "u8[4,5,3]", pixels + 3 * 60, 9);
	params[2].text = "4";
	expect_kernel(&test, "u8[4,5,3]", pixels + 3 * 60, 4);
}
END_TEST

START_TEST(gap_in_the_numbers_is_an_error_not_the_end)
{
	const char *pattern = scratch_path("x1%d.png");
	struct pel_harness_param params[] = {
		PARAM("file", pattern), PARAM("first", "0"), PARAM("count", "0"), { 0 }
	};
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("image.read"),
					 .params = params };

	fill_pixels();
	write_images(pattern, "u8[4,5,3]", pixels, 6, "90");
	ck_assert_int_eq(unlink(scratch_path("x13.png")), 0);
	snprintf(text, sizeof(text), "actor 'test' (image.read): image '%s' is missing, but '%s' is there",
		 scratch_path("x13.png"), scratch_path("x14.png"));
	expect_error(&test, -ENOENT, text, "count=\"3\" reads those before it");
	/* Asked for, too: as soon as the graph is compiled. */
	params[2].text = "6";
	expect_error(&test, -ENOENT, text, "count=\"3\" reads those before it");
	params[2].text = "3";
	expect_kernel(&test, "u8[4,5,3]", pixels, 3);
	params[1].text = "4";
	params[2].text = "1000000000000";
	snprintf(text, sizeof(text),
		 "actor 'test' (image.read): count=\"1000000000000\", but image '%s' is missing",
		 scratch_path("x16.png"));
	expect_error(&test, -ENOENT, text, "count=\"2\" reads those before it");
	params[1].text = "4";
	params[2].text = "0";
	expect_kernel(&test, "u8[4,5,3]", pixels + 4 * 60, 2);
}
END_TEST

START_TEST(gap_in_the_numbers_of_folders_is_found_too)
{
	char pattern[500];
	struct pel_harness_param params[] = { PARAM("file", pattern), { 0 } };
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("image.read"),
					 .params = params };

	snprintf(pattern, sizeof(pattern), "%s", scratch_path("f%d/a.png"));
	fill_pixels();
	for (int i = 0; i < 4; i++) {
		char name[20];

		if (i == 1)
			continue;
		snprintf(name, sizeof(name), "f%d", i);
		ck_assert_int_eq(mkdir(scratch_path(name), 0700), 0);
		snprintf(name, sizeof(name), "f%d/a.png", i);
		write_images(scratch_path(name), "u8[4,5,3]", pixels, 1, "90");
	}
	snprintf(text, sizeof(text), "actor 'test' (image.read): image '%s' is missing, but '%s' is there",
		 scratch_path("f1/a.png"), scratch_path("f2/a.png"));
	expect_error(&test, -ENOENT, text, "count=\"1\" reads those before it");
}
END_TEST

START_TEST(numbers_that_do_not_begin_with_0_get_a_hint)
{
	const char *pattern = scratch_path("y%02d.png");
	struct pel_harness_param params[] = { PARAM("file", pattern), PARAM("first", "0"), { 0 } };
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("image.read"),
					 .params = params };

	snprintf(text, sizeof(text),
		 "actor 'test' (image.read): cannot read image '%s': No such file or directory",
		 scratch_path("y00.png"));
	expect_error(&test, -ENOENT, text, NULL);
	fill_pixels();
	write_images(scratch_path("y07.png"), "u8[4,5,3]", pixels, 1, "90");
	write_images(scratch_path("y08.png"), "u8[4,5,3]", pixels + 60, 1, "90");
	write_images(scratch_path("y9.png"), "u8[4,5,3]", pixels, 1, "90"); /* not of the pattern */
	expect_error(&test, -ENOENT, text, "the first number that is there is 7: set first=\"7\"");
	params[1].text = "7";
	expect_kernel(&test, "u8[4,5,3]", pixels, 2);
}
END_TEST

START_TEST(one_image_can_be_read_again_and_again)
{
	const char *path = scratch_path("a.png");

	fill_pixels();
	memcpy(pixels + 60, pixels, 60);
	memcpy(pixels + 120, pixels, 60);
	write_images(path, "u8[4,5,3]", pixels, 1, "90");
	expect_kernel(CASE(.kernel = kernel_named("image.read"),
			   .params = PARAMS(PARAM("file", path), PARAM("count", "3"))),
		      "u8[4,5,3]", pixels, 3);
}
END_TEST

START_TEST(writing_keeps_the_rules)
{
	fill_pixels();
	check_kernel(CASE(.kernel = kernel_named("image.write"),
			  .params = PARAMS(PARAM("file", scratch_path("%d.png"))),
			  .in = INPUTS({ "u8[4,5]", pixels, 20 })),
		     5);
}
END_TEST

/* ---- what is wrong ---- */

START_TEST(cut_and_changed_files_are_errors_or_images_but_never_crashes)
{
	static unsigned char file[10000], changed[10000];
	static const char *const names[] = { "a.png", "a.jpg" };
	const char *path = scratch_path(names[_i]);
	uint64_t random = 77;
	size_t size;

	for (size_t i = 0; i < sizeof(pixels); i++)
		pixels[i] = (unsigned char)(i / 7);
	write_images(path, "u8[12,13,3]", pixels, 1, "70");
	size = read_scratch(path, file, sizeof(file));
	for (size_t cut = 0; cut + 1 < size; cut++) {
		struct pel_harness_result *result;
		struct pel_error err = { 0 };

		write_scratch(path, file, cut);
		ck_assert_int_lt(pel_harness_run(reading(path), &result, &err), 0);
		ck_assert_uint_eq(err.count, 1);
		pel_error_fini(&err);
	}
	for (unsigned i = 0; i < 500; i++) {
		struct pel_harness_result *result = NULL;
		struct pel_error err = { 0 };

		memcpy(changed, file, size);
		for (unsigned k = 0; k < 1 + i % 4; k++)
			changed[random_bits(&random) % size] = (unsigned char)random_bits(&random);
		write_scratch(path, changed, size);
		ck_assert_uint_eq(pel_harness_run(reading(path), &result, &err) < 0, err.count);
		pel_harness_result_destroy(result);
		pel_error_fini(&err);
	}
}
END_TEST

static void expect_unreadable(const char *path, int code, const char *why)
{
	snprintf(text, sizeof(text), "actor 'test' (image.read): cannot read image '%s': %s", path, why);
	expect_error(reading(path), code, text, NULL);
}

START_TEST(read_says_what_is_wrong)
{
	static const unsigned char rows[1000];
	struct png png;

	expect_unreadable("/no/such/file.png", -ENOENT, "No such file or directory");
	write_scratch(scratch_path("a.png"), "GIF89a", 6);
	expect_unreadable(scratch_path("a.png"), -EINVAL, "it is neither a JPEG nor a PNG image");
	expect_unreadable(scratch_folder(), -EINVAL, "it is not a regular file");
	make_png(&png, 2, 2, 8, 0, rows, 6);
	write_scratch(scratch_path("a.png"), png.bytes, 20);
	expect_unreadable(scratch_path("a.png"), -EINVAL, "it ends too early");
	png.bytes[30] ^= 1; /* the header's checksum */
	write_scratch(scratch_path("a.png"), png.bytes, png.size);
	expect_unreadable(scratch_path("a.png"), -EINVAL, "IHDR: CRC error");
	/* A header that promises more than a token may hold, in a file of a few bytes. */
	make_png(&png, 100000, 100000, 8, 2, rows, 6);
	write_scratch(scratch_path("a.png"), png.bytes, png.size);
	expect_error(reading(scratch_path("a.png")), -EINVAL,
		     "actor 'test' (image.read): port 'out' would have tokens of type u8[100000,100000,3]; a token has at least 1 byte and at "
		     "most 1073741824 bytes",
		     NULL);
}
END_TEST

START_TEST(images_of_one_stream_have_one_size)
{
	const char *pattern = scratch_path("i%d.png");
	char a[200];

	write_images(scratch_path("i0.png"), "u8[4,5]", pixels, 1, "90");
	write_images(scratch_path("i1.png"), "u8[5,4]", pixels, 1, "90");
	snprintf(a, sizeof(a), "%s", scratch_path("i1.png"));
	snprintf(text, sizeof(text),
		 "kernel image.read: cannot read image '%s': it is 5 x 4, but the first image was 4 x 5 (rows x columns)",
		 a);
	expect_error(reading(pattern), -EINVAL, text, NULL);
}
END_TEST

START_TEST(wrong_names_and_numbers_are_refused)
{
	static const struct {
		const char *name, *why;
	} names[] = {
		{ "a%s.png", "a % is followed by something other than d, 0Nd (N from 1 to 20) or %" },
		{ "a%.png", "a % is followed by something other than d, 0Nd (N from 1 to 20) or %" },
		{ "a%0d.png", "a % is followed by something other than d, 0Nd (N from 1 to 20) or %" },
		{ "a%021d.png", "a % is followed by something other than d, 0Nd (N from 1 to 20) or %" },
		{ "a%n.png", "a % is followed by something other than d, 0Nd (N from 1 to 20) or %" },
		{ "a%3d.png", "a % is followed by something other than d, 0Nd (N from 1 to 20) or %" },
		{ "%d%d.png", "it has more than one %d" },
	};
	struct pel_harness_param params[3] = { 0 };
	struct pel_harness_case write = { .size = sizeof(write),
					  .kernel = kernel_named("image.write"),
					  .params = params,
					  .in = INPUTS({ "u8[4,5]", pixels, 2 }) };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(text, sizeof(text), "actor 'test' (image.read): '%s' cannot be used as a name: %s",
			 names[i].name, names[i].why);
		expect_error(reading(names[i].name), -EINVAL, text, NULL);
		snprintf(text, sizeof(text), "actor 'test' (image.write): '%s' cannot be used as a name: %s",
			 names[i].name, names[i].why);
		params[0] = (struct pel_harness_param)PARAM("file", names[i].name);
		expect_error(&write, -EINVAL, text, NULL);
	}
	params[0].text = "a.gif";
	expect_error(&write, -EINVAL, "test of image.write: parameter 'file' is outside its limits", NULL);
	params[0].text = "/no/such.png/a";
	expect_error(&write, -EINVAL, "test of image.write: parameter 'file' is outside its limits", NULL);
	params[0].text = "/no/such/a.png";
	expect_error(&write, -ENOENT,
		     "kernel image.write: cannot write image '/no/such/a.png': No such file or directory",
		     NULL);
	params[0].text = scratch_path("one.png");
	snprintf(text, sizeof(text),
		 "kernel image.write: a second image arrived, but the name '%s' is for one image only: put %%d or %%03d in it for the number",
		 params[0].text);
	expect_error(&write, -EINVAL, text, NULL);
	params[1] = (struct pel_harness_param)PARAM("quality", "0");
	expect_error(&write, -EINVAL, "test of image.write: parameter 'quality' is outside its limits", NULL);
	params[1] = (struct pel_harness_param)PARAM("compression", "10");
	expect_error(&write, -EINVAL, "test of image.write: parameter 'compression' is outside its limits",
		     NULL);
	params[1] = (struct pel_harness_param)PARAM("first", "-1");
	snprintf(text, sizeof(text), "test of image.write: parameter 'first' is outside its limits");
	expect_error(&write, -EINVAL, text, NULL);
	params[0].text = "a.png";
	write.kernel = kernel_named("image.read");
	write.in = NULL;
	expect_error(&write, -EINVAL, "test of image.read: parameter 'first' is outside its limits", NULL);
	write_images(scratch_path("one.png"), "u8[4,5]", pixels, 1, "90");
	params[0].text = scratch_path("one.png");
	params[1] = (struct pel_harness_param)PARAM("count", "-1");
	expect_error(&write, -EINVAL, "test of image.read: parameter 'count' is outside its limits", NULL);
}
END_TEST

START_TEST(write_refuses_what_is_not_an_image)
{
	static unsigned char wide[70000];
	static const char *const types[] = { "u8", "u8[4]", "u8[4,5,4]", "u16[4,5]", "u8[1,2,3,4]" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		snprintf(text, sizeof(text),
			 "actor 'test' (image.write): port 'in' has type %s; an image is u8[H,W] (grey) or u8[H,W,3] (red, green, blue)",
			 types[i]);
		expect_error(
			CASE(.kernel = kernel_named("image.write"), .params = PARAMS(PARAM("file", "a.png")),
			     .in = INPUTS({ types[i], pixels, 1 })),
			-EINVAL, text, "core.convert changes the element type, core.reshape the dimensions");
	}
	expect_error(
		CASE(.kernel = kernel_named("image.write"), .params = PARAMS(PARAM("file", "wide.jpg")),
		     .in = INPUTS({ "u8[1,70000]", wide, 1 })),
		-EINVAL,
		"actor 'test' (image.write): JPEG images have at most 65500 rows and columns, these have 1 x 70000",
		NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel-image");
	TCase *tcase = tcase_create("kernel-image");
	int n_sizes = sizeof(sizes) / sizeof(*sizes), failed;
	SRunner *runner;

	tcase_add_loop_test(tcase, grey_is_the_documented_mean, 0, n_sizes);
	tcase_add_loop_test(tcase, blur_is_the_documented_mean, 0, n_sizes);
	tcase_add_loop_test(tcase, sobel_is_the_documented_gradient, 0, n_sizes);
	tcase_add_test(tcase, blur_refuses_other_radii);
	tcase_add_test(tcase, png_of_every_colour_type_becomes_rgb);
	tcase_add_test(tcase, png_comes_back_as_it_was_written);
	tcase_add_test(tcase, jpeg_comes_back_nearly_as_it_was_written);
	tcase_add_test(tcase, quality_decides_the_size_of_a_jpeg);
	tcase_add_test(tcase, numbered_images_are_written_and_read_in_a_row);
	tcase_add_test(tcase, gap_in_the_numbers_is_an_error_not_the_end);
	tcase_add_test(tcase, gap_in_the_numbers_of_folders_is_found_too);
	tcase_add_test(tcase, numbers_that_do_not_begin_with_0_get_a_hint);
	tcase_add_test(tcase, one_image_can_be_read_again_and_again);
	tcase_add_test(tcase, writing_keeps_the_rules);
	tcase_add_loop_test(tcase, cut_and_changed_files_are_errors_or_images_but_never_crashes, 0, 2);
	tcase_add_test(tcase, read_says_what_is_wrong);
	tcase_add_test(tcase, images_of_one_stream_have_one_size);
	tcase_add_test(tcase, wrong_names_and_numbers_are_refused);
	tcase_add_test(tcase, write_refuses_what_is_not_an_image);
	tcase_set_timeout(tcase, 100);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
