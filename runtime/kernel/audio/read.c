/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * audio.read reads the sound that is present. If its length differs from the file's header, it continues and warns. If the sound is damaged, it
 * fails.
 */

/* An open file. */
struct sound {
	struct sound_input input;
	struct sound_facts facts;
	struct ogg_links ogg;
	size_t link; /* that is being read */
	SNDFILE *file;
	SF_INFO sf;	 /* of the first link */
	uint64_t frames; /* of all links, or SOUND_UNKNOWN */
};

struct read_state {
	struct sound sound;
	uint64_t position;
	bool ended;
	char path[];
};

static void sound_close(struct sound *sound)
{
	if (sound->file)
		sf_close(sound->file);
	free(sound->ogg.links);
	close(sound->input.fd);
}

/* ---- opening ---- */

static int fail_open(struct pel_info *info, const struct sound *sound, const char *path)
{
	int r = sound->input.error;

	return r ? pel_info_fail(info, r, "cannot read '%s': %s", path, strerror(-r))
		 : pel_info_fail(info, -EINVAL, "cannot read sound from '%s': %s", path, sf_strerror(NULL));
}

static SNDFILE *open_link(struct sound *sound, size_t link, SF_INFO *sf)
{
	if (sound->ogg.n) {
		sound->input.start = sound->ogg.links[link].start;
		sound->input.end = sound->ogg.links[link].end;
	}
	return sound_open(&sound->input, sf);
}

static void add_frames(struct sound *sound, const SF_INFO *sf)
{
	if (sound->frames != SOUND_UNKNOWN && sf->frames != SF_COUNT_MAX)
		sound->frames += (uint64_t)sf->frames;
	else
		sound->frames = SOUND_UNKNOWN;
}

/* Check the sounds after the first one, which must have the same channels and rate. */
static int check_links(struct pel_info *info, struct sound *sound, const char *path)
{
	for (size_t link = 1; link < sound->ogg.n; link++) {
		SF_INFO sf;
		SNDFILE *file = open_link(sound, link, &sf);

		if (!file)
			return fail_open(info, sound, path);
		sf_close(file);
		if (sf.channels != sound->sf.channels || sf.samplerate != sound->sf.samplerate)
			return pel_info_fail(
				info, -EINVAL,
				"sound %zu in '%s' has %d channel%s and %d frames a second, the first has %d and %d",
				link + 1, path, sf.channels, sf.channels == 1 ? "" : "s", sf.samplerate,
				sound->sf.channels, sound->sf.samplerate);
		add_frames(sound, &sf);
	}
	return 0;
}

static int examine(struct pel_info *info, struct sound *sound, const char *path)
{
	struct stat st;
	int r = fstat(sound->input.fd, &st) < 0 ? -errno : 0;

	sound->input.end = (uint64_t)st.st_size;
	if (r == 0)
		r = sound_examine(sound->input.fd, sound->input.end, &sound->facts);
	if (r == 0)
		r = ogg_examine(sound->input.fd, sound->input.end, &sound->ogg);
	if (r < 0)
		return pel_info_fail(info, r, "cannot read '%s': %s", path, strerror(-r));
	if (sound->ogg.damaged != SOUND_UNKNOWN)
		return pel_info_fail(info, -EINVAL, "'%s' is damaged at byte %" PRIu64, path,
				     sound->ogg.damaged);
	sound->input.patch = sound->facts.patch;
	sound->input.end = sound->facts.end;
	return 0;
}

static int read_headers(struct pel_info *info, struct sound *sound, const char *path)
{
	int64_t rate = pel_info_i64(info, "rate");
	SF_INFO sf;
	int r = examine(info, sound, path);

	if (r < 0)
		return r;
	sound->file = open_link(sound, 0, &sound->sf);
	if (!sound->file)
		return fail_open(info, sound, path);
	if (rate && rate != sound->sf.samplerate)
		return pel_info_fail_param(info, "rate", -EINVAL,
					   "'%s' has %d frames a second, but parameter 'rate' is %lld", path,
					   sound->sf.samplerate, (long long)rate);
	add_frames(sound, &sound->sf);
	if (sound->facts.flac)
		sound->frames = sound->facts.frames;
	if (sound->ogg.n < 2)
		return 0;
	if ((r = check_links(info, sound, path)) < 0)
		return r;
	sf_close(sound->file);
	sound->file = open_link(sound, 0, &sf);
	return sound->file ? 0 : fail_open(info, sound, path);
}

