/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_REPORT_H
#define PEL_EMU_REPORT_H

#include "emulator-model.h"

/* Reports to standard error and to the process that started the host. */

/*
 * Report a failure of the device model that XRT cannot be told about, on standard error and as an event. Only the first one is reported. From
 * then on the device is broken: its answers are not valid any more. `code`: a negative errno; 0: none.
 */
void pel_emu_break(struct pel_emu *emu, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
bool pel_emu_is_broken(const struct pel_emu *emu);

/* Write a line to standard error, if PELTON_EMULATOR_LOG is set. */
void pel_emu_log(const struct pel_emu *emu, const char *fmt, ...) PEL_PRINTF(2, 3);

/* Report that call cu->call has failed; the text continues "kernel 'k' (CU k_1) ". */
void pel_emu_report(struct pel_emu *emu, const struct pel_emu_cu *cu, const char *fmt, ...) PEL_PRINTF(3, 4);
/* The same for damage that a live worker has noted in the slot. */
void pel_emu_report_slack(struct pel_emu *emu, const struct pel_emu_cu *cu);
void pel_emu_report_window(struct pel_emu *emu, const struct pel_emu_cu *cu);
/* The same for the death of the worker; `status` is from waitpid(). */
void pel_emu_report_death(struct pel_emu *emu, const struct pel_emu_cu *cu, int status);

#endif
