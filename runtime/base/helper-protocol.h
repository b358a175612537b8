/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HELPER_PROTOCOL_H
#define PEL_HELPER_PROTOCOL_H

#include <stdint.h>

/*
 * `pelton-helper SECONDS PROGRAM ARGUMENTS` runs PROGRAM with its own standard streams. Its client holds the
 * other end of the socket that is descriptor PEL_HELPER_FD. While that end is open, the client wants the
 * outcome; when it closes, pelton-helper kills everything it started. pelton-helper writes the outcome before
 * it exits.
 */
#define PEL_HELPER_PROGRAM "pelton-helper"
#define PEL_HELPER_FD	   3

struct pel_helper_outcome {
	int32_t code; /* 0: it ran; -ETIMEDOUT: it was killed; another negative errno: it could not be started */
	int32_t status; /* as of waitpid() */
};

#endif
