/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_HARNESS_H
#define PELTON_HARNESS_H

#include <pelton/base.h>
#include <pelton/error.h>
#include <pelton/kernel.h>
#include <pelton/stats.h>

PEL_EXTERN_C_BEGIN

/* ---- Tests for kernels ----
 * No graph is needed. One thread at a time may use a case. Nothing here is fast.
 *
 *	static const float x[] = { 1, 2, 3 };
 *	struct pel_harness_case c = {
 *		.size = sizeof(c),
 *		.kernel = &my_kernel,
 *		.params = (struct pel_harness_param[]){ { .name = "gain", .text = "2" }, { 0 } },
 *		.in = (struct pel_harness_input[]){ { "f32", x, 3 } },
 *	};
 *	pel_harness_run(&c, &result, &err);		run the kernel
 *	pel_harness_check(&c, 100, seed, &err);		check the rules of pelton/kernel.h
 */

/* A parameter. Parameters that are not given have their defaults. */
struct pel_harness_param {
	const char *name;
	const char *text; /* a number, true, false, a string, or numbers separated by commas; no expressions */
	const void *data; /* instead of `text`, for lists: `count` elements */
	size_t count;
};

/* The data of an input port. A port with a NULL `type` is not connected. */
struct pel_harness_input {
	const char *type; /* "f32", "u8[4,4]" */
	const void *data; /* `tokens` tokens, borrowed. NULL: random tokens, in which real numbers are often NaN, infinite, subnormal or -0 */
	size_t tokens;
};

struct pel_harness_case {
	size_t size; /* sizeof(struct pel_harness_case) */
	const struct pel_kernel *kernel;
	const struct pel_harness_param *params; /* terminated by a NULL name; NULL: none */
	const struct pel_harness_input *in; /* one for each input port of the kernel; NULL if it has none */
	uint64_t unconnected_outs;	    /* bit i: output i is not connected */
	uint64_t max_firings;		    /* for a kernel without inputs; 0: until it ends */
	uint64_t batch;	 /* for pel_harness_run(): at most this many firings per call; 0: 1 */
	const char *dir; /* the base of relative paths in parameters; NULL: the working directory */
};

struct pel_harness_output {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *name;
	struct pel_type type;
	size_t tokens;
	void *data; /* NULL if there are no tokens */
};

struct pel_harness_result {
	size_t size;			 /* of this struct; see PEL_HAS() */
	struct pel_harness_output **out; /* one pointer per output port */
	size_t n_out;
	uint64_t firings, expected_firings;
	struct pel_result **results; /* reported by finish() */
	size_t n_results;
	char **warnings; /* sentences from pel_results_warn() */
	size_t n_warnings;
};

/*
 * Run the kernel until its inputs end, with one firing per call, or up to `batch`.
 * Returns 0 and sets *ret, to be released with pel_harness_result_destroy(). On failure returns a negative errno: the
 * kernel's own, -EINVAL (the case or the descriptor is wrong, or the kernel broke a rule) or -ENOMEM; `err` explains.
 */
PEL_API int pel_harness_run(const struct pel_harness_case *test, struct pel_harness_result **ret,
			    struct pel_error *err);
/* Release `result`. NULL is allowed. */
PEL_API void pel_harness_result_destroy(struct pel_harness_result *result);

/*
 * Run the kernel `rounds` more times, each time in a different way: with batches and windows of random sizes, windows
 * at random places between guard pages, inputs that end early, and a saved and restored state; a stateless kernel also
 * in random order and on several threads at once; an exact kernel also with every instruction set up to the one in
 * use, and every second time with NaNs, infinities and the like in place of some real numbers of its input. Inputs
 * without data get new random tokens each time. The outputs and results must always equal those of one firing per call,
 * bit by bit. Runs in a child process, so a crash of the kernel is reported as an error. `seed` initialises the random
 * numbers: the same seed repeats the same test.
 * Returns 0, or a negative errno as above; `err` names the round and the difference.
 */
PEL_API int pel_harness_check(const struct pel_harness_case *test, unsigned rounds, uint64_t seed,
			      struct pel_error *err);

/* An argument of an FPGA kernel, in a call of pel_harness_compare_fpga(). */
struct pel_harness_arg {
	const char *name; /* as given by fpga() */
	void *pointer;	  /* NULL: a scalar. Only outputs and the state may be written */
	size_t bytes;	  /* size of the data at `pointer` */
	int64_t integer;  /* of a scalar: its value, a u64 as the same bits; 0 where it is not an integer */
	double real;	  /* of a scalar: its value */
};

/* Call function `kernel` of `source` with these arguments. Returns 0, or a negative errno if it cannot. */
typedef int pel_harness_call(void *context, const char *source, const char *kernel,
			     const struct pel_harness_arg *args, size_t n_args);

/*
 * Compare the FPGA implementation of the kernel with its CPU implementation. Both execute the same firings `rounds`
 * times, in calls of random batches, with windows as in pel_harness_check(). `call` calls the FPGA implementation, for
 * example compiled as C, or on a device. Outputs must be equal bit by bit, including NaNs (pelton/canonical.h). Tokens
 * and instruction sets are those of pel_harness_check(). The kernel must not touch memory outside its windows, nor
 * change its inputs and constants. Now and then the state is handed over from one implementation to the other. Runs in
 * a child process.
 * Returns 0, or a negative errno: -ENOSYS (the kernel has no FPGA implementation), the kernel's own from fpga()
 * (-ENOTSUP: none for this case), or as pel_harness_check().
 */
PEL_API int pel_harness_compare_fpga(const struct pel_harness_case *test, pel_harness_call *call,
				     void *context, unsigned rounds, uint64_t seed, struct pel_error *err);

PEL_EXTERN_C_END

#endif
