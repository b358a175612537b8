/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROCESS_REPORT_H
#define PEL_PROCESS_REPORT_H

#include "process-model.h"

/* What the device process tells the run, and how it ends. [any thread] */

uint64_t pel_process_now_ns(void);
void *pel_process_alloc(size_t bytes); /* zeroed; the process ends where there is no memory */
/* Tell the run why, and end with all that was started. */
void pel_process_lost(const char *fmt, ...) PEL_PRINTF(1, 2) __attribute__((noreturn));
/* End with all that was started, without a word. */
void pel_process_die(void) __attribute__((noreturn));
/* From here on only this thread ends the process; others that would, wait until it does. May be called again. */
void pel_process_claim_end(void);
/* The last complaint of XRT; "" if there is none. */
const char *pel_process_words(const struct self *self, char *text, size_t bytes);
/* Answer request `sequence`. `text` and `hint` have TEXT_BYTES each. */
void pel_process_reply(uint32_t sequence, int code, const char *text, const char *hint);

#endif
