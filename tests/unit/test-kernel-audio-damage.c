/* SPDX-License-Identifier: Apache-2.0 */
/* Files of sound that are not what they say, cut off or damaged. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-case.h"
#include "audio-case.h"

static char text[500];

/* A header, numbers that begin with the lowest byte unless `big`. */
struct maker {
	unsigned char bytes[80000];
	size_t n;
	bool big;
};

static void put(struct maker *m, const void *bytes, size_t n)
{
	memcpy(m->bytes + m->n, bytes, n);
	m->n += n;
}

static void put_number(struct maker *m, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		m->bytes[m->n++] = (unsigned char)(value >> 8 * (m->big ? bytes - 1 - i : i));
}

/* What `sized` writes: containers with the size of their sound before it. One channel, 16 bits, 100 frames. */
enum container { WAV, RIFX, RF64, AIFF, AU, CAF, W64, CONTAINERS };
static const char *const container_names[] = { "a.wav", "b.wav", "c.wav", "a.aiff", "a.au", "a.caf", "a.w64" };
#define SOUND_BYTES 200u

static void put_fmt(struct maker *m)
{
	put_number(m, 1, 2);
	put_number(m, 1, 2);
	put_number(m, 8000, 4);
	put_number(m, 16000, 4);
	put_number(m, 2, 2);
	put_number(m, 16, 2);
}

static void put_riff(struct maker *m, const char *magic, uint64_t said, bool ds64)
{
	put(m, magic, 4);
	put_number(m, ds64 ? UINT32_MAX : 36 + SOUND_BYTES, 4);
	put(m, "WAVE", 4);
	if (ds64) {
		put(m, "ds64", 4);
		put_number(m, 28, 4);
		put_number(m, 72 + SOUND_BYTES, 8);
		put_number(m, said, 8);
		put_number(m, 0, 8);
		put_number(m, 0, 4);
	}
	put(m, "fmt ", 4);
	put_number(m, 16, 4);
	put_fmt(m);
	put(m, "data", 4);
	put_number(m, ds64 ? UINT32_MAX : said, 4);
}

static void put_aiff(struct maker *m, uint64_t said)
{
	static const unsigned char rate[10] = { 0x40, 0x0b, 0xfa };

	put(m, "FORM", 4);
	put_number(m, 46 + SOUND_BYTES, 4);
	put(m, "AIFFCOMM", 8);
	put_number(m, 18, 4);
	put_number(m, 1, 2);
	put_number(m, said == UINT64_MAX ? 0 : said / 2, 4);
	put_number(m, 16, 2);
	put(m, rate, 10);
	put(m, "SSND", 4);
	put_number(m, said == UINT64_MAX ? said : said ? said + 8 : 0, 4);
	put_number(m, 0, 8);
}

static void put_caf(struct maker *m, uint64_t said)
{
	static const unsigned char rate[8] = { 0x40, 0xbf, 0x40 };

	put(m, "caff", 4);
	put_number(m, 0x10000, 4);
	put(m, "desc", 4);
	put_number(m, 32, 8);
	put(m, rate, 8);
	put(m, "lpcm", 4);
	put_number(m, 0, 4); /* the highest byte first */
	put_number(m, 2, 4);
	put_number(m, 1, 4);
	put_number(m, 1, 4);
	put_number(m, 16, 4);
	put(m, "data", 4);
	put_number(m, said == UINT64_MAX ? said : said ? said + 4 : 0, 8);
	put_number(m, 0, 4);
}

static void put_w64(struct maker *m, uint64_t said)
{
	static const unsigned char riff[] = "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1", wave[] = "wave",
				   fmt[] = "fmt ", data[] = "data",
				   rest[] = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";

	put(m, riff, 14);
	put_number(m, 0, 2);
	put_number(m, 104 + SOUND_BYTES, 8);
	put(m, wave, 4);
	put(m, rest, 12);
	put(m, fmt, 4);
	put(m, rest, 12);
	put_number(m, 40, 8);
	put_fmt(m);
	put(m, data, 4);
	put(m, rest, 12);
	put_number(m, said == UINT64_MAX ? said : said ? said + 24 : 0, 8);
}

