/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CALLS_H
#define PEL_CALLS_H

#include "process-model.h"

void pel_calls_init(struct self *self);
/* The bodies of the feeder and the drainer thread. */
void *pel_calls_feed(void *self);
void *pel_calls_drain(void *self);

#endif
