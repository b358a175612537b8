/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_FRONT_STREAM_H
#define PEL_EMU_FRONT_STREAM_H

#include <sys/uio.h>

#include "emulator-model.h"
#include "wire.h"

/* The socket to the host. While waiting for it, these functions call pel_emu_tick(). */

#define PEL_FRONT_SMALL_BYTES 4096 /* smaller reads go through stream->in */

struct pel_front_stream {
	struct pel_emu *emu;
	int fd;
	pid_t host;
	bool gone; /* the host */
	bool in_message;
	unsigned silent_ticks; /* without a byte. Ticks, not time: a suspended machine or process does not count */
	unsigned look_at;      /* outside of a message: when to check whether the host waits for an answer */
	unsigned waited;       /* how many checks in a row found it waiting */
	unsigned char in[PEL_FRONT_SMALL_BYTES + PEL_WIRE_HEADER_BYTES];
	size_t in_at, in_end; /* in[in_at, in_end) is received but not used yet */
};

void pel_front_stream_init(struct pel_front_stream *stream, struct pel_emu *emu, int fd);
/* Receive exactly `size` bytes into `bytes`; small reads may receive more into stream->in. False: the host has gone. */
bool pel_front_receive(struct pel_front_stream *stream, void *bytes, size_t size);
/* Receive and discard `size` bytes. */
void pel_front_skip(struct pel_front_stream *stream, uint64_t size);
/* Send all of it; `parts` is modified. */
void pel_front_send(struct pel_front_stream *stream, struct iovec *parts, int n_parts);
/* The current message is complete. */
void pel_front_message_end(struct pel_front_stream *stream);

#endif
