/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_BASE_H
#define PELTON_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PEL_VERSION "0.2.0"

#if defined(__GNUC__)
#define PEL_API		      __attribute__((visibility("default")))
#define PEL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PEL_API
#define PEL_PRINTF(fmt, args)
#endif

/*
 * Structs that can grow. Later versions may add members at the end of these structs. Programs built earlier
 * keep working:
 *
 *   - Option structs: struct pel_..._options, struct pel_report and struct pel_harness_case. The program
 *     fills them in. The first member is the size:
 *
 *         struct pel_run_options options = { .size = sizeof(options), .workers = 2 };
 *
 *     All other members may stay zero, which is a good default, except these, which must be set:
 *     pel_harness_case.kernel, pel_report.plan and .stats, and pel_xclbin_pack_options.sources. A list with a
 *     number of elements above 0 must not be NULL, and its elements must have their names and values. Members
 *     that the program was not built with have their default. These are errors (-EINVAL): a size that cannot
 *     be right, because it is smaller than that of the first version (such as 0, or the size of a pointer) or
 *     not a multiple of 8; a required member that is missing; a member that is set but that this library does
 *     not know.
 *   - Report structs, such as struct pel_stats. The library allocates them, sets their size and returns a
 *     pointer. A program that may run with an older library must check PEL_HAS(report, member) before it
 *     reads a member that was added later.
 *
 * All other structs never change.
 */
#define PEL_HAS(report, member) \
	((size_t)((const char *)(&(report)->member + 1) - (const char *)(report)) <= (report)->size)

#ifdef __cplusplus
#define PEL_EXTERN_C_BEGIN extern "C" {
#define PEL_EXTERN_C_END   }
#else
#define PEL_EXTERN_C_BEGIN
#define PEL_EXTERN_C_END
#endif

#endif
