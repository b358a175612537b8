/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The pages of an Ogg file. The file may contain several consecutive sounds ("chained"), but libsndfile reads only the first one. It skips damaged
 * pages silently, and it treats a truncated file as a shorter one.
 */
#define PAGE_MAX   (27 + 255 + 255 * 255)
#define PAGE_BEGIN 2u
#define PAGE_END   4u

struct page {
	size_t bytes;
	unsigned flags;
	uint32_t stream, number;
	bool sound; /* the page has a time stamp; header pages have none */
};

static uint32_t checksum(const unsigned char *page, size_t n)
{
	static const uint32_t table[16] = { 0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9,
					    0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005,
					    0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
					    0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd };
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++) { /* the checksum field itself counts as zeros */
		uint32_t byte = i >= 22 && i < 26 ? 0 : page[i];

		sum = sum << 4 ^ table[sum >> 28 ^ byte >> 4];
		sum = sum << 4 ^ table[sum >> 28 ^ (byte & 15)];
	}
	return sum;
}

static uint32_t get32(const unsigned char *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Returns 1 if these bytes begin with a complete page, 0 if it is incomplete, -EBADMSG if it is damaged or not a page. */
static int parse_page(const unsigned char *at, size_t n, struct page *ret)
{
	static const unsigned char zeros[8];
	size_t header, bytes;

	if (memcmp(at, "OggS", n < 4 ? n : 4) != 0 || (n > 4 && at[4] != 0))
		return -EBADMSG;
	if (n < 27 || n < (header = 27 + (size_t)at[26]))
		return 0;
	bytes = header;
	for (size_t i = 27; i < header; i++)
		bytes += at[i];
	if (n < bytes)
		return 0;
	*ret = (struct page){ bytes, at[5], get32(at + 14), get32(at + 18), memcmp(at + 6, zeros, 8) != 0 };
	return checksum(at, bytes) == get32(at + 22) ? 1 : -EBADMSG;
}

static int begin_link(struct ogg_links *links, uint64_t at)
{
	if (links->n == links->capacity) {
		size_t capacity = links->capacity ? 2 * links->capacity : 4;
		struct ogg_link *grown = realloc(links->links, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		links->links = grown;
		links->capacity = capacity;
	}
	links->links[links->n++] = (struct ogg_link){ .start = at };
	return 0;
}

/* A page that begins a stream begins a link, unless it follows another such page. */
static int take_page(struct ogg_links *links, uint64_t at, const struct page *page, bool *beginning)
{
	bool begins = page->flags & PAGE_BEGIN;
	struct ogg_link *link;
	int r;

	if ((!links->n || (begins && !*beginning)) && (r = begin_link(links, at)) < 0)
		return r;
	*beginning = begins;
	link = &links->links[links->n - 1];
	link->end = at + page->bytes;
	link->ended |= (page->flags & PAGE_END) != 0;
	return 0;
}

/* Does another page follow? If not, this is only data at the end of the file. */
static bool page_follows(const unsigned char *at, size_t n)
{
	struct page page;

	for (size_t i = 1; i + 27 <= n; i++)
		if (at[i] == 'O' && parse_page(at + i, n - i, &page) == 1)
			return true;
	return false;
}

/* Are pages missing between these two? A stream that was recorded from the middle on has a gap before its first sound. */
static bool is_gap(const struct page *last, const struct page *page)
{
	return last->sound && page->stream == last->stream && !(page->flags & PAGE_BEGIN) &&
	       page->number > last->number + 1;
}

/* There is no valid page here. Is it more than a page that the end of the file has truncated? */
static bool is_damaged(const struct ogg_links *links, const unsigned char *at, size_t n, int parsed)
{
	bool begun = memcmp(at, "OggS", n < 4 ? n : 4) == 0;

	if (parsed < 0 && (begun || !links->links[links->n - 1].ended))
		return true;
	return page_follows(at, n);
}

static int walk(int fd, uint64_t size, unsigned char *bytes, struct ogg_links *ret)
{
	bool beginning = false;
	uint64_t at = 0;
	struct page page, last = { 0 };

	while (at < size) {
		ssize_t got = sound_read(fd, at, bytes, 2 * PAGE_MAX);
		size_t used = 0;
		int r = 0;

		if (got <= 0)
			return (int)got;
		while (used < (size_t)got && (r = parse_page(bytes + used, (size_t)got - used, &page)) == 1) {
			if (is_gap(&last, &page)) {
				ret->damaged = at + used;
				return 0;
			}
			last = page;
			if ((r = take_page(ret, at + used, &page, &beginning)) < 0)
				return r;
			used += page.bytes;
		}
		at += used;
		if (used)
			continue; /* continue the search there */
		if (!ret->n && r < 0)
			return 0; /* not Ogg */
		if (ret->n && is_damaged(ret, bytes, (size_t)got, r))
			ret->damaged = at;
		else
			ret->trailing = size - at;
		return 0;
	}
	return 0;
}

int ogg_examine(int fd, uint64_t size, struct ogg_links *ret)
{
	unsigned char *bytes = malloc(2 * PAGE_MAX);
	int r = bytes ? walk(fd, size, bytes, ret) : -ENOMEM;

	free(bytes);
	return r;
}
