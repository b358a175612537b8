/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROCESS_REPORT_H
#define PEL_PROCESS_REPORT_H

#include "process-model.h"

/* What the device process reports to the run, and how the process ends. [any thread] */

uint64_t pel_process_now_ns(void);
void *pel_process_alloc(size_t bytes); /* zeroed; ends the process if there is no memory */
/* Report the reason to the run, then end this process and everything it started. */
void pel_process_lost(const char *fmt, ...) PEL_PRINTF(1, 2) __attribute__((noreturn));
/* End this process and everything it started, without a report. */
void pel_process_die(void) __attribute__((noreturn));
/* From here on only this thread ends the process; other threads that try to, block. May be called again. */
void pel_process_claim_end(void);
/* The last error that XRT has logged; "" if none. */
const char *pel_process_words(const struct self *self, char *text, size_t bytes);
/* Answer request `sequence`. `text` and `hint` have TEXT_BYTES each. */
void pel_process_reply(uint32_t sequence, int code, const char *text, const char *hint);

#endif
