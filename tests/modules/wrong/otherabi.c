/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* A module built for another kernel ABI. */
extern PEL_API const struct pel_kernel_module pel_kernel_module;
const struct pel_kernel_module pel_kernel_module = { PEL_KERNEL_ABI + 1, 1, NULL };
