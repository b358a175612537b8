/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* A module with a NULL in its list. */
PEL_KERNEL_MODULE(NULL)
