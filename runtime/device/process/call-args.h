/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CALL_ARGS_H
#define PEL_CALL_ARGS_H

#include "process-model.h"

/* Arguments of a call. Functions return 0, or a negative errno with the reason in `text`. [feeder, drainer] */

/* Copy inputs to the device and set all arguments of `call`. Call pel_args_release() afterwards, also after a failure. */
int pel_args_bring(struct self *self, struct call *call, char *text);
int pel_args_fetch(struct self *self, struct call *call, char *text);
void pel_args_release(struct call *call);

#endif
