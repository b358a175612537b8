/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Finds out why a FLAC file has fewer frames than its header says. libsndfile stops at a damaged frame and at the end of the file, and does not
 * distinguish the two. In this file, a "block" is what the format calls a frame: several thousand samples of each channel.
 */
#define BLOCK_MAX \
	((size_t)4 << 20) /* no block is longer: 65,535 samples of 8 channels and 32 bits are 2 MiB */
#define BUFFER	   (2 * BLOCK_MAX)
#define HEADER_MAX 16

/* ---- the header of a block ---- */

struct block {
	unsigned header_bytes;
	bool variable;	 /* blocks are of different sizes */
	uint64_t number; /* of the block, or of its first sample if sizes vary */
	uint32_t samples;
	unsigned channels,
		side;  /* `side`: the channel with one extra bit; equal to `channels` if there is none */
	unsigned bits; /* of a sample; 0: as in the file's header */
};

static unsigned checksum8(const unsigned char *at, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (sum & 0x80 ? sum << 1 ^ 0x07 : sum << 1) & 0xff;
	}
	return sum;
}

/* Decodes a number of up to 36 bits that is encoded like a UTF-8 character. Returns its length in bytes; 0: the encoding is invalid. */
static unsigned read_number(const unsigned char *at, uint64_t *ret)
{
	unsigned bytes = 0;

	while (bytes < 8 && at[0] & 0x80u >> bytes)
		bytes++;
	if (bytes == 1 || bytes == 8)
		return 0;
	*ret = bytes ? at[0] & 0x7fu >> bytes : at[0];
	for (unsigned i = 1; i < bytes; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*ret = *ret << 6 | (at[i] & 0x3f);
	}
	return bytes ? bytes : 1;
}

static bool read_header(const unsigned char *bytes, size_t n, struct block *ret)
{
	static const unsigned char bits[8] = { 0, 8, 12, 0, 16, 20, 24, 32 };
	unsigned char at[HEADER_MAX] = { 0 }; /* the last block may be shorter */
	unsigned size, rate, assignment, used;

	memcpy(at, bytes, n < HEADER_MAX ? n : HEADER_MAX);
	size = at[2] >> 4;
	rate = at[2] & 15;
	assignment = at[3] >> 4;
	if (at[0] != 0xff || (at[1] & 0xfe) != 0xf8 || !size || rate == 15 || assignment > 10 ||
	    (at[3] >> 1 & 7) == 3 || (at[3] & 1) || !(used = read_number(at + 4, &ret->number)))
		return false;
	used += 4;
	ret->samples = size == 1   ? 192
		       : size == 6 ? at[used] + 1u
		       : size == 7 ? (at[used] << 8 | at[used + 1]) + 1u
		       : size < 6  ? 576u << (size - 2)
				   : 256u << (size - 8);
	used += (size == 6) + 2 * (size == 7) + (rate == 12) + 2 * (rate == 13 || rate == 14) + 1;
	ret->header_bytes = used;
	ret->variable = at[1] & 1;
	ret->channels = assignment < 8 ? assignment + 1 : 2;
	ret->side = assignment < 8 ? ret->channels : assignment == 9 ? 0 : 1;
	ret->bits = bits[at[3] >> 1 & 7];
	return used <= n && checksum8(at, used) == 0;
}

/* ---- the length of a block ---- */

struct bits {
	const unsigned char *at;
	uint64_t n, used; /* used > n: there were not enough bits */
};

static unsigned take(struct bits *bits, unsigned n)
{
	unsigned value = 0;

	for (; n; n--, bits->used++)
		value = value << 1 |
			(bits->used < bits->n ? bits->at[bits->used / 8] >> (7 - bits->used % 8) & 1 : 0);
	return value;
}

/* Counts the zeros before the next one. */
static unsigned take_zeros(struct bits *bits)
{
	unsigned n = 0;

	while (bits->used <= bits->n && !take(bits, 1))
		n++;
	return n;
}

