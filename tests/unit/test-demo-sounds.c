/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

/*
 * The graphs that make sounds, run by the command, against the documented formulas of the kernels, implemented here in the simplest way.
 * Every sample must be equal.
 */
#define RECORDING "/usr/share/sounds/alsa/Front_Center.wav"

static const char *const workers[] = { "1", "2", "5" };

struct sound {
	size_t samples;
	float *data;
};

static struct sound sound_of(size_t samples)
{
	struct sound sound = { samples, calloc(samples + 1, sizeof(float)) };

	ck_assert_ptr_nonnull(sound.data);
	return sound;
}

static float sample(const struct sound *sound, long at)
{
	return at < 0 || at >= (long)sound->samples ? 0.0f : sound->data[at];
}

static struct sound recording(void)
{
	size_t samples;
	int rate;
	int16_t *data = demo_wav(RECORDING, &samples, &rate);
	struct sound sound = sound_of(samples);

	ck_assert_int_eq(rate, 48000);
	for (size_t i = 0; i < samples; i++)
		sound.data[i] = (float)(data[i] / 32768.0);
	free(data);
	return sound;
}

/* The file has 16 bits: libsndfile rounds to 32, clips, and keeps the upper half of them. */
static void must_be(const char *path, const struct sound *expected, int expected_rate)
{
	size_t samples;
	int rate;
	int16_t *data = demo_wav(path, &samples, &rate);

	ck_assert_int_eq(rate, expected_rate);
	ck_assert_uint_eq(samples, expected->samples);
	for (size_t i = 0; i < samples; i++) {
		double whole = floor(rint((double)expected->data[i] * 0x1p31) / 0x1p16);
		int value = (int)(whole > 32767 ? 32767 : whole < -32768 ? -32768 : whole);

		if (data[i] != value)
			ck_abort_msg("%s: sample %zu is %d, not %d", path, i, data[i], value);
	}
	free(data);
}

/* Kaiser's window, as the heads of graphs/lowpass.txt and graphs/resample.txt say. */
static double bessel_i0(double x)
{
	double sum = 1, term = 1;

	for (int k = 1; k < 60; k++) {
		term *= x / 2 / k * (x / 2 / k);
		sum += term;
	}
	return sum;
}

static float *low_pass(size_t n, double rate, double cut, double gain)
{
	double middle = ((double)n - 1) / 2, total = 0;
	double *raw = calloc(n, sizeof(*raw));
	float *taps = calloc(n, sizeof(*taps));

	ck_assert(raw && taps);
	for (size_t k = 0; k < n; k++) {
		double t = (double)k - middle, part = t / middle;
		double sinc = t == 0 ? 2 * cut / rate : sin(2 * M_PI * cut / rate * t) / (M_PI * t);

		raw[k] = sinc * bessel_i0(5.653 * sqrt(1 - part * part)) / bessel_i0(5.653);
		total += raw[k];
	}
	for (size_t k = 0; k < n; k++)
		taps[k] = (float)(gain * raw[k] / total);
	free(raw);
	return taps;
}

/* Numbers, and comments from # to the end of a line. */
static float *taps_in(const char *name, size_t *n)
{
	char path[4096], word[64];
	float *taps = calloc(1000, sizeof(*taps));
	FILE *file;

	ck_assert_ptr_nonnull(taps);
	snprintf(path, sizeof(path), "%s/graphs/%s", getenv("SOURCE_DIR"), name);
	file = fopen(path, "r");
	ck_assert_msg(file, "cannot open %s", path);
	for (*n = 0; fscanf(file, "%63s", word) == 1;) {
		char *end;

		if (word[0] == '#') {
			for (int c = 0; c != '\n' && c != EOF;)
				c = fgetc(file);
			continue;
		}
		ck_assert_uint_lt(*n, 1000);
		taps[(*n)++] = strtof(word, &end);
		ck_assert_msg(*end == '\0', "%s: '%s' is not a number", name, word);
	}
	fclose(file);
	return taps;
}

static const struct taps_file {
	const char *name;
	size_t n;
	double rate, cut, gain, pass, stop;
} taps_files[] = {
	{ "lowpass.txt", 45, 48000, 5700, 1, 3400, 8000 },
	{ "resample.txt", 161, 24000, 3700, 2, 3400, 4000 },
};

/* In decibels, relative to `gain`. */
static double level(const float *taps, const struct taps_file *file, double frequency)
{
	double re = 0, im = 0;

	for (size_t k = 0; k < file->n; k++) {
		re += taps[k] * cos(2 * M_PI * frequency / file->rate * (double)k);
		im += taps[k] * sin(2 * M_PI * frequency / file->rate * (double)k);
	}
	return 20 * log10(hypot(re, im) / file->gain + 1e-12);
}

