/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads any bytes as an xclbin: what is sound can be used as it is, all else is refused with a word. The length in the header is made
 * right, as the fuzzer would have to guess it each time.
 *   fuzz-xclbin -max_len=16384 -timeout=10 CORPUS FOLDER-OF-XCLBINS
 * where `pelton xclbin pack` makes some to begin with.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xclbin-file.h"
#include "xclbin-format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_kernel(const struct pel_xclbin *xclbin, const struct pel_xclbin_kernel *kernel)
{
	if (!*kernel->name || !kernel->language || pel_xclbin_find(xclbin, kernel->name) != kernel)
		abort();
	for (uint32_t i = 0; i < kernel->n_args; i++)
		if (!*kernel->args[i].name || !kernel->args[i].type || !kernel->args[i].port)
			abort();
	for (uint32_t c = 0; c < kernel->n_cus; c++) {
		if (!*kernel->cus[c].name)
			abort();
		for (uint32_t i = 0; i < kernel->n_args; i++)
			if (kernel->cus[c].banks[i] >= (int32_t)xclbin->n_memories)
				abort();
	}
}

static void use(const struct pel_xclbin *xclbin)
{
	if (strlen(xclbin->platform) > 64)
		abort();
	for (uint32_t i = 0; i < xclbin->n_sections; i++)
		if (!xclbin->sections[i].name || xclbin->sections[i].offset > xclbin->bytes ||
		    xclbin->sections[i].bytes > xclbin->bytes - xclbin->sections[i].offset)
			abort();
	for (uint32_t i = 0; i < xclbin->n_memories; i++)
		if (strlen(xclbin->memories[i].tag) > 16)
			abort();
	for (uint32_t i = 0; i < xclbin->n_kernels; i++)
		use_kernel(xclbin, &xclbin->kernels[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pel_place nowhere;
	struct pel_xclbin *xclbin = NULL;
	struct pel_error err = { 0 };
	unsigned char *file = malloc(size ? size : 1);
	int r;

	if (!file)
		return 0;
	if (size)
		memcpy(file, data, size);
	if (size >= PEL_AXLF_LENGTH + 8)
		pel_put64(file + PEL_AXLF_LENGTH, size);
	r = pel_xclbin_parse("<fuzz>", file, size, nowhere, &xclbin, &err);
	free(file); /* what was read is in memory of its own */
	if ((r == 0) != (xclbin != NULL) || (r != 0 && r != -EINVAL) || (r < 0) != (err.count + err.lost > 0))
		abort();
	if (xclbin)
		use(xclbin);
	pel_xclbin_destroy(xclbin);
	pel_error_fini(&err);
	return 0;
}
