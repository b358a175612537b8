/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_HARNESS_H
#define PELTON_HARNESS_H

#include <pelton/base.h>
#include <pelton/error.h>
#include <pelton/kernel.h>
#include <pelton/stats.h>

PEL_EXTERN_C_BEGIN

/*
 * Tests for kernels: no graph is needed. One thread at a time may use one case; nothing here is fast.
 *
 *	static const float x[] = { 1, 2, 3 };
 *	struct pel_harness_case c = {
 *		.size = sizeof(c),
 *		.kernel = &my_kernel,
 *		.params = (struct pel_harness_param[]){ { .name = "gain", .text = "2" }, { 0 } },
 *		.in = (struct pel_harness_input[]){ { "f32", x, 3 } },
 *	};
 *	pel_harness_run(&c, &result, &err);		what does it compute?
 *	pel_harness_check(&c, 100, seed, &err);		does it keep the rules of pelton/kernel.h?
 */

/* A parameter. Those not given have their defaults. */
struct pel_harness_param {
	const char *name;
	const char *text; /* a number, true, false, a string, or numbers separated by commas; no expressions */
	const void *data; /* instead of `text`, for lists: `count` elements */
	size_t count;
};

/* What an input port is given. A port with a NULL `type` is not connected. */
struct pel_harness_input {
	const char *type; /* "f32", "u8[4,4]" */
	const void *data; /* `tokens` tokens, borrowed. NULL: random ones, in which reals are often NaN, infinite, subnormal, -0 */
	size_t tokens;
};

struct pel_harness_case {
	size_t size; /* sizeof(struct pel_harness_case) */
	const struct pel_kernel *kernel;
	const struct pel_harness_param *params; /* ended by a NULL name; NULL: none */
	const struct pel_harness_input *in;	/* one for each input port of the kernel; NULL: it has none */
	uint64_t unconnected_outs;		/* bit i: output i is not connected */
	uint64_t max_firings;			/* of a kernel without inputs; 0: until it ends */
	uint64_t batch;				/* pel_harness_run(): firings a call, at most; 0: 1 */
	const char *dir; /* where relative paths in parameters start; NULL: the working directory */
};

struct pel_harness_output {
	size_t size; /* of this struct; see PEL_HAS() */
	const char *name;
	struct pel_type type;
	size_t tokens;
	void *data; /* NULL where there are no tokens */
};

struct pel_harness_result {
	size_t size;			 /* of this struct; see PEL_HAS() */
	struct pel_harness_output **out; /* a pointer for each output port */
	size_t n_out;
	uint64_t firings, expected_firings;
	struct pel_result **results; /* what finish() reported */
	size_t n_results;
	char **warnings; /* sentences by pel_results_warn() */
	size_t n_warnings;
};

/*
 * Run the kernel from its start to the end of its inputs, one firing a call, or `batch`.
 * Returns 0 and sets *ret, to be released with pel_harness_result_destroy(). On failure a negative errno: the kernel's, -EINVAL (the
 * case or the descriptor is wrong, or the kernel broke a rule), -ENOMEM; `err` explains.
 */
PEL_API int pel_harness_run(const struct pel_harness_case *test, struct pel_harness_result **ret,
			    struct pel_error *err);
/* Release `result`. NULL is allowed. */
PEL_API void pel_harness_result_destroy(struct pel_harness_result *result);

/*
 * Run it `rounds` times more, each time otherwise: batches and windows of random sizes, windows at random places between
 * pages that cannot be touched, inputs that end early, a saved and restored state; a stateless kernel also in random order and by
 * several threads at once; an exact one with every instruction set up to the one in use, and every other time with NaNs, infinities and
 * the like in places of the reals that it is given. Inputs without data get new random tokens each time. Every time the outputs and results
 * must be those of one firing a call, bit by bit. Done in a child process, so a crash is an answer. `seed` chooses the random numbers: the same seed does the same.
 * Returns 0, or a negative errno as above; `err` names the round and the difference.
 */
PEL_API int pel_harness_check(const struct pel_harness_case *test, unsigned rounds, uint64_t seed,
			      struct pel_error *err);

/* An argument of an FPGA kernel, in a call of pel_harness_compare_fpga(). */
struct pel_harness_arg {
	const char *name; /* as fpga() gives it */
	void *pointer;	  /* NULL: a scalar. Only outputs and the state may be written */
	size_t bytes;	  /* behind the pointer */
	int64_t integer;  /* of a scalar: its value, a u64 as the same bits; 0 where it is not an integer */
	double real;	  /* of a scalar: its value */
};

/* Call function `kernel` of `source` with these arguments. Returns 0, or a negative errno: it cannot. */
typedef int pel_harness_call(void *context, const char *source, const char *kernel,
			     const struct pel_harness_arg *args, size_t n_args);

/*
 * Does the FPGA form of the kernel do what the CPU form does? Both execute the same firings `rounds` times, in calls of random batches, in windows as in
 * pel_harness_check(); `call` is how the FPGA form is called: as C, by a compiler's side, or on a device. Outputs must be equal bit by bit, NaNs
 * too (pelton/canonical.h). Tokens and instruction sets are those of pel_harness_check(). The kernel must not touch what is outside of its windows, nor change its
 * inputs and constants. A state is handed over from one form to the other now and then. Done in a child process.
 * Returns 0, or a negative errno: -ENOSYS (the kernel has no FPGA form), that of its fpga() (-ENOTSUP: none for this case), or as pel_harness_check().
 */
PEL_API int pel_harness_compare_fpga(const struct pel_harness_case *test, pel_harness_call *call,
				     void *context, unsigned rounds, uint64_t seed, struct pel_error *err);

PEL_EXTERN_C_END

#endif
