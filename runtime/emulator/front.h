/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FRONT_H
#define PEL_FRONT_H

#include "emulator.h"

/*
 * Serve the host at the other end of the connected stream socket `fd` from `emu`, until it takes its leave or is gone. Whatever it sends, it
 * gets an answer: what is not understood is answered with "no". Bytes that are no messages at all are swallowed.
 */
void pel_front_serve(struct pel_emu *emu, int fd);

#endif
