/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_PELTON_H
#define PELTON_PELTON_H

/*
 * All of Pelton's C API, except the part that only tests of kernels need:
 *   <pelton/harness.h>
 */
#include <pelton/analysis.h>
#include <pelton/base.h>
#include <pelton/cancel.h>
#include <pelton/canonical.h>
#include <pelton/emulation.h>
#include <pelton/environment.h>
#include <pelton/error.h>
#include <pelton/graph.h>
#include <pelton/import.h>
#include <pelton/kernel.h>
#include <pelton/observe.h>
#include <pelton/plan.h>
#include <pelton/run.h>
#include <pelton/stats.h>
#include <pelton/type.h>
#include <pelton/xclbin.h>

#endif
