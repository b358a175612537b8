/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CONNECT_H
#define PEL_CONNECT_H

#include "instance-model.h"

/* Make the channels of the plan from the pieces that meet at the boundaries of instances. */
int pel_channels_connect(struct compiler *c);

#endif
