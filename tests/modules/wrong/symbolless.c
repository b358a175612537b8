/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/base.h>

/* A shared object that is no module of kernels. */
extern PEL_API const int nothing;
const int nothing = 0;
