/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

static const struct pel_kernel *const kernels[] = {
	&pel_core_add,		&pel_core_complex_join, &pel_core_complex_split, &pel_core_constant,
	&pel_core_convert,	&pel_core_copy,		&pel_core_counter,	 &pel_core_dedup,
	&pel_core_deinterleave, &pel_core_demux,	&pel_core_downsample,	 &pel_core_fir,
	&pel_core_group,	&pel_core_head,		&pel_core_interleave,	 &pel_core_multiply,
	&pel_core_mux,		&pel_core_null,		&pel_core_print,	 &pel_core_repeat,
	&pel_core_reshape,	&pel_core_rle_decode,	&pel_core_rle_encode,	 &pel_core_route,
	&pel_core_scale,	&pel_core_skip,		&pel_core_smooth,	 &pel_core_subtract,
	&pel_core_ungroup,	&pel_core_upsample,
};

const struct pel_kernel_module pel_core_module = { PEL_KERNEL_ABI, sizeof(kernels) / sizeof(kernels[0]),
						   kernels };
