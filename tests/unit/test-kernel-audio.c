/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "audio-case.h"

static char text[500];

/* A WAV file written down byte by byte: 16 bits, `channels`, `rate` frames a second. */
static void write_wav(const char *path, unsigned channels, unsigned rate, const int16_t *samples, size_t n)
{
	static unsigned char file[10000];
	uint32_t bytes = (uint32_t)(n * 2), numbers[] = { bytes + 36, 16, rate, rate * channels * 2, bytes };
	uint16_t format[] = { 1, (uint16_t)channels, (uint16_t)(channels * 2), 16 };

	memcpy(file, "RIFF", 4);
	memcpy(file + 4, &numbers[0], 4);
	memcpy(file + 8, "WAVEfmt ", 8);
	memcpy(file + 16, &numbers[1], 4);
	memcpy(file + 20, &format[0], 4);
	memcpy(file + 24, &numbers[2], 8);
	memcpy(file + 32, &format[2], 4);
	memcpy(file + 36, "data", 4);
	memcpy(file + 40, &numbers[4], 4);
	memcpy(file + 44, samples, bytes);
	write_scratch(path, file, bytes + 44);
}

static const int16_t samples[] = { 0, 16384, -32768, 32767, 1, -1, 256, -256 };
static const float scaled[] = {
	0, 0.5f, -1, 32767.0f / 32768, 1.0f / 32768, -1.0f / 32768, 256.0f / 32768, -256.0f / 32768
};

START_TEST(integer_samples_are_scaled_to_one)
{
	const char *path = scratch_path("a.wav");
	struct pel_harness_result *result;

	write_wav(path, 1, 48000, samples, 8);
	expect_kernel(reading(path, "0"), "f32", scaled, 8);
	expect_kernel(reading(path, "48000"), "f32", scaled, 8);
	write_wav(path, 2, 8000, samples, 8);
	expect_kernel(reading(path, "0"), "f32[2]", scaled, 4);
	result = run_kernel(reading(path, "0"));
	ck_assert_uint_eq(result->expected_firings, 4);
	pel_harness_result_destroy(result);
	write_wav(path, 1, 8000, samples, 0);
	expect_kernel(reading(path, "0"), "f32", scaled, 0);
}
END_TEST

START_TEST(float_sound_comes_back_bit_by_bit)
{
	static const char *const names[] = { "a.wav", "a.aiff", "a.aif", "a.au", "a.caf", "a.w64" };
	static float sound[3000];
	uint64_t random = 1;

	random_floats(&random, sound, 3000);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *path = scratch_path(names[i]);
		struct pel_harness_result *result =
			run_kernel(writing(path, "44100", "float", "f32[3]", sound, 1000));

		ck_assert_uint_eq(result->n_results, 1);
		ck_assert_str_eq(result->results[0]->name, "frames");
		ck_assert_uint_eq(result->results[0]->u64, 1000);
		pel_harness_result_destroy(result);
		expect_kernel(reading(path, "44100"), "f32[3]", sound, 1000);
	}
	check_kernel(writing(scratch_path("a.wav"), "44100", "float", "f32", sound, 3000), 3);
}
END_TEST

START_TEST(integer_encodings_come_back_nearly)
{
	static const struct {
		const char *name, *encoding;
		float error;
	} cases[] = { { "a.wav", "pcm16", 4e-5f }, { "a.WAV", "", 4e-5f },	 { "a.flac", "pcm16", 4e-5f },
		      { "a.flac", "", 4e-5f },	   { "a.flac", "pcm24", 2e-7f }, { "a.wav", "pcm24", 2e-7f } };
	static float sound[2000];
	uint64_t random = 2;

	random_floats(&random, sound, 2000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *path = scratch_path(cases[i].name);
		struct pel_harness_result *result =
			run_kernel(writing(path, "16000", cases[i].encoding, "f32[2]", sound, 1000));
		const float *got;

		pel_harness_result_destroy(result);
		result = run_kernel(reading(path, "16000"));
		ck_assert_uint_eq(result->out[0]->tokens, 1000);
		got = result->out[0]->data;
		for (size_t k = 0; k < 2000; k++)
			ck_assert_float_le(fabsf(got[k] - sound[k]), cases[i].error);
		pel_harness_result_destroy(result);
	}
}
END_TEST

