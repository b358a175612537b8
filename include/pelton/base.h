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
 * Structs that grow. Later versions add members at the end of these structs, and programs that were built before go on working:
 *
 *   - Options: struct pel_..._options, struct pel_report, struct pel_harness_case. The program makes them, and begins with their size:
 *
 *         struct pel_run_options options = { .size = sizeof(options), .workers = 2 };
 *
 *     All other members may stay zero, which is a good default. Members that the program does not know have their default, too. A size that
 *     cannot be right, as 0, is an error (-EINVAL), and so is a member that is set but that this library does not know.
 *   - Reports, such as struct pel_stats: the library makes them, sets their size, and gives a pointer. A program that may also meet an older
 *     library asks PEL_HAS(report, member) before it reads a member that came later.
 *
 * All other structs stay as they are.
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
