/* SPDX-License-Identifier: Apache-2.0 */
#include "xclbin-model.h"

#include <string.h>

void pel_xclbin_destroy(struct pel_xclbin *xclbin)
{
	if (!xclbin)
		return;
	pel_arena_fini(&xclbin->arena);
	pel_free(xclbin);
}

const struct pel_xclbin_kernel *pel_xclbin_find(const struct pel_xclbin *xclbin, const char *kernel)
{
	for (uint32_t i = 0; i < xclbin->n_kernels; i++)
		if (strcmp(xclbin->kernels[i].name, kernel) == 0)
			return &xclbin->kernels[i];
	return NULL;
}