START_TEST(samples_between_two_integers_are_rounded_as_documented)
{
	static const float between[] = { 0.4f / 32768, 0.6f / 32768, 1.5f / 32768, 2.5f / 32768, -0.4f / 32768 };
	static const float upper_bits[] = { 0, 0, 1.0f / 32768, 2.0f / 32768, -1.0f / 32768 };
	static const float nearest[] = { 0, 1.0f / 32768, 2.0f / 32768, 2.0f / 32768, 0 };
	const char *wav = scratch_path("a.wav"), *flac = scratch_path("a.flac");

	pel_harness_result_destroy(run_kernel(writing(wav, "8000", "pcm16", "f32", between, 5)));
	expect_kernel(reading(wav, "0"), "f32", upper_bits, 5);
	pel_harness_result_destroy(run_kernel(writing(flac, "8000", "pcm16", "f32", between, 5)));
	expect_kernel(reading(flac, "0"), "f32", nearest, 5);
}
END_TEST

START_TEST(loud_samples_are_clipped)
{
	static const float loud[] = { 2, -2, 1e9f, -1e9f };
	const char *path = scratch_path("a.wav");
	struct pel_harness_result *result = run_kernel(writing(path, "8000", "pcm16", "f32", loud, 4));
	const float *got;

	pel_harness_result_destroy(result);
	result = run_kernel(reading(path, "0"));
	got = result->out[0]->data;
	for (size_t i = 0; i < 4; i++)
		ck_assert_float_gt(fabsf(got[i]), 0.99f);
	ck_assert_float_gt(got[0], 0);
	ck_assert_float_lt(got[1], 0);
	ck_assert_float_gt(got[2], 0);
	ck_assert_float_lt(got[3], 0);
	pel_harness_result_destroy(result);
}
END_TEST

START_TEST(samples_that_are_no_numbers_are_silence)
{
	static const char *const files[][2] = {
		{ "a.wav", "pcm16" }, { "a.wav", "pcm24" }, { "a.flac", "pcm16" }, { "a.aiff", "pcm16" }
	};
	static const float strange[] = { NAN, -NAN, INFINITY, -INFINITY, 0.5f };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *path = scratch_path(files[i][0]);
		struct pel_harness_result *result =
			run_kernel(writing(path, "8000", files[i][1], "f32", strange, 5));
		const float *got;

		pel_harness_result_destroy(result);
		result = run_kernel(reading(path, "0"));
		got = result->out[0]->data;
		ck_assert_uint_eq(result->out[0]->tokens, 5);
		ck_assert_float_eq(got[0], 0);
		ck_assert_float_eq(got[1], 0);
		ck_assert_float_gt(got[2], 0.99f);
		ck_assert_float_le(got[3], -0.99f);
		ck_assert_float_eq(got[4], 0.5f);
		pel_harness_result_destroy(result);
	}
}
END_TEST

START_TEST(ogg_holds_the_shape_beside_samples_that_are_no_numbers)
{
	static float sound[8000];
	const char *path = scratch_path("a.ogg");
	struct pel_harness_result *result;
	const float *got;

	for (size_t i = 0; i < 8000; i++)
		sound[i] = i % 400 == 0 ? NAN : 0.25f * sinf((float)i * 0.1f);
	pel_harness_result_destroy(run_kernel(writing(path, "8000", "vorbis", "f32", sound, 8000)));
	result = run_kernel(reading(path, "0"));
	got = result->out[0]->data;
	ck_assert_uint_eq(result->out[0]->tokens, 8000);
	for (size_t i = 0; i < 8000; i++) {
		ck_assert(isfinite(got[i]));
		if (i % 400 > 100 && i % 400 < 300)
			ck_assert_float_lt(fabsf(got[i] - sound[i]), 0.1f);
	}
	pel_harness_result_destroy(result);
}
END_TEST

START_TEST(ogg_holds_the_length_and_the_shape)
{
	static float sound[8000];
	const char *path = scratch_path("a.ogg");
	struct pel_harness_result *result;
	const float *got;
	double off = 0;

	for (size_t i = 0; i < 8000; i++)
		sound[i] = 0.5f * sinf((float)i * 0.05f);
	pel_harness_result_destroy(run_kernel(writing(path, "16000", "", "f32", sound, 8000)));
	result = run_kernel(reading(path, "16000"));
	ck_assert_uint_eq(result->out[0]->tokens, 8000);
	got = result->out[0]->data;
	for (size_t i = 0; i < 8000; i++)
		off += fabs((double)got[i] - sound[i]) / 8000;
	ck_assert_double_lt(off, 0.05);
	pel_harness_result_destroy(result);
}
END_TEST

