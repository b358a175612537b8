/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WATCH_H
#define PEL_WATCH_H

#include "process-model.h"

/* What the device model says, and whether it, the run and its process are still there. */

/* [its thread] */
void *pel_watch(void *self);
/* Read all events that there are. Afterwards a fault of a call that XRT says has ended is known. */
void pel_events_read(struct self *self);
/* Has the device model ended? Then what XRT has said of calls and buffers just before is worth nothing: to it, a call whose model is gone has ended. */
bool pel_model_ended(struct self *self);
/* End because of that; the model's own words, if it had any. [any thread] */
void pel_model_lost(struct self *self) __attribute__((noreturn));
/* Has it said its first word? Waits for it, but not long. */
bool pel_model_greets(struct self *self);
bool pel_events_fault(struct cu *cu, uint64_t call, char *text, size_t bytes);
/* A step towards the model ("send to") failed with errno `code`: end. As pel_socket_watch() calls it; `context`: the process. [any thread] */
void pel_model_unreachable(void *context, int code, const char *what) __attribute__((noreturn));

#endif