START_TEST(taps_are_those_that_the_file_says)
{
	const struct taps_file *file = &taps_files[_i];
	size_t n;
	float *taps = taps_in(file->name, &n), *expected = low_pass(file->n, file->rate, file->cut, file->gain);

	ck_assert_uint_eq(n, file->n);
	for (size_t k = 0; k < n; k++)
		ck_assert_msg(fabsf(taps[k] - expected[k]) < 1e-8f, "%s: tap %zu is %.9g, not %.9g",
			      file->name, k, (double)taps[k], (double)expected[k]);
	for (double f = 0; f <= file->pass; f += 25)
		ck_assert_double_lt(fabs(level(taps, file, f)), 0.02);
	for (double f = file->stop; f <= file->rate / 2; f += 25)
		ck_assert_double_lt(level(taps, file, f), -60);
	free(taps);
	free(expected);
}
END_TEST

START_TEST(speech_is_that_of_the_formulas)
{
	struct sound in = recording(), slow, out;
	size_t n_fir, n_resample;
	float *fir = taps_in("lowpass.txt", &n_fir), *resample = taps_in("resample.txt", &n_resample);

	slow = sound_of(in.samples / 4);
	for (size_t m = 0; m < slow.samples; m++)
		for (size_t k = 0; k < n_fir; k++)
			slow.data[m] += fir[k] * sample(&in, 4 * (long)m - (long)k);
	/* The last window of 3 is completed with zeros. */
	out = sound_of((slow.samples + 2) / 3 * 2);
	for (size_t m = 0; m < out.samples; m++)
		for (size_t k = 0; k < n_resample; k++)
			if ((3 * (long)m - (long)k) % 2 == 0)
				out.data[m] += resample[k] * sample(&slow, (3 * (long)m - (long)k) / 2);
	demo_enter();
	demo_run("speech.xml", "--workers", workers[_i], NULL);
	must_be("speech.wav", &out, 8000);
	demo_leave();
	free(in.data);
	free(slow.data);
	free(out.data);
	free(fir);
	free(resample);
}
END_TEST

static const struct echo {
	const char *set_delay, *set_fade;
	size_t delay;
	float fade;
} echoes[] = {
	{ "delay=12000", "fade=0.5", 12000, 0.5f },
	{ "delay=1", "fade=0.25", 1, 0.25f },
	{ "delay=5003", "fade=0.75", 5003, 0.75f },
};

START_TEST(echo_is_that_of_the_recurrence)
{
	const struct echo *echo = &echoes[_i];
	struct sound in = recording(), out = sound_of(in.samples);

	for (size_t i = 0; i < in.samples; i++) {
		float before = i < echo->delay ? 0.0f : echo->fade * out.data[i - echo->delay];

		out.data[i] = (1.0f - echo->fade) * in.data[i] + before;
	}
	demo_enter();
	demo_run("echo.xml", "--set", echo->set_delay, "--set", echo->set_fade, NULL);
	must_be("echo.wav", &out, 48000);
	demo_leave();
	free(in.data);
	free(out.data);
}
END_TEST

static struct sound every_second(const struct sound *in, const float *taps, size_t n)
{
	struct sound out = sound_of(in->samples / 2);

	for (size_t m = 0; m < out.samples; m++)
		for (size_t k = 0; k < n; k++)
			out.data[m] += taps[k] * sample(in, 2 * (long)m - (long)k);
	return out;
}

START_TEST(octaves_are_those_of_the_wavelet)
{
	static const float smooth[] = { -0.125f, 0.25f, 0.75f, 0.25f, -0.125f }, detail[] = { -0.5f, 1, -0.5f };
	struct sound low = recording(), high, lower;
	char name[32];

	demo_enter();
	demo_run("octaves.xml", "--workers", workers[_i], NULL);
	for (int octave = 1; octave <= 3; octave++) {
		high = every_second(&low, detail, 3);
		lower = every_second(&low, smooth, 5);
		snprintf(name, sizeof(name), "octave-%d.wav", octave);
		must_be(name, &high, 48000 >> octave);
		free(high.data);
		free(low.data);
		low = lower;
	}
	must_be("rest.wav", &low, 6000);
	demo_leave();
	free(low.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("demo sounds");
	TCase *tcase = tcase_create("sounds");
	SRunner *runner = srunner_create(suite);
	int failed;

	demo_needs(RECORDING, "alsa-utils");
	tcase_set_timeout(tcase, 100);
	tcase_add_loop_test(tcase, taps_are_those_that_the_file_says, 0, 2);
	tcase_add_loop_test(tcase, speech_is_that_of_the_formulas, 0, 3);
	tcase_add_loop_test(tcase, echo_is_that_of_the_recurrence, 0, 3);
	tcase_add_loop_test(tcase, octaves_are_those_of_the_wavelet, 0, 3);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
