/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_REPORT_H
#define PEL_EMU_REPORT_H

#include "emulator-model.h"

/* What is wrong, for people and for whoever started the host. */

/*
 * Something has failed that XRT cannot be told of, or does not listen to: say so, on standard error and to whoever started the host. From then on
 * nothing that the device would answer is worth anything. The first one counts. `code`: a negative errno, 0: none.
 */
void pel_emu_break(struct pel_emu *emu, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
bool pel_emu_is_broken(const struct pel_emu *emu);

/* A line on standard error, where that is wanted. */
void pel_emu_log(const struct pel_emu *emu, const char *fmt, ...) PEL_PRINTF(2, 3);

/* Tell of call number cu->call that it went wrong: `what` continues "kernel 'k' (CU k_1) ". */
void pel_emu_report(struct pel_emu *emu, const struct pel_emu_cu *cu, const char *fmt, ...) PEL_PRINTF(3, 4);
/* The same for what the slot says about it, the worker being alive. */
void pel_emu_report_slack(struct pel_emu *emu, const struct pel_emu_cu *cu);
void pel_emu_report_window(struct pel_emu *emu, const struct pel_emu_cu *cu);
/* The same for the death of its worker, by waitpid()'s status. */
void pel_emu_report_death(struct pel_emu *emu, const struct pel_emu_cu *cu, int status);

#endif