/* A file of `container` whose header says `said` bytes of sound, with `n` bytes of sound, each of its frames 1/128 more than the one before. */
static const char *sized(struct maker *m, enum container container, uint64_t said, size_t n)
{
	const char *path = scratch_path(container_names[container]);

	*m = (struct maker){ .big = container == RIFX || container == AIFF || container == AU ||
				    container == CAF };
	switch (container) {
	case WAV:
		put_riff(m, "RIFF", said, false);
		break;
	case RIFX:
		put_riff(m, "RIFX", said, false);
		break;
	case RF64:
		put_riff(m, "RF64", said, true);
		break;
	case AIFF:
		put_aiff(m, said);
		break;
	case AU:
		put(m, ".snd", 4);
		put_number(m, 24, 4);
		put_number(m, said, 4);
		put_number(m, 3, 4);
		put_number(m, 8000, 4);
		put_number(m, 1, 4);
		break;
	case CAF:
		put_caf(m, said);
		break;
	default:
		put_w64(m, said);
	}
	for (size_t i = 0; i < n; i++) {
		size_t sample = i / 2 % 100 * 256;

		m->bytes[m->n++] = (unsigned char)(i % 2 == m->big ? sample : sample >> 8);
	}
	write_scratch(path, m->bytes, m->n);
	return path;
}

static float ramp[30000];

/* `frames` of the ramp come, and what was said of it; NULL: nothing. */
static void expect_sound(const char *path, size_t frames, const char *warning)
{
	struct pel_harness_result *result;

	for (size_t i = 0; i < 100; i++)
		ramp[i] = (float)i / 128;
	expect_kernel(reading(path, "0"), "f32", ramp, frames);
	result = run_kernel(reading(path, "0"));
	ck_assert_uint_eq(result->n_warnings, warning ? 1 : 0);
	if (warning)
		ck_assert_str_eq(result->warnings[0], warning);
	pel_harness_result_destroy(result);
}

START_TEST(sound_of_unknown_length_is_read_to_its_end)
{
	static struct maker m;
	const char *path = sized(&m, (enum container)_i, UINT64_MAX, SOUND_BYTES);

	expect_sound(path, 100, NULL);
	path = sized(&m, (enum container)_i, SOUND_BYTES, SOUND_BYTES);
	expect_sound(path, 100, NULL);
}
END_TEST

START_TEST(header_of_a_killed_recorder_is_not_believed)
{
	static struct maker m;
	const char *path = sized(&m, (enum container)_i, 0, SOUND_BYTES);

	snprintf(text, sizeof(text), "the header of '%s' says 0 frames of sound, and 100 are there", path);
	expect_sound(path, 100, text);
}
END_TEST

START_TEST(file_that_was_cut_off_is_read_and_said)
{
	static struct maker m;
	const char *path = sized(&m, (enum container)_i, SOUND_BYTES, 120);

	snprintf(text, sizeof(text), "'%s' is cut off: its header says 100 frames of sound, and 60 are there",
		 path);
	expect_sound(path, 60, text);
}
END_TEST

START_TEST(frame_that_was_cut_off_is_said)
{
	static struct maker m;
	const char *path = sized(&m, (enum container)_i, UINT64_MAX, 121);

	snprintf(text, sizeof(text), "'%s' ends in the middle of a frame: its last 1 byte was not read", path);
	expect_sound(path, 60, text);
}
END_TEST

