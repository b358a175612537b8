/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CHANNELS_MAX 1024 /* the limit of libsndfile */
#define RATE_MAX     10000000

struct write_state {
	SNDFILE *file; /* NULL: not open yet, or already closed */
	struct sound_output output;
	SF_INFO sf;
	uint64_t frames;
	size_t channels;
	bool floats; /* the file stores samples unchanged, bit by bit */
	char path[];
};

/* The limits of a file format. libsndfile checks some of them only when the first frame is written. */
static const struct container {
	const char *suffix, *name;
	int format;
	int channels_most;
	int64_t rate_most;
	int64_t any_most; /* higher rates are multiples of 10; 0: no such rule */
} containers[] = {
	{ ".wav", "a WAV file", SF_FORMAT_WAV, CHANNELS_MAX, RATE_MAX, 0 },
	{ ".flac", "a FLAC file", SF_FORMAT_FLAC, 8, 655350, 65535 },
	{ ".ogg", "an Ogg file", SF_FORMAT_OGG, 255, 200000, 0 },
	{ ".aiff", "an AIFF file", SF_FORMAT_AIFF, CHANNELS_MAX, RATE_MAX, 0 },
	{ ".aif", "an AIFF file", SF_FORMAT_AIFF, CHANNELS_MAX, RATE_MAX, 0 },
	{ ".au", "an AU file", SF_FORMAT_AU, CHANNELS_MAX, RATE_MAX, 0 },
	{ ".caf", "a CAF file", SF_FORMAT_CAF, CHANNELS_MAX, RATE_MAX, 0 },
	{ ".w64", "a W64 file", SF_FORMAT_W64, CHANNELS_MAX, RATE_MAX, 0 },
};

static const struct encoding {
	const char *text;
	int format;
} encodings[] = {
	{ "pcm16", SF_FORMAT_PCM_16 },
	{ "pcm24", SF_FORMAT_PCM_24 },
	{ "float", SF_FORMAT_FLOAT },
	{ "vorbis", SF_FORMAT_VORBIS },
};

/* The container for a name that the parameter allows. */
static const struct container *container_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t i = 0;

	while (strcasecmp(dot, containers[i].suffix) != 0)
		i++;
	return &containers[i];
}

static int format_of(const char *path, const char *encoding)
{
	int container = container_of(path)->format, coding = 0;

	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (strcmp(encoding, encodings[i].text) == 0)
			coding = encodings[i].format;
	if (!coding)
		coding = container == SF_FORMAT_OGG ? SF_FORMAT_VORBIS : SF_FORMAT_PCM_16;
	return container | coding;
}

/* The format for libsndfile; with one channel while the type is unknown. */
static SF_INFO sound_of(const struct pel_info *info, const struct pel_type *type)
{
	return (SF_INFO){ .samplerate = (int)pel_info_i64(info, "rate"),
			  .channels = type ? audio_channels(type) : 1,
			  .format = format_of(pel_info_string(info, "file"),
					      pel_info_string(info, "encoding")) };
}

static int check_type(struct pel_info *info, const struct pel_type *type)
{
	char text[192];

	if (!type || (type->elem == PEL_ELEM_F32 &&
		      (!type->n_dims || (type->n_dims == 1 && type->dims[0] <= CHANNELS_MAX))))
		return 0;
	pel_info_fail(info, -EINVAL,
		      "port 'in' has type %s; sound is f32 (one channel) or f32[channels], up to %d",
		      pel_type_format(type, text, sizeof(text)), CHANNELS_MAX);
	return type->elem == PEL_ELEM_F32
		       ? -EINVAL
		       : pel_info_hint(info, -EINVAL, "core.convert changes the element type");
}

static int write_files(struct pel_info *info)
{
	return pel_info_writes(info, pel_info_string(info, "file"));
}

static int check_rate(struct pel_info *info, const struct container *container)
{
	int64_t rate = pel_info_i64(info, "rate");

	if (rate > container->rate_most)
		return pel_info_fail_param(info, "rate", -EINVAL,
					   "%s cannot have %lld frames a second: 1 to %lld are possible",
					   container->name, (long long)rate, (long long)container->rate_most);
	if (container->any_most && rate > container->any_most && rate % 10)
		return pel_info_fail_param(
			info, "rate", -EINVAL,
			"%s cannot have %lld frames a second: 1 to %lld are possible, and above that multiples of 10 up to %lld",
			container->name, (long long)rate, (long long)container->any_most,
			(long long)container->rate_most);
	return 0;
}

static int fail_encoding(struct pel_info *info, const struct container *container, SF_INFO sf)
{
	char possible[64] = "";
	size_t n = 0;

	pel_info_fail_param(info, "encoding", -EINVAL, "%s cannot have the encoding '%s'", container->name,
			    pel_info_string(info, "encoding"));
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		sf.format = container->format | encodings[i].format;
		if (sf_format_check(&sf))
			n += (size_t)snprintf(possible + n, sizeof(possible) - n, "%s%s", n ? ", " : "",
					      encodings[i].text);
	}
	return pel_info_hint(info, -EINVAL, "possible are %s", possible);
}

static int write_resolve(struct pel_info *info)
{
	const struct container *container = container_of(pel_info_string(info, "file"));
	const struct pel_type *type = pel_info_in_type(info, 0);
	int r = check_type(info, type);
	SF_INFO sf;

	if (r < 0 || (r = check_rate(info, container)) < 0)
		return r;
	sf = sound_of(info, type);
	if (sf.channels > container->channels_most)
		return pel_info_fail(info, -EINVAL, "%s cannot have %d channels: the maximum is %d",
				     container->name, sf.channels, container->channels_most);
	if (sf_format_check(&sf))
		return 0;
	return fail_encoding(info, container, sf);
}

