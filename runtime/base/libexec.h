/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_LIBEXEC_H
#define PEL_LIBEXEC_H

#include "support.h"

/*
 * Path of a program or folder that belongs to Pelton but is not for users to start: pelton-device, pelton-emulator, pelton-dwarf.so, hls.
 * Looked for in PELTON_LIBEXEC (a folder), in the folder of libpelton itself, in its subfolder pelton/libexec/, and where it was installed. In the arena.
 * NULL: nowhere there (explained), or out of memory.
 */
const char *pel_libexec(struct pel_arena *arena, const char *name, struct pel_error *err);

#endif