START_TEST(read_says_what_is_wrong)
{
	const char *path = scratch_path("a.wav"), *pipe_path = scratch_path("pipe");

	expect_error(reading("/no/such/a.wav", "0"), -ENOENT,
		     "actor 'test' (audio.read): cannot open '/no/such/a.wav' to read: No such file or directory",
		     NULL);
	write_scratch(path, "this is no sound", 16);
	snprintf(text, sizeof(text),
		 "actor 'test' (audio.read): cannot read sound from '%s': Format not recognised.", path);
	expect_error(reading(path, "0"), -EINVAL, text, NULL);
	ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
	snprintf(text, sizeof(text), "actor 'test' (audio.read): '%s' is not a regular file", pipe_path);
	expect_error(reading(pipe_path, "0"), -EINVAL, text, NULL);
	write_wav(path, 1, 44100, samples, 8);
	snprintf(text, sizeof(text),
		 "actor 'test' (audio.read): '%s' has 44100 frames a second, but parameter 'rate' is 48000",
		 path);
	expect_error(reading(path, "48000"), -EINVAL, text, NULL);
}
END_TEST

START_TEST(cut_and_changed_files_never_crash)
{
	static unsigned char file[20000], changed[20000];
	static const char *const names[] = { "a.wav", "a.flac", "a.ogg", "a.aiff", "a.au" };
	const char *path = scratch_path(names[_i]);
	static float sound[500];
	uint64_t random = 5;
	size_t size;

	random_floats(&random, sound, 500);
	pel_harness_result_destroy(run_kernel(writing(path, "8000", "", "f32", sound, 500)));
	size = read_scratch(path, file, sizeof(file));
	for (unsigned i = 0; i < 300; i++) {
		struct pel_harness_result *result = NULL;
		struct pel_error err = { 0 };
		size_t length = i % 2 ? size : random_bits(&random) % size;

		memcpy(changed, file, size);
		for (unsigned k = 0; k < i % 4; k++)
			changed[random_bits(&random) % (k ? size : 60)] = (unsigned char)random_bits(&random);
		write_scratch(path, changed, length);
		ck_assert_uint_eq(pel_harness_run(reading(path, "0"), &result, &err) < 0, err.count);
		pel_harness_result_destroy(result);
		pel_error_fini(&err);
	}
}
END_TEST

START_TEST(file_of_floats_does_not_hold_the_time_at_which_it_was_written)
{
	static const char *const names[] = { "a.wav", "a.aiff", "a.caf", "a.w64" };
	static unsigned char file[100000];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = scratch_path(names[i]);
		float sound[100] = { 0.5f, -0.25f };
		size_t n;

		pel_harness_result_destroy(run_kernel(writing(path, "8000", "float", "f32", sound, 100)));
		n = read_scratch(path, file, sizeof(file));
		ck_assert_uint_gt(n, sizeof(sound));
		/* libsndfile puts it into a chunk about the loudest sample. */
		ck_assert_msg(!memmem(file, n, "PEAK", 4) && !memmem(file, n, "peak", 4), "%s", names[i]);
	}
}
END_TEST

/* What each container may have at most. */
static const struct {
	const char *name, *rate, *type;
} writable[] = {
	{ "a.wav", "10000000", "f32[1024]" },  { "a.flac", "655350", "f32[8]" },
	{ "a.flac", "65535", "f32[8]" },       { "a.ogg", "200000", "f32[255]" },
	{ "a.aiff", "10000000", "f32[1024]" }, { "a.aif", "10000000", "f32[1024]" },
	{ "a.au", "10000000", "f32[1024]" },   { "a.caf", "10000000", "f32[1024]" },
	{ "a.w64", "10000000", "f32[1024]" },
};
#define WRITABLE ((int)(sizeof(writable) / sizeof(*writable)))

static void expect_frames(const char *path, const char *rate, const char *type, size_t frames)
{
	static const float silence[1024];
	struct pel_harness_result *result;

	pel_harness_result_destroy(run_kernel(writing(path, rate, "", type, silence, frames)));
	result = run_kernel(reading(path, rate));
	ck_assert_uint_eq(result->out[0]->tokens, frames);
	ck_assert_uint_eq(result->n_warnings, 0);
	pel_harness_result_destroy(result);
}

START_TEST(every_container_takes_what_its_limits_allow)
{
	const char *path = scratch_path(writable[_i].name);

	expect_frames(path, writable[_i].rate, writable[_i].type, 1);
	expect_frames(path, "1", "f32", 1);
}
END_TEST

START_TEST(sound_without_frames_is_a_file_without_frames)
{
	expect_frames(scratch_path(writable[_i].name), "8000", "f32", 0);
	expect_frames(scratch_path(writable[_i].name), "8000", "f32[2]", 0);
}
END_TEST

