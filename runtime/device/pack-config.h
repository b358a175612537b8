/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_CONFIG_H
#define PEL_PACK_CONFIG_H

#include "pack-model.h"

/* Set compute units and banks from the options and the configuration file. Returns 0, or a negative errno and explains. */
int pel_pack_configure(struct pack *pack);

#endif
