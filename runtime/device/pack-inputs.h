/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_INPUTS_H
#define PEL_PACK_INPUTS_H

#include "pack-model.h"

/* Fails where the xclbin would overwrite a file that the compiler read for `source`; `rule` is the path of what it says. 0 or a negative errno, explained. */
int pel_pack_check_inputs(struct pack *pack, const char *source, const char *rule);

#endif
