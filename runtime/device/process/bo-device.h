/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BO_DEVICE_H
#define PEL_BO_DEVICE_H

#include "process-model.h"

/* Device-only buffers, between stages on the same device. Functions return 0, or a negative errno with the reason in `text`. */

/* [main] Make the buffer that `message` describes. */
int pel_bo_device_add(struct self *self, const struct pel_device_message *message, char *text);
/* [feeder] The buffer or sub-buffer that `arg` names. */
int pel_bo_device_part(struct self *self, const struct pel_device_arg *arg, xrtBufferHandle *ret, char *text);
/* [main] No call may be in flight. */
void pel_bo_device_close(void);

#endif
