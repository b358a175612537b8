/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WATCH_H
#define PEL_WATCH_H

#include "process-model.h"

/* The events of the device model, and whether the model and the run's process are alive. */

/* The body of the watcher thread. */
void *pel_watch(void *self);
/* Read all pending events. Once XRT reports that a call has ended, this has read its fault, if there was one. */
void pel_events_read(struct self *self);
/* Has the device model ended? If so, XRT's results are void: it reports calls as ended when their model is gone. */
bool pel_model_ended(struct self *self);
/* End the process for that reason; reports the model's own reason if it gave one. [any thread] */
void pel_model_lost(struct self *self) __attribute__((noreturn));
/* Wait up to a second for the model's greeting. True: it has arrived. */
bool pel_model_greets(struct self *self);
bool pel_events_fault(struct cu *cu, uint64_t call, char *text, size_t bytes);
/* `what` ("send to", "receive from") the model failed with errno `code`: end. A callback for pel_socket_watch(); `context`: self. [any thread] */
void pel_model_unreachable(void *context, int code, const char *what) __attribute__((noreturn));

#endif
