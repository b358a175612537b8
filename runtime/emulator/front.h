/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FRONT_H
#define PEL_FRONT_H

#include "emulator.h"

/*
 * Serve the host at the other end of the connected stream socket `fd`, until it closes the connection, is gone, or `emu` is broken. Requests
 * with an unknown number get a negative answer; bytes that are not a message break `emu`.
 */
void pel_front_serve(struct pel_emu *emu, int fd);

#endif
