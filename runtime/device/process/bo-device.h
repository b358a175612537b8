/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BO_DEVICE_H
#define PEL_BO_DEVICE_H

#include "process-model.h"

/* Buffers that only the device has, between stages there. Functions return 0 or a negative errno, explained in `text`. */

/* [main] A new one, as `message` asks. */
int pel_bo_device_add(struct self *self, const struct pel_device_message *message, char *text);
/* [feeder] The part that `arg` is. */
int pel_bo_device_part(struct self *self, const struct pel_device_arg *arg, xrtBufferHandle *ret, char *text);
/* [main] No call is on its way. */
void pel_bo_device_close(void);

#endif