/* `sound` must not move, because libsndfile keeps its address. */
static int open_to_read(struct pel_info *info, struct sound *sound, const char **path)
{
	int r;

	*sound = (struct sound){ .ogg = { .damaged = SOUND_UNKNOWN } };
	sound->input.fd = audio_open_path(info, O_RDONLY, "read", path);
	if (sound->input.fd < 0)
		return sound->input.fd;
	r = read_headers(info, sound, *path);
	if (r < 0)
		sound_close(sound);
	return r;
}

static int read_resolve(struct pel_info *info)
{
	struct pel_type type = { PEL_ELEM_F32, 4, 0, { 0 } };
	struct sound sound;
	const char *path;
	int r = open_to_read(info, &sound, &path);

	if (r < 0)
		return r;
	sound_close(&sound);
	/* A frame of one channel is a number; a frame of several channels is an array. */
	type.n_dims = sound.sf.channels > 1;
	type.dims[0] = (uint64_t)sound.sf.channels;
	return pel_info_set_out_type(info, 0, &type);
}

static int read_files(struct pel_info *info)
{
	const char *path = pel_info_path(info, "file");

	return path ? pel_info_reads(info, path) : -ENOMEM;
}

static int read_init(struct pel_info *info, void **state)
{
	int channels = audio_channels(pel_info_out_type(info, 0)), r;
	const char *path = pel_info_path(info, "file");
	struct read_state *s = path ? calloc(1, sizeof(*s) + strlen(path) + 1) : NULL;

	if (!s)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	strcpy(s->path, path);
	r = open_to_read(info, &s->sound, &path);
	if (r == 0 && s->sound.sf.channels != channels) {
		r = pel_info_fail(info, -EINVAL,
				  "'%s' has changed since the graph was compiled: it has %d channel%s, not %d",
				  path, s->sound.sf.channels, s->sound.sf.channels == 1 ? "" : "s", channels);
		sound_close(&s->sound);
	}
	if (r < 0) {
		free(s);
		return r;
	}
	if (s->sound.frames != SOUND_UNKNOWN)
		pel_info_expect(info, s->sound.frames);
	*state = s;
	return 0;
}

/* ---- reading ---- */

/* Opens the next link. Returns 1, 0 if there is none, or a negative errno. */
static int next_link(struct read_state *s)
{
	struct sound *sound = &s->sound;
	SF_INFO sf;

	if (sound->link + 1 >= sound->ogg.n)
		return 0;
	sf_close(sound->file);
	sound->file = open_link(sound, ++sound->link, &sf);
	if (sound->file && sf.channels == sound->sf.channels)
		return 1;
	return pel_fire_fail(-EIO, "cannot read sound %zu in '%s': %s", sound->link + 1, s->path,
			     sound->file ? "it changed" : sf_strerror(NULL));
}

/* The sound has ended. If a FLAC file ends early, it is truncated, which finish() reports, or damaged. Returns 0, or a negative errno with a message. */
static int check_end(const struct read_state *s, uint64_t position, bool stopped)
{
	const struct sound *sound = &s->sound;
	bool known = sound->facts.frames != SOUND_UNKNOWN, missing = known && position < sound->facts.frames;
	int r = 0;

	if (sound->facts.flac && (missing || (!known && stopped)))
		r = flac_is_damaged(sound->input.fd, sound->input.end, missing);
	if (r < 0)
		return pel_fire_fail(r, "cannot read '%s': %s", s->path, strerror(-r));
	return r ? pel_fire_fail(-EIO, "'%s' is damaged near frame %" PRIu64, s->path, position) : 0;
}

