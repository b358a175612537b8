/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct audio_state {
	SNDFILE *file;
	uint64_t frames;   /* audio.read: in the file; audio.write: written */
	uint64_t position; /* audio.read */
	char path[];
};

static struct audio_state *create_state(SNDFILE *file, const char *path)
{
	struct audio_state *s = calloc(1, sizeof(*s) + strlen(path) + 1);

	if (s) {
		s->file = file;
		strcpy(s->path, path);
	}
	return s;
}

static void audio_fini(void *state)
{
	struct audio_state *s = state;

	if (s->file)
		sf_close(s->file);
	free(s);
}

/* A frame of one channel is a number, of several an array of them. */
static struct pel_type frame_type(int channels)
{
	struct pel_type type = { PEL_ELEM_F32, 4, channels > 1, { (uint64_t)channels } };

	return type;
}

static int type_channels(const struct pel_type *type)
{
	return type->n_dims ? (int)type->dims[0] : 1;
}

/* Opens the file, never waiting for the other end of a named pipe. */
static int open_path(struct pel_info *info, int flags, const char *doing, const char **path)
{
	struct stat st;
	int fd, r;

	*path = flags == O_RDONLY ? pel_info_path(info, "file") : pel_info_string(info, "file");
	if (!*path)
		return -ENOMEM;
	fd = open(*path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		pel_info_fail(info, r, "cannot open '%s' to %s: %s", *path, doing, strerror(-r));
	} else if (!S_ISREG(st.st_mode)) {
		r = pel_info_fail(info, -EINVAL, "'%s' is not a regular file", *path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- audio.read ---- */

static int open_to_read(struct pel_info *info, SNDFILE **ret, SF_INFO *sf, const char **path)
{
	int64_t rate = pel_info_i64(info, "rate");
	int fd = open_path(info, O_RDONLY, "read", path);

	if (fd < 0)
		return fd;
	memset(sf, 0, sizeof(*sf));
	*ret = sf_open_fd(fd, SFM_READ, sf, SF_TRUE);
	if (!*ret) /* the descriptor is closed by now */
		return pel_info_fail(info, -EINVAL, "cannot read sound from '%s': %s", *path,
				     sf_strerror(NULL));
	if (!rate || rate == sf->samplerate)
		return 0;
	sf_close(*ret);
	return pel_info_fail(info, -EINVAL, "'%s' has %d frames a second, but parameter 'rate' is %lld",
			     *path, sf->samplerate, (long long)rate);
}

static int read_resolve(struct pel_info *info)
{
	struct pel_type type;
	const char *path;
	SNDFILE *file;
	SF_INFO sf;
	int r = open_to_read(info, &file, &sf, &path);

	if (r < 0)
		return r;
	sf_close(file);
	type = frame_type(sf.channels);
	return pel_info_set_out_type(info, 0, &type);
}

static int read_init(struct pel_info *info, void **state)
{
	struct audio_state *s;
	const char *path;
	SNDFILE *file;
	SF_INFO sf;
	int r = open_to_read(info, &file, &sf, &path);

	if (r < 0)
		return r;
	if (sf.channels != type_channels(pel_info_out_type(info, 0)))
		r = pel_info_fail(info, -EINVAL,
				  "'%s' has changed since the graph was compiled: it has %d channels, not %d",
				  path, sf.channels, type_channels(pel_info_out_type(info, 0)));
	else if (!(s = create_state(file, path)))
		r = pel_info_fail(info, -ENOMEM, "out of memory");
	if (r < 0) {
		sf_close(file);
		return r;
	}
	s->frames = (uint64_t)sf.frames;
	pel_info_expect(info, s->frames);
	*state = s;
	return 0;
}

static int read_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct audio_state *s = state;
	uint64_t left = s->frames - s->position;
	size_t n = firings < left ? firings : (size_t)left;
	sf_count_t got = sf_readf_float(s->file, io->out[0], (sf_count_t)n);

	if (got != (sf_count_t)n || sf_error(s->file))
		return pel_fire_fail(-EIO, "cannot read sound from '%s': it ends after frame %llu of %llu",
				     s->path, (unsigned long long)(s->position + (uint64_t)(got > 0 ? got : 0)),
				     (unsigned long long)s->frames);
	s->position += n;
	*io->fired = n;
	return firings < left ? 0 : PEL_END;
}

static const struct pel_kernel read_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "audio.read",
	.summary = "sound from a file",
	.doc = "WAV, FLAC, Ogg, AIFF, AU and others that libsndfile reads. A token is a frame: f32 for one channel, f32[channels] for several. "
	       "Integer samples are scaled so that full scale is -1 to 1. The file's header is read when the graph is compiled.",
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "T", .doc = "f32, or f32[channels]" },
					       { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "file",
						     .type = "string",
						     .doc = "path of a regular file",
						     .flags = PEL_PARAM_READS },
						   { .name = "rate",
						     .type = "i64",
						     .value = "0",
						     .doc = "frames a second that the file must have; 0: any" },
						   { 0 } },
	.resolve = read_resolve,
	.init = read_init,
	.fire = read_fire,
	.fini = audio_fini,
};

/* ---- audio.write ---- */

