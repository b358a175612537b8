/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_OPEN_H
#define PEL_OPEN_H

#include "process-model.h"

/*
 * The device and its kernels. Functions return 0, or a negative errno with the reason in `text` and a remedy in `hint`, which have
 * TEXT_BYTES each. [main]
 */

int pel_process_open(struct self *self, uint32_t index, const char *xclbin, char *text, char *hint);
int pel_process_add_kernel(struct self *self, const struct pel_device_message *message, char *text, char *hint);
void pel_process_close(struct self *self);

#endif
