/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_AUDIO_H
#define PEL_AUDIO_H

#include <pelton/kernel.h>

#include <errno.h>
#include <sndfile.h>

extern const struct pel_kernel pel_audio_read, pel_audio_write;

/* Opens the file of parameter 'file', never waiting for the other end of a named pipe. Returns the descriptor or a negative errno, explained. */
int audio_open_path(struct pel_info *info, int flags, const char *doing, const char **path);
/* Number of channels in a frame of this type. */
int audio_channels(const struct pel_type *type);

/*
 * After a system call that failed: was it only interrupted, so that it is made again? Not for ever: what never does anything but be interrupted
 * fails with EINTR, for a run has to end. *times starts as 0 for each piece of work.
 */
static inline bool sound_interrupted(unsigned *times)
{
	return errno == EINTR && ++*times < 1000;
}

/* ---- input.c: what libsndfile sees of a file ---- */

/* Bytes that it is to see in place of others. */
struct sound_patch {
	uint64_t at;
	unsigned char bytes[8];
	unsigned n;
};

/* Bytes [start, end) of a file, some of them patched. */
struct sound_input {
	int fd;
	uint64_t start, end;
	uint64_t position; /* from `start` */
	struct sound_patch patch;
	int error; /* a negative errno of the last read that failed; 0: none did */
};

/* Opens `input`, which stays where it is until sf_close(). NULL as sf_open(). */
SNDFILE *sound_open(struct sound_input *input, SF_INFO *sf);
/* Up to `bytes` from byte `at` of the file: how many there are, or a negative errno. */
ssize_t sound_read(int fd, uint64_t at, void *to, size_t bytes);

/* ---- output.c: what libsndfile writes ---- */

struct sound_output {
	int fd;
	uint64_t position, length;
	int error; /* a negative errno of the first call that failed; 0: none did */
};

/* Makes a sound in the empty file `output`, which stays where it is until sf_close(). NULL as sf_open(). */
SNDFILE *sound_create(struct sound_output *output, SF_INFO *sf);

/* ---- header.c: what a file says of itself ---- */

#define SOUND_UNKNOWN UINT64_MAX

struct sound_facts {
	/* Files whose sound is a piece of them, with its size written before: WAV, RF64, W64, AIFF, AU, CAF. */
	bool sized;
	bool no_size;	   /* RF64 whose size should stand in a chunk that is not there */
	uint64_t said;	   /* bytes of sound, as it is written; SOUND_UNKNOWN */
	uint64_t there;	   /* bytes from the first of them to the end, or to what follows them as it should */
	uint64_t trailing; /* bytes behind that belong to nothing */
	uint64_t frames;   /* as written in AIFF and FLAC; SOUND_UNKNOWN */
	bool flac;
	bool flac_whole; /* it ends with a whole frame */
	/* What libsndfile is to see, so that it reads all that is there. */
	struct sound_patch patch;
	uint64_t end;
};

/* 0, or a negative errno where the file cannot be read. What is no such file has no facts. */
int sound_examine(int fd, uint64_t size, struct sound_facts *ret);

/* ---- flac.c ---- */

/*
 * 1: a part of the FLAC file is not as it was written. 0: if anything is missing, then at the end. Or a negative errno. Where frames are missing
 * for sure, bytes that are no frame stand in their place.
 */
int flac_is_damaged(int fd, uint64_t size, bool missing);

/* ---- ogg.c ---- */

/* One of several sounds, one after the other, that an Ogg file holds. */
struct ogg_link {
	uint64_t start, end;
	bool ended; /* its last page is there */
};

struct ogg_links {
	struct ogg_link *links; /* malloc'ed */
	size_t n, capacity;
	uint64_t trailing; /* bytes behind the last page that are no page */
	uint64_t damaged;  /* where a page is that is not as it was written; SOUND_UNKNOWN: nowhere */
};

/* The links of a file; none where it is not Ogg. 0 or a negative errno. The caller frees ret->links, also after a failure. */
int ogg_examine(int fd, uint64_t size, struct ogg_links *ret);

#endif