START_TEST(write_says_what_is_wrong)
{
	static const float x[2048];

	expect_error(writing("a.mp4", "8000", "", "f32", x, 1), -EINVAL,
		     "test of audio.write: parameter 'file' is outside its limits", NULL);
	expect_error(writing("wav", "8000", "", "f32", x, 1), -EINVAL,
		     "test of audio.write: parameter 'file' is outside its limits", NULL);
	expect_error(writing("a.wav", "0", "", "f32", x, 1), -EINVAL,
		     "test of audio.write: parameter 'rate' is outside its limits", NULL);
	expect_error(writing("a.wav", "8000", "pcm17", "f32", x, 1), -EINVAL,
		     "test of audio.write: parameter 'encoding' is outside its limits", NULL);
	expect_error(writing("a.flac", "8000", "float", "f32", x, 1), -EINVAL,
		     "actor 'test' (audio.write): a FLAC file cannot have the encoding 'float'",
		     "possible are pcm16, pcm24");
	expect_error(writing("a.wav", "8000", "vorbis", "f32", x, 1), -EINVAL,
		     "actor 'test' (audio.write): a WAV file cannot have the encoding 'vorbis'",
		     "possible are pcm16, pcm24, float");
	expect_error(
		writing("a.FLAC", "655360", "", "f32", x, 1), -EINVAL,
		"actor 'test' (audio.write): a FLAC file cannot have 655360 frames a second: 1 to 655350 are possible",
		NULL);
	expect_error(
		writing("a.flac", "65537", "", "f32", x, 1), -EINVAL,
		"actor 'test' (audio.write): a FLAC file cannot have 65537 frames a second: 1 to 65535 are possible, and above that multiples of 10 up to 655350",
		NULL);
	expect_error(
		writing("a.ogg", "200001", "", "f32", x, 1), -EINVAL,
		"actor 'test' (audio.write): an Ogg file cannot have 200001 frames a second: 1 to 200000 are possible",
		NULL);
	expect_error(writing("a.flac", "8000", "", "f32[9]", x, 1), -EINVAL,
		     "actor 'test' (audio.write): a FLAC file cannot have 9 channels: the maximum is 8", NULL);
	expect_error(writing("a.ogg", "8000", "", "f32[256]", x, 1), -EINVAL,
		     "actor 'test' (audio.write): an Ogg file cannot have 256 channels: the maximum is 255",
		     NULL);
	expect_error(writing("/no/such/a.wav", "8000", "", "f32", x, 1), -ENOENT,
		     "kernel audio.write: cannot open '/no/such/a.wav' to write: No such file or directory",
		     NULL);
	expect_error(
		writing("a.wav", "8000", "", "f64", x, 1), -EINVAL,
		"actor 'test' (audio.write): port 'in' has type f64; sound is f32 (one channel) or f32[channels], up to 1024",
		"core.convert changes the element type");
	expect_error(
		writing("a.wav", "8000", "", "f32[1025]", x, 1), -EINVAL,
		"actor 'test' (audio.write): port 'in' has type f32[1025]; sound is f32 (one channel) or f32[channels], up to 1024",
		NULL);
	expect_error(
		writing("a.wav", "8000", "", "f32[2,2]", x, 1), -EINVAL,
		"actor 'test' (audio.write): port 'in' has type f32[2,2]; sound is f32 (one channel) or f32[channels], up to 1024",
		NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel-audio");
	TCase *tcase = tcase_create("kernel-audio");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, integer_samples_are_scaled_to_one);
	tcase_add_test(tcase, float_sound_comes_back_bit_by_bit);
	tcase_add_test(tcase, integer_encodings_come_back_nearly);
	tcase_add_test(tcase, samples_between_two_integers_are_rounded_as_documented);
	tcase_add_test(tcase, loud_samples_are_clipped);
	tcase_add_test(tcase, samples_that_are_no_numbers_are_silence);
	tcase_add_test(tcase, ogg_holds_the_shape_beside_samples_that_are_no_numbers);
	tcase_add_test(tcase, ogg_holds_the_length_and_the_shape);
	tcase_add_test(tcase, read_says_what_is_wrong);
	tcase_add_loop_test(tcase, every_container_takes_what_its_limits_allow, 0, WRITABLE);
	tcase_add_loop_test(tcase, sound_without_frames_is_a_file_without_frames, 0, WRITABLE);
	tcase_add_loop_test(tcase, cut_and_changed_files_never_crash, 0, 5);
	tcase_add_test(tcase, file_of_floats_does_not_hold_the_time_at_which_it_was_written);
	tcase_add_test(tcase, write_says_what_is_wrong);
	tcase_set_timeout(tcase, 100);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
