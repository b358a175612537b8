/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

/*
 * The graphs that make pictures, run by the command, against the documented formulas of the kernels, implemented here in the simplest way.
 * Every pixel must be equal.
 */
#define PHOTO "/usr/share/xplanet/images/earth.jpg"

struct plane {
	size_t width, height;
	uint8_t *pixels;
};

static struct plane plane_like(const struct plane *other)
{
	struct plane plane = *other;

	plane.pixels = malloc(plane.width * plane.height);
	ck_assert_ptr_nonnull(plane.pixels);
	return plane;
}

/* A pixel; beyond the border it equals the nearest inside. */
static int at(const struct plane *plane, long x, long y)
{
	x = x < 0 ? 0 : x >= (long)plane->width ? (long)plane->width - 1 : x;
	y = y < 0 ? 0 : y >= (long)plane->height ? (long)plane->height - 1 : y;
	return plane->pixels[(size_t)y * plane->width + (size_t)x];
}

static struct plane grey_photo(void)
{
	struct plane photo, plane;

	photo.pixels = demo_jpeg(PHOTO, &photo.width, &photo.height);
	plane = plane_like(&photo);
	for (size_t i = 0; i < plane.width * plane.height; i++)
		plane.pixels[i] = (uint8_t)floor((77 * photo.pixels[3 * i] + 150 * photo.pixels[3 * i + 1] +
						  29 * photo.pixels[3 * i + 2] + 128) /
						 256.0);
	free(photo.pixels);
	return plane;
}

static struct plane blurred(const struct plane *in)
{
	static const int weights[3] = { 1, 2, 1 };
	struct plane out = plane_like(in);

	for (long y = 0; y < (long)in->height; y++)
		for (long x = 0; x < (long)in->width; x++) {
			int sum = 8;

			for (int dy = -1; dy <= 1; dy++)
				for (int dx = -1; dx <= 1; dx++)
					sum += weights[dy + 1] * weights[dx + 1] * at(in, x + dx, y + dy);
			out.pixels[(size_t)y * in->width + (size_t)x] = (uint8_t)(sum / 16);
		}
	return out;
}

static struct plane edges(const struct plane *in)
{
	static const int gx[3][3] = { { -1, 0, 1 }, { -2, 0, 2 }, { -1, 0, 1 } };
	struct plane out = plane_like(in);

	for (long y = 0; y < (long)in->height; y++)
		for (long x = 0; x < (long)in->width; x++) {
			int across = 0, down = 0, size;

			for (int dy = -1; dy <= 1; dy++)
				for (int dx = -1; dx <= 1; dx++) {
					across += gx[dy + 1][dx + 1] * at(in, x + dx, y + dy);
					down += gx[dx + 1][dy + 1] * at(in, x + dx, y + dy);
				}
			size = abs(across) + abs(down);
			out.pixels[(size_t)y * in->width + (size_t)x] = (uint8_t)(size > 255 ? 255 : size);
		}
	return out;
}

static void must_be(const char *path, const struct plane *expected)
{
	struct plane made;

	made.pixels = demo_png(path, &made.width, &made.height);
	ck_assert_uint_eq(made.width, expected->width);
	ck_assert_uint_eq(made.height, expected->height);
	for (size_t i = 0; i < made.width * made.height; i++)
		if (made.pixels[i] != expected->pixels[i])
			ck_abort_msg("%s: pixel %zu of row %zu is %d, not %d", path, i % made.width,
				     i / made.width, made.pixels[i], expected->pixels[i]);
	free(made.pixels);
}

static const char *const workers[] = { "1", "2", "5" };

START_TEST(edges_of_the_photograph_are_those_of_the_formulas)
{
	struct plane grey = grey_photo(), blur = blurred(&grey), expected = edges(&blur);

	demo_enter();
	demo_run("edges.xml", "--workers", workers[_i], NULL);
	must_be("edges.png", &expected);
	demo_leave();
	free(grey.pixels);
	free(blur.pixels);
	free(expected.pixels);
}
END_TEST

START_TEST(the_output_of_edges_can_be_named)
{
	struct plane grey = grey_photo(), blur = blurred(&grey), expected = edges(&blur);

	demo_enter();
	demo_run("edges.xml", "--set", "output=other.png", "--set", "photo=" PHOTO, NULL);
	must_be("other.png", &expected);
	demo_leave();
	free(grey.pixels);
	free(blur.pixels);
	free(expected.pixels);
}
END_TEST

START_TEST(posterised_photograph_has_five_greys_in_the_right_places)
{
	struct plane expected = grey_photo();
	size_t count[256] = { 0 };

	/* lrint rounds halves to even, as core.convert does; 4 / 255 of a grey is never near enough to a half to matter. */
	for (size_t i = 0; i < expected.width * expected.height; i++) {
		long level = lrint(expected.pixels[i] * 4 / 255.0);

		expected.pixels[i] = (uint8_t)lrint((double)level * 63.75);
		count[expected.pixels[i]]++;
	}
	ck_assert_uint_eq(count[0] + count[64] + count[128] + count[191] + count[255],
			  expected.width * expected.height);
	demo_enter();
	demo_run("posterise.xml", "--workers", workers[_i], NULL);
	must_be("posterise.png", &expected);
	demo_leave();
	free(expected.pixels);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("demo pictures");
	TCase *tcase = tcase_create("pictures");
	SRunner *runner = srunner_create(suite);
	int failed;

	demo_needs(PHOTO, "xplanet-images");
	tcase_set_timeout(tcase, 100);
	tcase_add_loop_test(tcase, edges_of_the_photograph_are_those_of_the_formulas, 0, 3);
	tcase_add_test(tcase, the_output_of_edges_can_be_named);
	tcase_add_loop_test(tcase, posterised_photograph_has_five_greys_in_the_right_places, 0, 3);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
