/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_AUDIO_H
#define PEL_AUDIO_H

#include <pelton/kernel.h>

#include <errno.h>
#include <sndfile.h>

extern const struct pel_kernel pel_audio_read, pel_audio_write;

/* Opens the file of parameter 'file', without waiting for the other end of a named pipe. Returns the descriptor, or a negative errno with a message. */
int audio_open_path(struct pel_info *info, int flags, const char *doing, const char **path);
/* Number of channels in a frame of this type. */
int audio_channels(const struct pel_type *type);

/*
 * After a failed system call: was it interrupted, so that it can be repeated? This has a limit: a call that is always interrupted
 * fails with EINTR, because a run must end. *times is 0 at the start of each piece of work.
 */
static inline bool sound_interrupted(unsigned *times)
{
	return errno == EINTR && ++*times < 1000;
}

/* ---- input.c: the view of a file that libsndfile gets ---- */

/* Bytes that replace others in this view. */
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

/* Opens `input`, which must not move until sf_close(). Returns NULL on failure, as sf_open() does. */
SNDFILE *sound_open(struct sound_input *input, SF_INFO *sf);
/* Reads up to `bytes` bytes from byte `at` of the file. Returns how many were read, or a negative errno. */
ssize_t sound_read(int fd, uint64_t at, void *to, size_t bytes);

/* ---- output.c: the file that libsndfile writes ---- */

struct sound_output {
	int fd;
	uint64_t position, length;
	int error; /* a negative errno of the first call that failed; 0: none did */
};

/* Creates a sound in the empty file `output`, which must not move until sf_close(). Returns NULL on failure, as sf_open() does. */
SNDFILE *sound_create(struct sound_output *output, SF_INFO *sf);

/* ---- header.c: the length according to a file's header ---- */

#define SOUND_UNKNOWN UINT64_MAX

struct sound_facts {
	/* For formats in which the sound is a contiguous piece of the file, preceded by its size: WAV, RF64, W64, AIFF, AU, CAF. */
	bool sized;
	bool no_size;  /* an RF64 file without the chunk that should contain the size */
	uint64_t said; /* bytes of sound according to the header, or SOUND_UNKNOWN */
	uint64_t there; /* bytes from the first byte of sound to the end of the file, or to a valid chunk after the sound */
	uint64_t trailing; /* bytes after that which belong to no chunk */
	uint64_t frames;   /* according to an AIFF or FLAC header, or SOUND_UNKNOWN */
	bool flac;
	bool flac_whole; /* it ends with a whole frame */
	/* The view that libsndfile gets, so that it reads all the sound that is there. */
	struct sound_patch patch;
	uint64_t end;
};

/* Returns 0, or a negative errno if the file cannot be read. For other formats, no facts are set. */
int sound_examine(int fd, uint64_t size, struct sound_facts *ret);

/* ---- flac.c ---- */

/*
 * Returns 1 if a part of the FLAC file is damaged; 0 if at most the end is missing; or a negative errno. `missing`: frames are known to be
 * missing, so bytes that are not a frame mean damage.
 */
int flac_is_damaged(int fd, uint64_t size, bool missing);

/* ---- ogg.c ---- */

/* One of several consecutive sounds in an Ogg file. */
struct ogg_link {
	uint64_t start, end;
	bool ended; /* its last page is present */
};

struct ogg_links {
	struct ogg_link *links; /* malloc'ed */
	size_t n, capacity;
	uint64_t trailing; /* bytes after the last page that are not a page */
	uint64_t damaged;  /* the position of a damaged page; SOUND_UNKNOWN: there is none */
};

/* Finds the links of a file; there are none if it is not an Ogg file. Returns 0 or a negative errno. The caller frees ret->links, even after a failure. */
int ogg_examine(int fd, uint64_t size, struct ogg_links *ret);

#endif