static int write_init(struct pel_info *info, void **state)
{
	SF_INFO sf = sound_of(info, pel_info_in_type(info, 0));
	const char *path = pel_info_string(info, "file");
	struct write_state *s;

	/* If the file does not exist, the run has already checked whether it can be created: see write_files(). */
	if (access(path, F_OK) == 0) {
		int fd = audio_open_path(info, O_RDWR, "write", &path);

		if (fd < 0)
			return fd;
		close(fd);
	}
	s = calloc(1, sizeof(*s) + strlen(path) + 1);
	if (!s)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	s->sf = sf;
	s->channels = (size_t)sf.channels;
	s->floats = (sf.format & SF_FORMAT_SUBMASK) == SF_FORMAT_FLOAT;
	strcpy(s->path, path);
	*state = s;
	return 0;
}

static int write_failed(const struct write_state *s, const char *why)
{
	int r = s->output.error ? s->output.error : -EIO;

	return pel_fire_fail(r, "cannot write sound to '%s': %s", s->path,
			     s->output.error ? strerror(-r) : why);
}

/* Not in init(), so that a run that cannot start does not change the file. */
static int write_begin(struct write_state *s)
{
	int fd = open(s->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666), r = -errno;

	if (fd < 0)
		return pel_fire_fail(r, "cannot open '%s' to write: %s", s->path, strerror(-r));
	s->output.fd = fd;
	s->file = sound_create(&s->output, &s->sf);
	if (!s->file) {
		close(fd);
		return write_failed(s, sf_strerror(NULL));
	}
	sf_command(s->file, SFC_SET_CLIPPING, NULL, SF_TRUE);
	sf_command(s->file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE); /* it would contain the current time */
	return 0;
}

#define BLOCK 1024 /* in samples; a frame has no more than that */

/* Encoders need finite samples. libsndfile turns others into full scale, an error, or silence around them. */
static const float *finite(float *block, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		block[i] = x[i] != x[i] ? 0.0f : x[i] > FLT_MAX ? 1.0f : x[i] < -FLT_MAX ? -1.0f : x[i];
	return block;
}

static int write_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct write_state *s = state;
	const float *x = io->in[0];
	float block[BLOCK];
	int r;

	if (!s->file && (r = write_begin(s)) < 0)
		return r;
	for (size_t done = 0, n; done < firings; done += n, s->frames += n) {
		const float *from = x + done * s->channels;

		n = s->floats || firings - done < BLOCK / s->channels ? firings - done : BLOCK / s->channels;
		if (!s->floats)
			from = finite(block, from, n * s->channels);
		if (sf_writef_float(s->file, from, (sf_count_t)n) != (sf_count_t)n || s->output.error)
			return write_failed(s, sf_strerror(s->file));
	}
	return 0;
}

static int write_finish(void *state, struct pel_results *results)
{
	struct write_state *s = state;
	int r;

	if (!s->file && (r = write_begin(s)) < 0)
		return r;
	/* libsndfile writes this header only with the first frame. */
	if (!s->frames && (s->sf.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC)
		sf_command(s->file, SFC_UPDATE_HEADER_NOW, NULL, 0);
	r = sf_close(s->file);
	s->file = NULL;
	/* Some file systems report only here that the disk is full. */
	if (close(s->output.fd) < 0 && !s->output.error)
		s->output.error = -errno;
	if (r || s->output.error)
		return write_failed(s, sf_error_number(r));
	pel_results_u64(results, "frames", s->frames);
	return 0;
}

static void write_fini(void *state)
{
	struct write_state *s = state;

	if (s->file) {
		sf_close(s->file);
		close(s->output.fd);
	}
	free(s);
}

const struct pel_kernel pel_audio_write = {
	.abi = PEL_KERNEL_ABI,
	.name = "audio.write",
	.summary = "sound to a file",
	.doc = "The file name's ending determines the format: .wav, .flac, .ogg, .aiff, .aif, .au, .caf, .w64. Full scale is -1 to 1; integer "
	       "encodings clip louder samples. A NaN is written as 0 and an infinite sample as full scale, except with the encoding float, which "
	       "keeps all bits. Integer encodings round a sample to 32 bits and keep the upper 16 or 24; for FLAC, a sample is rounded to "
	       "16 or 24 bits, to nearest, halves to even. Result: `frames`, the number of frames written.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in", .type = "T", .doc = "f32, or f32[channels]; a token is a frame" },
			{ 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "file",
			  .type = "string",
			  .doc = "path, relative to the current folder; an existing file is truncated when the first token arrives, or at the end of a successful run if none does",
			  .ends = ".wav, .flac, .ogg, .aiff, .aif, .au, .caf, .w64",
			  .flags = PEL_PARAM_WRITES },
			{ .name = "rate",
			  .type = "i64",
			  .doc = "frames per second; up to 655350 for .flac (multiples of 10 above 65535), 200000 for .ogg",
			  .least = "1",
			  .most = "10000000" },
			{ .name = "encoding",
			  .type = "string",
			  .value = "",
			  .doc = "encoding of the samples; empty: vorbis for .ogg, otherwise pcm16",
			  .one_of = "pcm16, pcm24, float, vorbis" },
			{ 0 } },
	.resolve = write_resolve,
	.files = write_files,
	.init = write_init,
	.fire = write_fire,
	.finish = write_finish,
	.fini = write_fini,
};
