/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COMPARE_CALL_H
#define PEL_COMPARE_CALL_H

#include "guard.h"
#include "harness-model.h"

/* Calls both implementations of a kernel, with the same tokens in separate windows, and compares what they write. */

#define PEL_COMPARE_ARGS 64

struct pel_compare_arg {
	struct pel_guard guard;
	void *window;
	size_t bytes, align;
};

struct pel_comparison {
	const struct pel_harness_case *test;
	pel_harness_call *call;
	void *context;
	unsigned rounds;
	uint64_t random;
	struct pel_error *err;
	struct pel_harness harness;
	struct pel_fpga fpga;
	bool batches;	  /* an argument uses $batch */
	void *cpu_state;  /* the kernel's state */
	void *fpga_state; /* from save(), malloc'ed */
	size_t state_bytes;
	struct pel_compare_arg args[PEL_COMPARE_ARGS];
	struct pel_harness_arg given[PEL_COMPARE_ARGS];
	struct pel_guard in_guard[PEL_HARNESS_PORTS],
		out_guard[PEL_HARNESS_PORTS]; /* of the CPU implementation */
	const void *in[PEL_HARNESS_PORTS];
	void *out[PEL_HARNESS_PORTS];
	size_t in_tokens[PEL_HARNESS_PORTS], out_tokens[PEL_HARNESS_PORTS], consumed[PEL_HARNESS_PORTS],
		produced[PEL_HARNESS_PORTS];
	size_t fired;
};

/* Report an error. Returns `code`. */
int pel_compare_fail(struct pel_comparison *c, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
/* Report an error if `function` of the kernel returned an error or an invalid value; `what` begins the message. Returns `r`, or an error. */
int pel_compare_returned(struct pel_comparison *c, const char *function, int r, bool may_end, const char *what);
/* The value of a scalar in a call for `batch` firings. */
int pel_compare_scalar(struct pel_comparison *c, const struct pel_fpga_arg *arg, uint64_t batch,
		       struct pel_harness_arg *ret);
/* Let both implementations execute `batch` firings, starting with firing `first`. Returns 0, PEL_END, or a negative errno and explains. */
int pel_compare_call(struct pel_comparison *c, uint64_t first, uint64_t batch);

static inline const struct pel_harness_port *pel_compare_in(const struct pel_comparison *c, unsigned i)
{
	return &c->harness.ports[i];
}

static inline const struct pel_harness_port *pel_compare_out(const struct pel_comparison *c, unsigned i)
{
	return &c->harness.ports[c->harness.n_in + i];
}

#endif
