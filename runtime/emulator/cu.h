/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_CU_H
#define PEL_EMU_CU_H

#include "emulator-model.h"

/* Calls of compute units, and their registers. */

/*
 * Look after workers, time limits and signs of life; to be called at least every 100 ms, and soon after a SIGCHLD.
 */
void pel_emu_tick(struct pel_emu *emu);

/* Registers by their address. False: there is no compute unit. What lies outside of its window is left out, or read as zero. */
bool pel_emu_write_registers(struct pel_emu *emu, uint64_t address, const unsigned char *bytes, size_t size);
bool pel_emu_read_registers(struct pel_emu *emu, uint64_t address, unsigned char *bytes, size_t size);

#endif