START_TEST(bytes_behind_the_sound_are_said)
{
	static struct maker m;
	const char *path = sized(&m, (enum container)_i, SOUND_BYTES, SOUND_BYTES);

	memcpy(m.bytes + m.n, "what is this? ", 14);
	write_scratch(path, m.bytes, m.n + 14);
	snprintf(text, sizeof(text), "the last 14 bytes of '%s' are no part of its sound, and were not read",
		 path);
	expect_sound(path, 100, text);
}
END_TEST

START_TEST(chunks_behind_the_sound_are_as_they_should_be)
{
	static struct maker m;
	const char *path = sized(&m, WAV, SOUND_BYTES, SOUND_BYTES);

	put(&m, "LIST\x04\0\0\0INFO", 12);
	write_scratch(path, m.bytes, m.n);
	expect_sound(path, 100, NULL);
	path = sized(&m, WAV, 0, 0);
	put(&m, "LIST\x04\0\0\0INFO", 12); /* it is not taken for sound */
	write_scratch(path, m.bytes, m.n);
	expect_sound(path, 0, NULL);
}
END_TEST

START_TEST(samples_are_what_they_were_whatever_size_the_header_says)
{
	static const uint64_t sizes[] = { 0,
					  1,
					  2,
					  SOUND_BYTES - 9,
					  SOUND_BYTES - 8,
					  SOUND_BYTES - 2,
					  SOUND_BYTES - 1,
					  SOUND_BYTES,
					  SOUND_BYTES + 1,
					  SOUND_BYTES + 2,
					  2 * SOUND_BYTES,
					  INT32_MAX - 100,
					  INT32_MAX,
					  (uint64_t)INT32_MAX + 1,
					  (uint64_t)INT32_MAX + 3,
					  UINT32_MAX - 300,
					  UINT32_MAX - 24,
					  UINT32_MAX - 8,
					  UINT32_MAX - 7,
					  UINT32_MAX - 4,
					  UINT32_MAX - 2,
					  UINT32_MAX - 1,
					  INT64_MAX - 24,
					  INT64_MAX - 1,
					  INT64_MAX,
					  (uint64_t)INT64_MAX + 1,
					  UINT64_MAX - 30,
					  UINT64_MAX - 1 };
	static struct maker m;

	for (size_t i = 0; i < 100; i++)
		ramp[i] = (float)i / 128;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t said = sizes[i], size_bits = _i == RF64 || _i == CAF || _i == W64 ? 64 : 32;
		const char *path = sized(&m, (enum container)_i, said, SOUND_BYTES);
		struct pel_harness_result *result;

		if (said > UINT32_MAX && size_bits == 32)
			continue;
		/* Less than nothing is nothing known. */
		expect_kernel(reading(path, "0"), "f32", ramp,
			      said && said < SOUND_BYTES ? said / 2 : SOUND_BYTES / 2);
		result = run_kernel(reading(path, "0"));
		/* The chunks of W64 are filled up to 8 bytes. */
		ck_assert_uint_eq(result->n_warnings > 0,
				  said != SOUND_BYTES && (_i != W64 || said != SOUND_BYTES - 2));
		pel_harness_result_destroy(result);
	}
}
END_TEST

START_TEST(rf64_without_the_chunk_of_its_sizes_is_read_to_its_end)
{
	static struct maker m;
	const char *path = sized(&m, WAV, UINT64_MAX, SOUND_BYTES);

	memcpy(m.bytes, "RF64", 4);
	write_scratch(path, m.bytes, m.n);
	snprintf(text, sizeof(text),
		 "the header of '%s' has no size of the sound (chunk ds64): it was read up to the end of the file",
		 path);
	expect_sound(path, 100, text);
	path = sized(&m, RF64, SOUND_BYTES, SOUND_BYTES);
	memcpy(m.bytes + 12, "JUNK", 4);
	write_scratch(path, m.bytes, m.n);
	snprintf(text, sizeof(text),
		 "the header of '%s' has no size of the sound (chunk ds64): it was read up to the end of the file",
		 path);
	expect_sound(path, 100, text);
}
END_TEST

