/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Examines what the headers of sound files say about the length of the sound. If a recorder was killed, if the disk was full, or if the file was written to
 * a pipe, the length in the header is missing or wrong. libsndfile trusts some of these headers, corrects others, and does not say which.
 */

static uint64_t get_number(const unsigned char *at, unsigned bytes, bool big)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * (big ? bytes - 1 - i : i);
	return value;
}

static void put_number(struct sound_patch *patch, uint64_t at, uint64_t value, unsigned bytes, bool big)
{
	*patch = (struct sound_patch){ .at = at, .n = bytes };
	for (unsigned i = 0; i < bytes; i++)
		patch->bytes[i] = (unsigned char)(value >> 8 * (big ? bytes - 1 - i : i));
}

/* ---- files of chunks; a chunk is an id, a size, and that many bytes ---- */

struct layout {
	const char *magic, *form; /* at byte 0, and at byte 8; NULL: any */
	const char *sound;	  /* the id of the chunk with the sound */
	unsigned first;		  /* position of the first chunk */
	unsigned id_bytes, size_bytes;
	bool big;	    /* numbers are big endian */
	bool counts_itself; /* a chunk's size includes its id and size */
	unsigned align;
	unsigned skip; /* bytes in the sound chunk before the sound */
};

static const struct layout layouts[] = {
	{ "RIFF", "WAVE", "data", 12, 4, 4, false, false, 2, 0 },
	{ "RIFX", "WAVE", "data", 12, 4, 4, true, false, 2, 0 },
	{ "RF64", "WAVE", "data", 12, 4, 4, false, false, 2, 0 },
	{ "FORM", "AIF", "SSND", 12, 4, 4, true, false, 2, 8 },
	{ "caff", NULL, "data", 8, 4, 8, true, false, 1, 4 },
	{ "riff\x2e\x91\xcf\x11", NULL, "data", 40, 16, 8, false, true, 8, 0 },
};

/* The file of chunks that is being examined. */
struct chunks {
	int fd;
	uint64_t size; /* of the file */
	const struct layout *layout;
};

struct chunk {
	unsigned char id[16];
	uint64_t at, body;
	uint64_t bytes;	 /* size of the body according to the file; SOUND_UNKNOWN: all bits are ones */
	uint64_t behind; /* position of the next chunk */
};

/* Returns 1 if there is a chunk at `at`, 0 if there is none, or a negative errno. */
static int read_chunk(const struct chunks *chunks, uint64_t at, struct chunk *ret)
{
	const struct layout *layout = chunks->layout;
	unsigned header = layout->id_bytes + layout->size_bytes;
	unsigned char bytes[24];
	ssize_t got = sound_read(chunks->fd, at, bytes, header);
	uint64_t ones = layout->size_bytes == 8 ? UINT64_MAX : UINT32_MAX, n;

	if (got < (ssize_t)header)
		return got < 0 ? (int)got : 0;
	for (unsigned i = 0; i < 4; i++)
		if (bytes[i] < ' ' || bytes[i] > '~')
			return 0;
	memcpy(ret->id, bytes, layout->id_bytes);
	n = get_number(bytes + layout->id_bytes, layout->size_bytes, layout->big);
	if (n != ones && layout->counts_itself)
		n = n < header ? 0 : n - header;
	ret->at = at;
	ret->body = at + header;
	ret->bytes = n == ones ? SOUND_UNKNOWN : n;
	if (ret->bytes > chunks->size || ret->body + ret->bytes > chunks->size)
		ret->behind = SOUND_UNKNOWN;
	else
		ret->behind = at + (ret->body - at + ret->bytes + layout->align - 1) / layout->align *
					   layout->align;
	return 1;
}

/* Is the rest of the file a sequence of chunks? The last chunk may lack its padding. */
static int chunks_follow(const struct chunks *chunks, uint64_t at)
{
	struct chunk chunk;
	int r;

	while (at < chunks->size) {
		if ((r = read_chunk(chunks, at, &chunk)) <= 0)
			return r;
		if (chunk.behind == SOUND_UNKNOWN)
			return 0;
		at = chunk.behind;
	}
	return 1;
}

/*
 * If the sound chunk of an RF64 file says that its size is unknown, the size is in a separate chunk. Returns 1 if there is such a chunk, 0 if there is
 * none, or a negative errno.
 */
