/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BENCH_H
#define PEL_BENCH_H

#include "builtin.h"

extern const struct pel_kernel pel_bench_sleep, pel_bench_work;

#endif