/* What audio.write makes of 20,000 frames of the ramp, and what it comes back as. */
static size_t encoded(const char *path, unsigned char *file, size_t size, struct pel_harness_result **ret)
{
	for (size_t i = 0; i < 20000; i++)
		ramp[i] = (float)(i % 128) / 128;
	pel_harness_result_destroy(run_kernel(writing(path, "8000", "", "f32", ramp, 20000)));
	*ret = run_kernel(reading(path, "0"));
	ck_assert_uint_eq((*ret)->out[0]->tokens, 20000);
	ck_assert_uint_eq((*ret)->n_warnings, 0);
	return read_scratch(path, file, size);
}

/* `bytes` come back as the first `frames` of `whole`, with this warning. */
static void expect_encoded(const char *path, const void *bytes, size_t n, const float *whole, size_t frames,
			   const char *warning)
{
	struct pel_harness_result *result;

	write_scratch(path, bytes, n);
	result = run_kernel(reading(path, "0"));
	ck_assert_uint_eq(result->out[0]->tokens, frames);
	ck_assert_mem_eq(result->out[0]->data, whole, frames * sizeof(float));
	ck_assert_uint_eq(result->n_warnings, warning ? 1 : 0);
	if (warning)
		ck_assert_str_eq(result->warnings[0], warning);
	pel_harness_result_destroy(result);
}

/* The number of frames in the header of a FLAC file. */
static void say_frames(unsigned char *file, uint32_t frames)
{
	file[21] &= 0xf0;
	for (int i = 0; i < 4; i++)
		file[22 + i] = (unsigned char)(frames >> (24 - 8 * i));
}

START_TEST(flac_is_read_to_its_end_whatever_its_header_says)
{
	static unsigned char file[100000];
	const char *path = scratch_path("a.flac");
	struct pel_harness_result *whole, *result = NULL;
	size_t n = encoded(path, file, sizeof(file), &whole);
	const float *sound = whole->out[0]->data;
	struct pel_error err = { 0 };

	say_frames(file, 0);
	expect_encoded(path, file, n, sound, 20000, NULL);
	snprintf(text, sizeof(text),
		 "'%s' does not end with a whole frame: it is cut off, or something else follows", path);
	expect_encoded(path, file, n - 1, sound, 16384, text);
	say_frames(file, 10000);
	snprintf(text, sizeof(text), "the header of '%s' says 10000 frames of sound, and 20000 are there",
		 path);
	expect_encoded(path, file, n, sound, 20000, text);
	say_frames(file, 20000);
	snprintf(text, sizeof(text),
		 "'%s' is cut off: its header says 20000 frames of sound, and 16384 are there", path);
	expect_encoded(path, file, n - 2, sound, 16384, text);
	file[n] = 'x';
	snprintf(text, sizeof(text),
		 "'%s' does not end with a whole frame: it is cut off, or something else follows", path);
	expect_encoded(path, file, n + 1, sound, 20000, text);
	file[n / 2] ^= 0x55;
	write_scratch(path, file, n);
	ck_assert_int_eq(pel_harness_run(reading(path, "0"), &result, &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.items[0].text, "' is damaged near frame "));
	pel_error_fini(&err);
	pel_harness_result_destroy(whole);
}
END_TEST

static void expect_damaged(const char *path, const void *bytes, size_t n, const char *words)
{
	struct pel_harness_result *result = NULL;
	struct pel_error err = { 0 };

	write_scratch(path, bytes, n);
	ck_assert_int_lt(pel_harness_run(reading(path, "0"), &result, &err), 0);
	snprintf(text, sizeof(text), "'%s' is damaged %s", path, words);
	ck_assert_msg(strstr(err.items[0].text, text) != NULL, "%s", err.items[0].text);
	pel_error_fini(&err);
}

