/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_HLS_TABLE_H
#define PEL_TEST_HLS_TABLE_H

#include <pelton/harness.h>
#include <stdint.h>

/* The top functions of hls/, found in the sources. */
struct hls_top {
	const char *source, *name;
	const char *args; /* their names, in order, separated by spaces */
	void (*call)(const struct pel_harness_arg *args);
};

/* Ended by a NULL source. */
extern const struct hls_top hls_tops[];

#endif
