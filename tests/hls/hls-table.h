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

/* NULL: there is none. */
const struct hls_top *hls_find(const char *source, const char *kernel);
/* For pel_harness_compare_fpga(). -ENOENT: there is no such function; -EBADMSG: its arguments have other names in the source. */
int hls_call(void *context, const char *source, const char *kernel, const struct pel_harness_arg *args,
	     size_t n_args);

#endif
