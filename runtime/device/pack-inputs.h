/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_INPUTS_H
#define PEL_PACK_INPUTS_H

#include "pack-model.h"

/*
 * Fail if the xclbin would overwrite a file that the compiler read for `source`; `rule` is the path of the compiler's dependency file.
 * Returns 0, or a negative errno and explains.
 */
int pel_pack_check_inputs(struct pack *pack, const char *source, const char *rule);

#endif
