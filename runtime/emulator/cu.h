/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_CU_H
#define PEL_EMU_CU_H

#include "emulator-model.h"

/* Calls of compute units, and their registers. */

/* Check workers and time limits, and send signs of life. Call it at least every 100 ms, and soon after a SIGCHLD. */
void pel_emu_tick(struct pel_emu *emu);

/* Access registers by address. False: no compute unit is there. Bytes beyond its register window are ignored, or read as zero. */
bool pel_emu_write_registers(struct pel_emu *emu, uint64_t address, const unsigned char *bytes, size_t size);
bool pel_emu_read_registers(struct pel_emu *emu, uint64_t address, unsigned char *bytes, size_t size);

#endif
