/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_FRONT_STREAM_H
#define PEL_EMU_FRONT_STREAM_H

#include <sys/uio.h>

#include "emulator-model.h"
#include "wire.h"

/* The socket to the host: bytes in and out, while compute units are looked after. */

#define PEL_FRONT_SMALL_BYTES 4096 /* of a message that is looked at as a whole */

struct pel_front_stream {
	struct pel_emu *emu;
	int fd;
	pid_t host;
	bool gone; /* the host */
	bool in_message;
	unsigned silent_ticks; /* Ticks, so that a machine or a process that was stopped counts for nothing */
	unsigned look_at;      /* outside of a message: when to see whether the host waits for an answer */
	unsigned waited;       /* so often in a row it did */
	unsigned char in[PEL_FRONT_SMALL_BYTES + PEL_WIRE_HEADER_BYTES];
	size_t in_at, in_end; /* received and not yet used */
};

void pel_front_stream_init(struct pel_front_stream *stream, struct pel_emu *emu, int fd);
/* Exactly `size` bytes into `bytes`. What the socket delivers is more than asked for only if that goes into stream->in. False: the host has gone. */
bool pel_front_receive(struct pel_front_stream *stream, void *bytes, size_t size);
/* Receive `size` bytes that nobody needs. */
void pel_front_skip(struct pel_front_stream *stream, uint64_t size);
/* Send all of it; `parts` change. */
void pel_front_send(struct pel_front_stream *stream, struct iovec *parts, int n_parts);
/* The message at hand is complete. */
void pel_front_message_end(struct pel_front_stream *stream);

#endif