/* 20,000 frames that do not compress well, as `path`. How many bytes of `file`. */
static size_t noise(const char *path, unsigned channels, unsigned char *file, size_t size)
{
	static float sound[40000];
	uint64_t random = 7;

	random_floats(&random, sound, 20000 * channels);
	for (size_t i = 0; i < 20000 * channels; i++)
		sound[i] *= i % 8192 < 4096 ? 0.5f : 0.001f;
	pel_harness_result_destroy(
		run_kernel(writing(path, "8000", "", channels == 1 ? "f32" : "f32[2]", sound, 20000)));
	return read_scratch(path, file, size);
}

START_TEST(flac_that_is_damaged_is_an_error_and_one_that_is_cut_off_a_warning)
{
	static unsigned char file[200000], changed[200000];
	const char *path = scratch_path("a.flac");
	size_t n = noise(path, (unsigned)_i, file, sizeof(file));

	for (size_t at = 300 /* behind the header */; at < n; at += n / 29) {
		struct pel_harness_result *result;

		write_scratch(path, file, at);
		result = run_kernel(reading(path, "0"));
		ck_assert_uint_eq(result->n_warnings, 1);
		ck_assert_ptr_nonnull(strstr(result->warnings[0], "' is cut off: its header says 20000 frames"));
		pel_harness_result_destroy(result);
		if (at > n - 15000) /* in the last part of it one may look like the other */
			continue;
		memcpy(changed, file, n);
		changed[at] ^= 0x10;
		expect_damaged(path, changed, n, "near frame ");
		memset(changed + at, 0, 50);
		expect_damaged(path, changed, n, "near frame ");
		memmove(changed + at, file + at + 100, n - at - 100);
		expect_damaged(path, changed, n - 100, "near frame ");
	}
	memcpy(changed, file, n);
	changed[n - 1] ^= 1;
	expect_damaged(path, changed, n, "near frame ");
	memset(changed + n - 3000, 0, 3000);
	memset(changed + n, 0, 30000);
	expect_damaged(path, changed, n + 30000, "near frame ");
}
END_TEST

START_TEST(ogg_that_is_damaged_is_an_error_up_to_its_last_page)
{
	static unsigned char file[200000], changed[200000];
	const char *path = scratch_path("a.ogg");
	size_t n = noise(path, 2, file, sizeof(file)), pages[100], n_pages = 0;
	char words[100];

	for (size_t i = 0; i + 27 < n; i++)
		if (memcmp(file + i, "OggS", 4) == 0)
			pages[n_pages++] = i;
	ck_assert_uint_ge(n_pages, 5);
	for (size_t i = 2; i < n_pages; i++) {
		snprintf(words, sizeof(words), "at byte %zu", pages[i]);
		memcpy(changed, file, n);
		changed[pages[i] + 100] ^= 1;
		expect_damaged(path, changed, n, words);
		if (i + 1 == n_pages)
			continue;
		memmove(changed + pages[i] + 100, file + pages[i] + 200, n - pages[i] - 200);
		expect_damaged(path, changed, n - 100, words);
		if (i < 3)
			continue;
		/* A page is not there. */
		memmove(changed + pages[i], file + pages[i + 1], n - pages[i + 1]);
		expect_damaged(path, changed, n - (pages[i + 1] - pages[i]), words);
	}
	/* The last page is something else. */
	memcpy(changed, file, n);
	memset(changed + pages[n_pages - 1], 'x', n - pages[n_pages - 1]);
	expect_damaged(path, changed, n, words);
}
END_TEST