static int read_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct read_state *s = state;
	struct sound *sound = &s->sound;
	float *out = io->out[0];
	size_t done = 0;
	bool stopped = false;
	int r = 1;

	while (r == 1 && done < firings) {
		sf_count_t got = sf_readf_float(sound->file, out + done * (size_t)sound->sf.channels,
						(sf_count_t)(firings - done));

		done += got > 0 ? (size_t)got : 0;
		if (sound->input.error)
			return pel_fire_fail(sound->input.error, "cannot read '%s': %s", s->path,
					     strerror(-sound->input.error));
		if (done < firings) {
			stopped = sf_error(sound->file) != 0;
			r = next_link(s);
		} else if (sf_error(sound->file))
			return pel_fire_fail(-EIO, "'%s' is damaged near frame %" PRIu64 ": %s", s->path,
					     s->position + done, sf_strerror(sound->file));
	}
	if (r == 0)
		r = check_end(s, s->position + done, stopped);
	s->position += done;
	if (r < 0)
		return r;
	s->ended = r == 0;
	*io->fired = done;
	return r == 0 ? PEL_END : 0;
}

/* ---- warnings about the file ---- */

/* The size of a frame in bytes; 0 if frames have different sizes. */
static unsigned frame_bytes(const SF_INFO *sf)
{
	static const unsigned char bytes[] = {
		[SF_FORMAT_PCM_S8] = 1, [SF_FORMAT_PCM_16] = 2, [SF_FORMAT_PCM_24] = 3,
		[SF_FORMAT_PCM_32] = 4, [SF_FORMAT_PCM_U8] = 1, [SF_FORMAT_FLOAT] = 4,
		[SF_FORMAT_DOUBLE] = 8, [SF_FORMAT_ULAW] = 1,	[SF_FORMAT_ALAW] = 1
	};
	int coding = sf->format & SF_FORMAT_SUBMASK;

	return coding < (int)sizeof(bytes) ? bytes[coding] * (unsigned)sf->channels : 0;
}

static void warn_trailing(const struct read_state *s, uint64_t bytes, struct pel_results *results)
{
	if (bytes == 1)
		pel_results_warn(results, "the last byte of '%s' is no part of its sound, and was not read",
				 s->path);
	else
		pel_results_warn(results,
				 "the last %" PRIu64
				 " bytes of '%s' are no part of its sound, and were not read",
				 bytes, s->path);
}

static void warn_sized(const struct read_state *s, struct pel_results *results)
{
	const struct sound_facts *facts = &s->sound.facts;
	unsigned bytes = frame_bytes(&s->sound.sf), partial = bytes ? facts->there % bytes : 0;
	uint64_t said = bytes ? facts->said / bytes : facts->said, read = s->sound.frames;
	uint64_t there = bytes ? facts->there / bytes : facts->there;
	const char *unit = bytes ? "frames" : "bytes";

	if (facts->said != SOUND_UNKNOWN && facts->said > facts->there)
		pel_results_warn(results,
				 "'%s' is cut off: its header says %" PRIu64 " %s of sound, and %" PRIu64
				 " are there",
				 s->path, said, unit, there);
	else if (facts->said != SOUND_UNKNOWN && facts->said < facts->there)
		pel_results_warn(results,
				 "the header of '%s' says %" PRIu64 " %s of sound, and %" PRIu64 " are there",
				 s->path, said, unit, there);
	else if (bytes && facts->frames != SOUND_UNKNOWN && facts->frames != there &&
		 (facts->frames || facts->said != SOUND_UNKNOWN))
		pel_results_warn(results,
				 "the header of '%s' says %" PRIu64 " frame%s of sound, and %" PRIu64
				 " are there",
				 s->path, facts->frames, facts->frames == 1 ? "" : "s", there);
	if (facts->no_size)
		pel_results_warn(
			results,
			"the header of '%s' has no size of the sound (chunk ds64): it was read up to the end of the file",
			s->path);
	if (partial)
		pel_results_warn(results, "'%s' ends in the middle of a frame: its last %u byte%s not read",
				 s->path, partial, partial == 1 ? " was" : "s were");
	if (bytes && read < there)
		pel_results_warn(results, "of the %" PRIu64 " frame%s in '%s' only %" PRIu64 " can be read",
				 there, there == 1 ? "" : "s", s->path, read);
	if (facts->trailing)
		warn_trailing(s, facts->trailing, results);
}