/* Skips the residual. false: it is invalid. */
static bool skip_residual(struct bits *bits, uint32_t samples, unsigned order)
{
	unsigned method = take(bits, 2), width = method ? 5 : 4, partitions = take(bits, 4);

	if (method > 1 || samples >> partitions << partitions != samples || samples >> partitions < order)
		return bits->used > bits->n;
	for (uint32_t i = 0; i < 1u << partitions && bits->used <= bits->n; i++) {
		uint32_t n = (samples >> partitions) - (i ? 0 : order);
		unsigned parameter = take(bits, width);

		if (parameter == (1u << width) - 1) {
			bits->used += (uint64_t)take(bits, 5) * n;
			continue;
		}
		for (; n && bits->used <= bits->n; n--) {
			take_zeros(bits);
			bits->used += parameter;
		}
	}
	return true;
}

static bool skip_channel(struct bits *bits, uint32_t samples, unsigned width)
{
	unsigned head = take(bits, 8), type = head >> 1 & 63, order;

	if (head & 0x80)
		return bits->used > bits->n;
	if (head & 1)
		width -= take_zeros(bits) + 1;
	if (width > 33)
		return bits->used > bits->n;
	if (type < 2) {
		bits->used += type ? (uint64_t)width * samples : width;
		return true;
	}
	if (type < 8 || (type > 12 && type < 32))
		return bits->used > bits->n;
	order = type < 32 ? type - 8 : type - 31;
	bits->used += (uint64_t)order * width;
	if (type >= 32) {
		unsigned precision = take(bits, 4) + 1;

		take(bits, 5);
		bits->used += order * precision;
	}
	return skip_residual(bits, samples, order);
}

/* The length in bytes of the block at `at`, including its checksum; SIZE_MAX: more than `n`; 0: the block is invalid. */
static size_t measure(const unsigned char *at, size_t n, const struct block *block, unsigned file_bits)
{
	struct bits bits = { at, 8 * (uint64_t)n, 8 * (uint64_t)block->header_bytes };

	for (unsigned i = 0; i < block->channels && bits.used <= bits.n; i++)
		if (!skip_channel(&bits, block->samples,
				  (block->bits ? block->bits : file_bits) + (i == block->side)))
			return 0;
	return (bits.used + 7) / 8 + 2 <= n ? (size_t)((bits.used + 7) / 8 + 2) : SIZE_MAX;
}

/* ---- the blocks of a file ---- */

struct walk {
	int fd;
	bool missing;	   /* according to the file's header, there are more blocks than could be read */
	uint64_t size;	   /* of the file */
	uint64_t at;	   /* position of the current block */
	uint64_t longest;  /* length of the longest block according to the file's header; 0: unknown */
	unsigned bits;	   /* per sample according to the file's header */
	uint64_t expected; /* number of the next block */
	unsigned char *buffer;
	uint64_t start; /* file position of the first byte in it */
	size_t n;
	uint16_t sums[256];
};

/* Reads the bytes from walk->at on: to the end of the file, or at least BLOCK_MAX. */
static int fill(struct walk *walk)
{
	ssize_t got;

	if (walk->start + walk->n >= walk->size || walk->start + walk->n - walk->at >= BLOCK_MAX)
		return 0;
	got = sound_read(walk->fd, walk->at, walk->buffer, BUFFER);
	if (got < 0)
		return (int)got;
	walk->start = walk->at;
	walk->n = (size_t)got;
	if (walk->n < BUFFER)
		walk->size = walk->at + walk->n; /* also if the file shrank */
	return 0;
}

static void make_sums(uint16_t *sums)
{
	for (unsigned i = 0; i < 256; i++) {
		unsigned sum = i << 8;

		for (int bit = 0; bit < 8; bit++)
			sum = (sum & 0x8000 ? sum << 1 ^ 0x8005 : sum << 1) & 0xffff;
		sums[i] = (uint16_t)sum;
	}
}

