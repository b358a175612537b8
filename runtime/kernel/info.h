/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INFO_H
#define PEL_INFO_H

#include <pelton/kernel.h>
#include <pelton/stats.h>
#include "support.h"
#include "value.h"

/* The definition of struct pel_info. The compiler creates one for each resolve(), and the run creates one for each init(). */
struct pel_info_port {
	bool connected;
	bool type_set, rates_set, history_set; /* set by resolve() in this call */
	bool dynamic;
	const struct pel_type *type; /* NULL: unknown */
	const uint64_t *rates; /* n_rates entries; if there are fewer than phases of the actor, they repeat */
	size_t n_rates;
	uint64_t history;
};

/* A file that an actor reads or writes, as declared by files(). */
struct pel_file_use {
	const char *path; /* "-": standard input, output */
	bool written, text;
	bool numbered; /* path is a pattern for `count` numbers, starting with `first` */
	uint64_t first, count;
};

/* A growing list. The paths are in the caller's arena; the items are allocated with pel_malloc(). */
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
	struct pel_file_uses *files; /* only for files(); paths are copied into `arena` */
	int data_fd, text_fd;	     /* only for init(); 0: standard output */
	bool resolving;		     /* setters are allowed */
	bool misused; /* the kernel asked for a parameter that does not exist. This has been reported; its function has failed, whatever it returned */
	uint64_t expected_firings;
	/* Where the value of a parameter was given; NULL: no longer known. */
	struct pel_place (*param_place)(const void *context, const char *param);
	const void *param_context;
};

/* The results of one actor; pel_results_*() append to them. Strings and items are allocated with pel_malloc(). */
struct pel_results {
	struct pel_result *items;
	size_t count, capacity;
	char **warnings; /* allocated with pel_malloc(), like each warning */
	size_t n_warnings, warnings_capacity;
	bool failed; /* out of memory */
};
void pel_results_fini(struct pel_results *results);

/* How to call the FPGA implementation of a kernel. Filled in by the kernel's fpga(), or from the <fpga> of an inline kernel. */
enum pel_fpga_arg_kind {
	PEL_FPGA_IN, /* the window of port `port` */
	PEL_FPGA_OUT,
	PEL_FPGA_SCALAR, /* expression `value`; if that is NULL, the number `real` */
	PEL_FPGA_DATA,	 /* `bytes` bytes at `data` */
	PEL_FPGA_STATE,	 /* `bytes` bytes */
};

struct pel_fpga_arg {
	enum pel_fpga_arg_kind kind;
	unsigned port;
	const char *name; /* NULL: unknown */
	const char *value;
	double real;
	const void *data;
	size_t bytes;
	bool batched; /* a SCALAR whose value depends on $batch; set by the compiler */
	struct pel_place place;
};

struct pel_fpga {
	struct pel_arena *arena; /* of everything here */
	const char *source, *kernel;
	bool own_source;    /* `source` is relative to Pelton's folder of FPGA kernels */
	const char *xclbin; /* NULL: only the command line can name one */
	struct pel_fpga_arg *args;
	size_t n_args, capacity;
	bool batched; /* a scalar depends on $batch, so a call may perform several firings */
	struct pel_place place;
};

/* The message of pel_fire_fail() in this thread, or "" if it has not been called since the last pel_fire_reset(). */
const char *pel_fire_message(void);
void pel_fire_reset(void);

/* Is `r` a valid return value of a kernel's function: 0, a negative errno, or PEL_END if it `may_end`? */
bool pel_kernel_result_ok(int r, bool may_end);
/* Writes the message about an invalid return value `r`, with the kernel's own message `said` (NULL or "": none). Returns buf. */
char *pel_kernel_result_text(const char *function, int r, bool may_end, const char *said, char *buf,
			     size_t size);

#endif