static const struct suffix {
	const char *text;
	int format;
} suffixes[] = {
	{ ".wav", SF_FORMAT_WAV },   { ".flac", SF_FORMAT_FLAC }, { ".ogg", SF_FORMAT_OGG },
	{ ".aiff", SF_FORMAT_AIFF }, { ".aif", SF_FORMAT_AIFF },  { ".au", SF_FORMAT_AU },
	{ ".caf", SF_FORMAT_CAF },   { ".w64", SF_FORMAT_W64 },
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

static int find_format(struct pel_info *info, const char *path, int *ret)
{
	const char *encoding = pel_info_string(info, "encoding"), *dot = strrchr(path, '.');
	int container = 0, coding = 0;

	for (size_t i = 0; dot && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strcasecmp(dot, suffixes[i].text) == 0)
			container = suffixes[i].format;
	if (!container) {
		pel_info_fail(info, -EINVAL, "the format of '%s' cannot be told from its name", path);
		return pel_info_hint(info, -EINVAL,
				     "end it in .wav, .flac, .ogg, .aiff, .aif, .au, .caf or .w64");
	}
	if (!encoding[0])
		coding = container == SF_FORMAT_OGG ? SF_FORMAT_VORBIS : SF_FORMAT_PCM_16;
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (strcmp(encoding, encodings[i].text) == 0)
			coding = encodings[i].format;
	if (!coding)
		return pel_info_fail(
			info, -EINVAL,
			"parameter 'encoding' is '%.100s'; it must be 'pcm16', 'pcm24', 'float' or 'vorbis'",
			encoding);
	*ret = container | coding;
	return 0;
}

static int write_resolve(struct pel_info *info)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	char text[192];

	if (!type ||
	    (type->elem == PEL_ELEM_F32 && (!type->n_dims || (type->n_dims == 1 && type->dims[0] <= 1024))))
		return 0;
	pel_info_fail(info, -EINVAL,
		      "port 'in' has type %s; sound is f32 (one channel) or f32[channels], up to 1024",
		      pel_type_format(type, text, sizeof(text)));
	return pel_info_hint(info, -EINVAL, "core.convert changes the element type");
}

static int write_init(struct pel_info *info, void **state)
{
	int64_t rate = pel_info_i64(info, "rate");
	struct audio_state *s;
	SF_INFO sf = { 0 };
	const char *path = pel_info_string(info, "file");
	SNDFILE *file;
	int fd, r;

	if (rate < 1 || rate > 10000000)
		return pel_info_fail(info, -EINVAL, "parameter 'rate' is %lld; it must be from 1 to 10000000",
				     (long long)rate);
	if ((r = find_format(info, path, &sf.format)) < 0)
		return r;
	sf.samplerate = (int)rate;
	sf.channels = type_channels(pel_info_in_type(info, 0));
	if (!sf_format_check(&sf))
		return pel_info_fail(
			info, -EINVAL,
			"'%s': this format does not go with that encoding, %d channel%s and %lld frames a second",
			path, sf.channels, sf.channels == 1 ? "" : "s", (long long)rate);
	if ((fd = open_path(info, O_RDWR | O_CREAT | O_TRUNC, "write", &path)) < 0)
		return fd;
	file = sf_open_fd(fd, SFM_WRITE, &sf, SF_TRUE);
	if (!file)
		return pel_info_fail(info, -EINVAL, "cannot write sound to '%s': %s", path, sf_strerror(NULL));
	if (!(s = create_state(file, path))) {
		sf_close(file);
		return pel_info_fail(info, -ENOMEM, "out of memory");
	}
	sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
	*state = s;
	return 0;
}

static int write_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct audio_state *s = state;

	if (sf_writef_float(s->file, io->in[0], (sf_count_t)firings) != (sf_count_t)firings)
		return pel_fire_fail(-EIO, "cannot write sound to '%s': %s", s->path, sf_strerror(s->file));
	s->frames += firings;
	return 0;
}

static int write_finish(void *state, struct pel_results *results)
{
	struct audio_state *s = state;
	int r = sf_close(s->file);

	s->file = NULL;
	if (r)
		return pel_fire_fail(-EIO, "cannot write sound to '%s': %s", s->path, sf_error_number(r));
	pel_results_u64(results, "frames", s->frames);
	return 0;
}

static const struct pel_kernel write_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "audio.write",
	.summary = "sound to a file",
	.doc = "The format goes by the end of the name: .wav, .flac, .ogg, .aiff, .aif, .au, .caf, .w64. Full scale is -1 to 1; with integer "
	       "encodings louder samples are clipped, and a sample is rounded to 32 bits, of which the upper 16 or 24 are kept. Result: `frames`, how many were written.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in", .type = "T", .doc = "f32, or f32[channels]; a token is a frame" },
			{ 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "file",
			  .type = "string",
			  .doc = "path, a relative one from the current folder; a file that is there is replaced",
			  .flags = PEL_PARAM_WRITES },
			{ .name = "rate", .type = "i64", .doc = "frames a second, 1 to 10000000" },
			{ .name = "encoding",
			  .type = "string",
			  .value = "",
			  .doc = "pcm16, pcm24, float or vorbis; empty: vorbis for .ogg, else pcm16" },
			{ 0 } },
	.resolve = write_resolve,
	.init = write_init,
	.fire = write_fire,
	.finish = write_finish,
	.fini = audio_fini,
};

PEL_KERNEL_MODULE(&read_kernel, &write_kernel)
