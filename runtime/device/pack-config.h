/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_CONFIG_H
#define PEL_PACK_CONFIG_H

#include "pack-model.h"

/* Compute units and banks, from the options and the configuration file. 0 or a negative errno, explained. */
int pel_pack_configure(struct pack *pack);

#endif
