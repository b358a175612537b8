/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* A module without kernels. */
extern PEL_API const struct pel_kernel_module pel_kernel_module;
const struct pel_kernel_module pel_kernel_module = { PEL_KERNEL_ABI, 0, NULL };