static int use_ds64(const struct chunks *chunks, uint64_t *said, uint64_t *at)
{
	unsigned char bytes[16];
	struct chunk chunk;
	ssize_t got;
	int r = read_chunk(chunks, chunks->layout->first, &chunk);

	if (r <= 0 || memcmp(chunk.id, "ds64", 4) != 0 || chunk.bytes < sizeof(bytes))
		return r < 0 ? r : 0;
	got = sound_read(chunks->fd, chunk.body, bytes, sizeof(bytes));
	if (got < (ssize_t)sizeof(bytes))
		return got < 0 ? (int)got : 0;
	*said = get_number(bytes + 8, 8, false);
	*at = chunk.body + 8;
	return 1;
}

static int find_sound(const struct chunks *chunks, struct chunk *ret)
{
	int r;

	ret->behind = chunks->layout->first;
	do {
		r = read_chunk(chunks, ret->behind, ret);
		if (r <= 0)
			return r;
		if (memcmp(ret->id, chunks->layout->sound, 4) == 0)
			return 1;
	} while (ret->behind != SOUND_UNKNOWN);
	return 0;
}

/* AIFF files state the number of frames in another chunk, too. */
static int read_comm(const struct chunks *chunks, uint64_t *frames)
{
	struct chunk chunk = { .behind = chunks->layout->first };
	unsigned char bytes[4];
	ssize_t got;
	int r;

	do {
		r = read_chunk(chunks, chunk.behind, &chunk);
		if (r <= 0)
			return r;
	} while (memcmp(chunk.id, "COMM", 4) != 0 && chunk.behind != SOUND_UNKNOWN);
	if (memcmp(chunk.id, "COMM", 4) != 0)
		return 0;
	got = sound_read(chunks->fd, chunk.body + 2, bytes, sizeof(bytes));
	if (got == (ssize_t)sizeof(bytes))
		*frames = get_number(bytes, 4, true);
	return got < 0 ? (int)got : 0;
}

static int examine_chunks(const struct chunks *chunks, struct sound_facts *ret)
{
	const struct layout *layout = chunks->layout;
	unsigned size_bytes = layout->size_bytes;
	struct chunk sound;
	uint64_t size_at, room, end, is, most;
	int r = find_sound(chunks, &sound);

	if (r <= 0 || sound.body + layout->skip > chunks->size)
		return r < 0 ? r : 0;
	if (strcmp(layout->magic, "FORM") == 0 && (r = read_comm(chunks, &ret->frames)) < 0)
		return r;
	size_at = sound.at + layout->id_bytes;
	if (strcmp(layout->magic, "RF64") == 0 && sound.bytes == SOUND_UNKNOWN) {
		if ((r = use_ds64(chunks, &sound.bytes, &size_at)) < 0)
			return r;
		ret->no_size = r == 0;
		size_bytes = r ? 8 : 4;
	}
	room = chunks->size - sound.body - layout->skip;
	most = size_bytes == 8 ? INT64_MAX : UINT32_MAX - 1;
	ret->sized = true;
	ret->there = room;
	ret->said = sound.bytes;
	if (ret->said != SOUND_UNKNOWN)
		ret->said -= ret->said < layout->skip ? ret->said : layout->skip;
	/* The file is truncated, or the size is unknown or was never filled in: give libsndfile the actual size. */
	is = room + layout->skip + (layout->counts_itself ? sound.body - sound.at : 0);
	put_number(&ret->patch, size_at, is < most ? is : most, size_bytes, layout->big);
	if (ret->said > room)
		return 0;
	end = sound.body + layout->skip + ret->said;
	end += (layout->align - (end - sound.at) % layout->align) % layout->align;
	r = chunks_follow(chunks, end);
	if (r < 0)
		return r;
	if (!r && !ret->said)
		return 0;
	ret->patch.n = 0; /* the size is right */
	ret->there = ret->said;
	ret->trailing = r ? 0 : chunks->size - end;
	/* In a W64 file, libsndfile treats everything after the sound as sound. In other formats it may need the chunks there: AIFF chunks have no fixed order. */
	if (!r || layout->id_bytes == 16)
		ret->end = sound.body + layout->skip + ret->said;
	return 0;
}

/* ---- AU: a header, followed by the sound up to the end of the file ---- */

