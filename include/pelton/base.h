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

#ifdef __cplusplus
#define PEL_EXTERN_C_BEGIN extern "C" {
#define PEL_EXTERN_C_END   }
#else
#define PEL_EXTERN_C_BEGIN
#define PEL_EXTERN_C_END
#endif

#endif
