/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INFO_H
#define PEL_INFO_H

#include <pelton/kernel.h>
#include <pelton/stats.h>
#include "support.h"
#include "value.h"

/* What stands behind struct pel_info: made on the fly by the compiler (for resolve) and by the run (for init). */
struct pel_info_port {
	bool connected;
	bool type_set, rates_set, history_set; /* by resolve(), in this call */
	bool dynamic;
	const struct pel_type *type; /* NULL: not known yet */
	const uint64_t *rates;	     /* n_rates of them; shorter than the actor's phases: repeats */
	size_t n_rates;
	uint64_t history;
};

/* A file that an actor reads or writes, as its files() names it. */
struct pel_file_use {
	const char *path; /* "-": standard input, output */
	bool written, text;
	bool numbered; /* path is a pattern, for the numbers from `first` on, `count` of them */
	uint64_t first, count;
};

/* Growing, in an arena of the caller's; the items are pel_malloc'ed. */
struct pel_file_uses {
	struct pel_file_use *items;
	size_t count, capacity;
};

struct pel_info {
	const char *actor;
	struct pel_place place;
	struct pel_error *err;
	const struct pel_kernel *kernel;
	const struct pel_value *params; /* one for each of kernel->params */
	struct pel_info_port *in, *out;
	unsigned n_in, n_out;
	struct pel_arena *arena;     /* for what resolve() sets, and for paths; lives as long as the plan */
	struct pel_file_uses *files; /* of files() only; paths are copied into `arena` */
	int data_fd, text_fd;	     /* of init(); 0: standard output */
	bool resolving;		     /* setters are allowed */
	bool misused; /* it was asked for a parameter that there is not, which has been said: the function has failed, whatever it returned */
	uint64_t expected_firings;
	/* Where the value of a parameter was given; NULL: not known any more. */
	struct pel_place (*param_place)(const void *context, const char *param);
	const void *param_context;
};

/* Results of one actor: appended by pel_results_*(). Strings and items are pel_malloc'ed. */
struct pel_results {
	struct pel_result *items;
	size_t count, capacity;
	char **warnings; /* pel_malloc'ed, as each of them */
	size_t n_warnings, warnings_capacity;
	bool failed; /* out of memory */
};
void pel_results_fini(struct pel_results *results);

/* How the FPGA form of a kernel is called: filled by its fpga(), or from the <fpga> of an inline kernel. */
enum pel_fpga_arg_kind {
	PEL_FPGA_IN, /* the window of port `port` */
	PEL_FPGA_OUT,
	PEL_FPGA_SCALAR, /* expression `value`; NULL: the number `real` */
	PEL_FPGA_DATA,	 /* `bytes` bytes at `data` */
	PEL_FPGA_STATE,	 /* `bytes` bytes */
};

struct pel_fpga_arg {
	enum pel_fpga_arg_kind kind;
	unsigned port;
	const char *name; /* NULL: not known */
	const char *value;
	double real;
	const void *data;
	size_t bytes;
	bool batched; /* a SCALAR whose value asks for `batch`: set by the compiler */
	struct pel_place place;
};

struct pel_fpga {
	struct pel_arena *arena; /* of everything here */
	const char *source, *kernel;
	bool own_source;    /* `source` starts in Pelton's folder of FPGA kernels */
	const char *xclbin; /* NULL: only the command line names one */
	struct pel_fpga_arg *args;
	size_t n_args, capacity;
	bool batched; /* some scalar depends on $batch, so a call may be for several firings */
	struct pel_place place;
};

/* The sentence left by pel_fire_fail() in this thread, or "" if there was none since the last pel_fire_reset(). */
const char *pel_fire_message(void);
void pel_fire_reset(void);

/* May a function of a kernel return `r`: 0, a negative errno, or PEL_END if it `may_end`? */
bool pel_kernel_result_ok(int r, bool may_end);
/* The sentence about an `r` that it may not, with what the kernel itself said (NULL or "": nothing). Returns buf. */
char *pel_kernel_result_text(const char *function, int r, bool may_end, const char *said, char *buf,
			     size_t size);

#endif