static int examine_au(int fd, uint64_t size, bool big, struct sound_facts *ret)
{
	unsigned char bytes[12];
	ssize_t got = sound_read(fd, 0, bytes, sizeof(bytes));
	uint64_t start, said;

	if (got < (ssize_t)sizeof(bytes))
		return got < 0 ? (int)got : 0;
	start = get_number(bytes + 4, 4, big);
	said = get_number(bytes + 8, 4, big);
	if (start < 24 || start > size)
		return 0;
	ret->sized = true;
	ret->there = size - start;
	ret->said = said == UINT32_MAX ? SOUND_UNKNOWN : said;
	/* libsndfile treats sizes of 2^31 or more as negative. If the size is unknown, it reads up to the end. */
	put_number(&ret->patch, 8, UINT32_MAX, 4, big);
	if (said && said < ret->there && said != UINT32_MAX) {
		ret->trailing = ret->there - said;
		ret->there = said;
		ret->end = start + said;
	}
	return 0;
}

/* ---- FLAC ---- */

#define FLAC_TAIL ((size_t)1 << 20) /* longer frames are not searched for */

/* The checksum of a frame together with its own checksum is 0. */
static unsigned flac_checksum(const unsigned char *at, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum ^= (unsigned)at[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			sum = sum & 0x8000 ? sum << 1 ^ 0x8005 : sum << 1;
		sum &= 0xffff;
	}
	return sum;
}

/* Is there a frame that ends exactly at the end of the file? */
static int flac_ends(int fd, uint64_t size, bool *ret)
{
	size_t n = size < FLAC_TAIL ? (size_t)size : FLAC_TAIL;
	unsigned char *tail = malloc(n);
	ssize_t got;

	if (!tail)
		return -ENOMEM;
	got = sound_read(fd, size - n, tail, n);
	for (size_t i = 6; got == (ssize_t)n && !*ret && i <= n; i++)
		if (tail[n - i] == 0xff && (tail[n - i + 1] & 0xfe) == 0xf8)
			*ret = flac_checksum(tail + n - i, i) == 0;
	free(tail);
	return got < 0 ? (int)got : 0;
}

/* Does the file end with its last metadata block, that is, contain no sound? */
static int flac_empty(int fd, uint64_t size, bool *ret)
{
	unsigned char head[4] = { 0 };
	uint64_t at = 4;
	ssize_t got = 4;

	while (got == 4 && at < size && !(head[0] & 0x80)) {
		got = sound_read(fd, at, head, sizeof(head));
		at += 4 + (got == 4 ? get_number(head + 1, 3, true) : 0);
	}
	*ret = got == 4 && at == size && head[0] & 0x80;
	return got < 0 ? (int)got : 0;
}

static int examine_flac(int fd, uint64_t size, struct sound_facts *ret)
{
	unsigned char bytes[26];
	ssize_t got = sound_read(fd, 0, bytes, sizeof(bytes));

	if (got < (ssize_t)sizeof(bytes) || (bytes[4] & 0x7f) != 0)
		return got < 0 ? (int)got : 0;
	ret->flac = true;
	ret->frames = get_number(bytes + 21, 5, true) & 0xfffffffff;
	if (!ret->frames)
		ret->frames = SOUND_UNKNOWN;
	/* libsndfile would stop after that number of frames. */
	put_number(&ret->patch, 21, (uint64_t)(bytes[21] & 0xf0) << 32, 5, true);
	got = ret->frames == SOUND_UNKNOWN ? flac_empty(fd, size, &ret->flac_whole) : 0;
	return got < 0 ? (int)got : ret->flac_whole ? 0 : flac_ends(fd, size, &ret->flac_whole);
}

/* ---- */

int sound_examine(int fd, uint64_t size, struct sound_facts *ret)
{
	unsigned char bytes[16] = { 0 };
	ssize_t got = sound_read(fd, 0, bytes, sizeof(bytes));

	*ret = (struct sound_facts){ .said = SOUND_UNKNOWN, .frames = SOUND_UNKNOWN, .end = size };
	if (got < 0)
		return (int)got;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		const struct layout *layout = &layouts[i];
		struct chunks chunks = { fd, size, layout };

		if (memcmp(bytes, layout->magic, strlen(layout->magic)) == 0 &&
		    (!layout->form || memcmp(bytes + 8, layout->form, strlen(layout->form)) == 0))
			return examine_chunks(&chunks, ret);
	}
	if (memcmp(bytes, ".snd", 4) == 0 || memcmp(bytes, "dns.", 4) == 0)
		return examine_au(fd, size, bytes[0] == '.', ret);
	return memcmp(bytes, "fLaC", 4) == 0 ? examine_flac(fd, size, ret) : 0;
}