static void warn_flac(const struct read_state *s, struct pel_results *results)
{
	const struct sound_facts *facts = &s->sound.facts;

	if (s->ended && facts->frames != SOUND_UNKNOWN && s->position < facts->frames)
		pel_results_warn(results,
				 "'%s' is cut off: its header says %" PRIu64 " frame%s of sound, and %" PRIu64
				 " are there",
				 s->path, facts->frames, facts->frames == 1 ? "" : "s", s->position);
	else if (s->ended && facts->frames != SOUND_UNKNOWN && s->position > facts->frames)
		pel_results_warn(results,
				 "the header of '%s' says %" PRIu64 " frame%s of sound, and %" PRIu64
				 " are there",
				 s->path, facts->frames, facts->frames == 1 ? "" : "s", s->position);
	else if (!facts->flac_whole)
		pel_results_warn(results,
				 "'%s' does not end with a whole frame: it is cut off, or something else follows",
				 s->path);
}

static void warn_ogg(const struct read_state *s, struct pel_results *results)
{
	const struct ogg_links *ogg = &s->sound.ogg;

	if (!ogg->links[ogg->n - 1].ended)
		pel_results_warn(results, "'%s' is cut off: its last page is not there", s->path);
	else if (ogg->trailing)
		warn_trailing(s, ogg->trailing, results);
	for (size_t i = 0; i + 1 < ogg->n; i++)
		if (!ogg->links[i].ended)
			pel_results_warn(results,
					 "sound %zu of %zu in '%s' is cut off: its last page is not there",
					 i + 1, ogg->n, s->path);
}

static int read_finish(void *state, struct pel_results *results)
{
	const struct read_state *s = state;

	if (s->sound.facts.sized)
		warn_sized(s, results);
	if (s->sound.facts.flac)
		warn_flac(s, results);
	else if (s->ended && s->sound.frames != SOUND_UNKNOWN && s->position != s->sound.frames)
		pel_results_warn(results,
				 "'%s' should have %" PRIu64 " frame%s of sound, and %" PRIu64 " were read",
				 s->path, s->sound.frames, s->sound.frames == 1 ? "" : "s", s->position);
	if (s->sound.ogg.n)
		warn_ogg(s, results);
	return 0;
}

static void read_fini(void *state)
{
	struct read_state *s = state;

	sound_close(&s->sound);
	free(s);
}

const struct pel_kernel pel_audio_read = {
	.abi = PEL_KERNEL_ABI,
	.name = "audio.read",
	.summary = "sound from a file",
	.doc = "Reads WAV, FLAC, Ogg, AIFF, AU and other formats that libsndfile supports. A token is a frame: f32 for one channel, f32[channels] for several. "
	       "Integer samples are scaled so that full scale is -1 to 1. The file's header is read when the graph is compiled. If the "
	       "header gives no length, the sound extends to the end of the file. If the file has another number of frames than its header says, "
	       "or ends in the middle of a frame, the actor reads the frames that are there, and warns. Damage that the checksums of FLAC and Ogg "
	       "reveal is an error. The MD5 sum in the header of a FLAC file is not checked. All sounds of an Ogg file are read, one after another.",
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "T", .doc = "f32, or f32[channels]" },
					       { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "file",
			  .type = "string",
			  .doc = "path of a regular file",
			  .flags = PEL_PARAM_READS },
			{ .name = "rate",
			  .type = "i64",
			  .value = "0",
			  .doc = "frames per second that the file must have; 0: any number",
			  .least = "0" },
			{ 0 } },
	.resolve = read_resolve,
	.files = read_files,
	.init = read_init,
	.fire = read_fire,
	.finish = read_finish,
	.fini = read_fini,
};
