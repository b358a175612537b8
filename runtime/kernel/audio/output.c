/* SPDX-License-Identifier: Apache-2.0 */
#include "audio.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * Files that libsndfile writes, through our own system calls: libsndfile's would be repeated forever if one is always interrupted, and it does not
 * report errors that occur while the file is closed.
 */

static sf_count_t get_length(void *user)
{
	return (sf_count_t)((const struct sound_output *)user)->length;
}

static sf_count_t tell(void *user)
{
	return (sf_count_t)((const struct sound_output *)user)->position;
}

static sf_count_t seek(sf_count_t offset, int whence, void *user)
{
	struct sound_output *output = user;
	sf_count_t from = whence == SEEK_CUR ? tell(user) : whence == SEEK_END ? get_length(user) : 0;

	if (offset < -from)
		return -1;
	output->position = (uint64_t)(from + offset);
	return from + offset;
}

static sf_count_t read_back(void *to, sf_count_t bytes, void *user)
{
	struct sound_output *output = user;
	ssize_t got = sound_read(output->fd, output->position, to, (size_t)bytes);

	if (got < 0) {
		output->error = (int)got;
		return 0;
	}
	output->position += (uint64_t)got;
	return got;
}

/* After a failure, write nothing more: later data would be at the wrong position. */
static sf_count_t write_some(const void *from, sf_count_t bytes, void *user)
{
	struct sound_output *output = user;
	unsigned interrupted = 0;
	size_t done = 0;

	while (done < (size_t)bytes && !output->error) {
		ssize_t put = pwrite(output->fd, (const char *)from + done, (size_t)bytes - done,
				     (off_t)output->position);

		if (put < 0 && sound_interrupted(&interrupted))
			continue;
		if (put <= 0) {
			output->error = put < 0 ? -errno : -EIO;
			break;
		}
		done += (size_t)put;
		output->position += (uint64_t)put;
	}
	if (output->position > output->length)
		output->length = output->position;
	return (sf_count_t)done;
}

SNDFILE *sound_create(struct sound_output *output, SF_INFO *sf)
{
	static SF_VIRTUAL_IO io = { get_length, seek, read_back, write_some, tell };

	output->position = output->length = 0;
	output->error = 0;
	return sf_open_virtual(&io, SFM_WRITE, sf, output);
}
