/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

ssize_t sound_read(int fd, uint64_t at, void *to, size_t bytes)
{
	unsigned interrupted = 0;
	size_t done = 0;

	while (done < bytes) {
		ssize_t got = pread(fd, (char *)to + done, bytes - done, (off_t)(at + done));

		if (got < 0 && sound_interrupted(&interrupted))
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

static sf_count_t get_length(void *user)
{
	const struct sound_input *input = user;

	return (sf_count_t)(input->end - input->start);
}

static sf_count_t seek(sf_count_t offset, int whence, void *user)
{
	struct sound_input *input = user;
	sf_count_t from = whence == SEEK_CUR   ? (sf_count_t)input->position
			  : whence == SEEK_END ? get_length(user)
					       : 0;

	if (offset < -from)
		return -1;
	input->position = (uint64_t)(from + offset);
	return from + offset;
}

/* Applies the part of the patch that lies within these bytes. */
static void apply(const struct sound_patch *patch, uint64_t at, unsigned char *bytes, size_t n)
{
	for (unsigned i = 0; i < patch->n; i++)
		if (patch->at + i >= at && patch->at + i - at < n)
			bytes[patch->at + i - at] = patch->bytes[i];
}

static sf_count_t read_some(void *to, sf_count_t bytes, void *user)
{
	struct sound_input *input = user;
	uint64_t at = input->start + input->position, left = at < input->end ? input->end - at : 0;
	size_t wanted = (uint64_t)bytes < left ? (size_t)bytes : (size_t)left;
	ssize_t got = sound_read(input->fd, at, to, wanted);

	if (got < 0) {
		input->error = (int)got;
		return 0;
	}
	apply(&input->patch, at, to, (size_t)got);
	input->position += (uint64_t)got;
	return got;
}

static sf_count_t write_nothing(const void *from, sf_count_t bytes, void *user)
{
	(void)from, (void)bytes, (void)user;
	return 0;
}

static sf_count_t tell(void *user)
{
	return (sf_count_t)((const struct sound_input *)user)->position;
}

SNDFILE *sound_open(struct sound_input *input, SF_INFO *sf)
{
	static SF_VIRTUAL_IO io = { get_length, seek, read_some, write_nothing, tell };

	memset(sf, 0, sizeof(*sf));
	input->position = 0;
	input->error = 0;
	return sf_open_virtual(&io, SFM_READ, sf, input);
}