START_TEST(sounds_one_behind_the_other_in_an_ogg_file_are_all_read)
{
	static unsigned char file[300000];
	static float twice[40000];
	const char *path = scratch_path("a.ogg");
	struct pel_harness_result *whole, *result = NULL;
	size_t n = encoded(path, file, sizeof(file) / 2, &whole);
	const float *sound = whole->out[0]->data;
	struct pel_error err = { 0 };

	memcpy(twice, sound, 20000 * sizeof(float));
	memcpy(twice + 20000, sound, 20000 * sizeof(float));
	memcpy(file + n, file, n);
	expect_encoded(path, file, 2 * n, twice, 40000, NULL);
	write_scratch(path, file, 2 * n - 1);
	result = run_kernel(reading(path, "0"));
	ck_assert_uint_ge(result->out[0]->tokens, 20000);
	ck_assert_uint_lt(result->out[0]->tokens, 40000);
	ck_assert_mem_eq(result->out[0]->data, twice, result->out[0]->tokens * sizeof(float));
	snprintf(text, sizeof(text), "'%s' is cut off: its last page is not there", path);
	ck_assert_uint_eq(result->n_warnings, 1);
	ck_assert_str_eq(result->warnings[0], text);
	pel_harness_result_destroy(result);
	result = NULL;
	snprintf(text, sizeof(text), "the last 10 bytes of '%s' are no part of its sound, and were not read",
		 path);
	memcpy(file + n, "something.", 10);
	expect_encoded(path, file, n + 10, sound, 20000, text);

	memcpy(file + n, file, n);
	file[n / 2] ^= 1; /* its page is dropped by others, and the rest is read on */
	write_scratch(path, file, 2 * n);
	ck_assert_int_eq(pel_harness_run(reading(path, "0"), &result, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.items[0].text, "' is damaged at byte "));
	pel_error_fini(&err);
	pel_harness_result_destroy(whole);
}
END_TEST

START_TEST(sounds_in_one_ogg_file_must_be_alike)
{
	static unsigned char file[100000];
	const char *path = scratch_path("a.ogg");
	static const float sound[2000];
	size_t n;

	pel_harness_result_destroy(run_kernel(writing(path, "8000", "", "f32", sound, 2000)));
	n = read_scratch(path, file, sizeof(file));
	pel_harness_result_destroy(run_kernel(writing(path, "16000", "", "f32[2]", sound, 1000)));
	n += read_scratch(path, file + n, sizeof(file) - n);
	write_scratch(path, file, n);
	snprintf(text, sizeof(text),
		 "actor 'test' (audio.read): sound 2 in '%s' has 2 channels and 16000 frames a second, the first has 1 and 8000",
		 path);
	expect_error(reading(path, "0"), -EINVAL, text, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel-audio-damage");
	TCase *tcase = tcase_create("damage");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, sound_of_unknown_length_is_read_to_its_end, 0, CONTAINERS);
	tcase_add_loop_test(tcase, header_of_a_killed_recorder_is_not_believed, 0, CONTAINERS);
	tcase_add_loop_test(tcase, file_that_was_cut_off_is_read_and_said, 0, CONTAINERS);
	tcase_add_loop_test(tcase, frame_that_was_cut_off_is_said, 0, CONTAINERS);
	tcase_add_loop_test(tcase, bytes_behind_the_sound_are_said, 0, CONTAINERS);
	tcase_add_test(tcase, chunks_behind_the_sound_are_as_they_should_be);
	tcase_add_loop_test(tcase, samples_are_what_they_were_whatever_size_the_header_says, 0, CONTAINERS);
	tcase_add_test(tcase, rf64_without_the_chunk_of_its_sizes_is_read_to_its_end);
	tcase_add_test(tcase, flac_is_read_to_its_end_whatever_its_header_says);
	tcase_add_loop_test(tcase, flac_that_is_damaged_is_an_error_and_one_that_is_cut_off_a_warning, 1, 3);
	tcase_add_test(tcase, ogg_that_is_damaged_is_an_error_up_to_its_last_page);
	tcase_add_test(tcase, sounds_one_behind_the_other_in_an_ogg_file_are_all_read);
	tcase_add_test(tcase, sounds_in_one_ogg_file_must_be_alike);
	tcase_set_timeout(tcase, 100);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
