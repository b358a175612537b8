/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_LIBEXEC_H
#define PEL_LIBEXEC_H

#include "support.h"

/*
 * The path of one of Pelton's internal programs or folders: pelton-device, pelton-emulator, pelton-dwarf.so,
 * hls. Searches PELTON_LIBEXEC (a folder), the folder of libpelton itself, its subfolder pelton/libexec/, and
 * the place of installation. The result is in the arena. NULL: not found (explained), or out of memory.
 */
const char *pel_libexec(struct pel_arena *arena, const char *name, struct pel_error *err);

#endif
