/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_AUDIO_CASE_H
#define PEL_TEST_AUDIO_CASE_H

#include "kernel-case.h"

/* Files of sound, and cases of the harness that read and write them. */

struct pel_harness_case *reading(const char *path, const char *rate);
struct pel_harness_case *writing(const char *path, const char *rate, const char *encoding, const char *type,
				 const void *data, size_t n);

#endif