static uint16_t add_to_sum(const struct walk *walk, uint16_t sum, unsigned char byte)
{
	return (uint16_t)(sum << 8 ^ walk->sums[sum >> 8 ^ byte]);
}

/* Returns the end of this block, where the checksum is right and another block begins or the file ends; 0: there is no such place. */
static size_t find_end(const struct walk *walk, const unsigned char *at, size_t n, const struct block *block)
{
	struct block next;
	uint16_t sum = 0;

	for (size_t i = 0; i < n && i < BLOCK_MAX; i++) {
		if (sum == 0 && i >= block->header_bytes && read_header(at + i, n - i, &next))
			return i;
		sum = add_to_sum(walk, sum, at[i]);
	}
	return sum == 0 && n < BLOCK_MAX ? n : 0;
}

/* Does a later block begin after this one? */
static bool block_follows(const unsigned char *at, size_t n, const struct block *block)
{
	struct block next;

	for (size_t i = 1; i < n; i++)
		if (at[i] == 0xff && read_header(at + i, n - i, &next) && next.variable == block->variable &&
		    next.number > block->number)
			return true;
	return false;
}

/* This block has no end: is it truncated or damaged? What is left of a truncated block is valid. */
static bool damaged_block(const struct walk *walk, const unsigned char *at, size_t n, const struct block *block)
{
	size_t bytes = measure(at, n, block, walk->bits);
	uint16_t sum = 0;

	if (bytes == 0 || (bytes == SIZE_MAX && walk->longest && n > walk->longest) ||
	    block_follows(at, n, block))
		return true;
	if (bytes == SIZE_MAX)
		return false;
	for (size_t i = 0; i < bytes; i++)
		sum = add_to_sum(walk, sum, at[i]);
	/* Other data may follow the last block. */
	return sum != 0 || (walk->missing && n - bytes >= HEADER_MAX);
}

static int walk_blocks(struct walk *walk)
{
	struct block block = { 0 }, next;

	while (walk->at < walk->size) {
		const unsigned char *at;
		size_t n, bytes;
		int r = fill(walk);

		if (r < 0)
			return r;
		at = walk->buffer + (walk->at - walk->start);
		n = walk->n - (size_t)(walk->at - walk->start);
		if (!read_header(at, n, &next)) /* unless the file ends in the middle of a header */
			return (n >= HEADER_MAX && walk->missing) || block_follows(at, n, &block);
		block = next;
		if (walk->expected && block.number != walk->expected)
			return 1;
		bytes = find_end(walk, at, n, &block);
		if (!bytes)
			return damaged_block(walk, at, n, &block);
		walk->expected = block.number + (block.variable ? block.samples : 1);
		walk->at += bytes;
	}
	return 0;
}

/* Finds where the blocks begin, and reads the file's header. */
static int skip_metadata(struct walk *walk)
{
	unsigned char bytes[22] = { 0 };
	bool last = false;

	for (walk->at = 4; !last;) {
		ssize_t got = sound_read(walk->fd, walk->at, bytes, sizeof(bytes));

		if (got < 4)
			return got < 0 ? (int)got : 0;
		if (walk->at == 4) {
			walk->longest = (uint64_t)bytes[11] << 16 | bytes[12] << 8 | bytes[13];
			walk->bits = (unsigned)((bytes[16] & 1) << 4 | bytes[17] >> 4) + 1;
		}
		last = bytes[0] & 0x80;
		walk->at += 4 + ((uint64_t)bytes[1] << 16 | bytes[2] << 8 | bytes[3]);
	}
	walk->start = walk->at;
	return 0;
}

int flac_is_damaged(int fd, uint64_t size, bool missing)
{
	struct walk walk = { .fd = fd, .missing = missing, .size = size, .buffer = malloc(BUFFER) };
	int r;

	if (!walk.buffer)
		return -ENOMEM;
	make_sums(walk.sums);
	r = skip_metadata(&walk);
	if (r == 0)
		r = walk_blocks(&walk);
	free(walk.buffer);
	return r;
}
