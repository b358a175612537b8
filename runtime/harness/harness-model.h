/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HARNESS_MODEL_H
#define PEL_HARNESS_MODEL_H

#include <pelton/harness.h>
#include "cpu.h"
#include "info.h"

/*
 * A test case, prepared: what the compiler would know of the actor. The compiler's own functions read types, rates and parameters. Ports
 * have one numbering, inputs first, because most of the harness treats inputs and outputs alike.
 *
 * One thread at a time may change it; once it is initialized, several may read it.
 */
#define PEL_HARNESS_PORTS 64 /* inputs, and outputs; pel_kernel_check() allows no more */

struct pel_harness_port {
	const char *name;
	bool connected, dynamic;
	size_t token_bytes;
	struct pel_type type;
	const uint64_t *rates; /* n_rates of them, unless dynamic */
	size_t n_rates;
	uint64_t history;
	/* Of an input: */
	const unsigned char *data;  /* the tokens in use: `given` or `own` */
	const unsigned char *given; /* the tokens of the case; NULL: use random ones */
	unsigned char *own;	    /* memory for as many random tokens */
	size_t tokens;
};

struct pel_harness {
	const struct pel_harness_case *test;
	const struct pel_kernel *kernel;
	struct pel_arena arena;
	struct pel_value *params;
	struct pel_harness_port *ports;
	unsigned n_in, n_out;
	bool dynamic;
	enum pel_cpu_level best; /* the instruction set in use at pel_harness_init() */
};

/* Copy a program's case, of any version of the struct, to this library's. Returns 0, or -EINVAL and explains in `err`. */
int pel_harness_take(struct pel_harness_case *to, const struct pel_harness_case *from, struct pel_error *err);

/* Returns 0, or a negative errno and explains. Call pel_harness_fini() also after a failure. */
int pel_harness_init(struct pel_harness *harness, const struct pel_harness_case *test, struct pel_error *err);
void pel_harness_fini(struct pel_harness *harness);

/* Make a state of the kernel. *expected becomes the number of firings that the kernel expects; it may be NULL. */
int pel_harness_start(struct pel_harness *harness, void **state, uint64_t *expected, struct pel_error *err);

/*
 * Fill `fpga`, zeroed by the caller, with how the FPGA implementation is called. It uses the harness's arena. Returns 0, or a negative errno
 * and explains; -ENOSYS: the kernel has none.
 */
int pel_harness_fpga(struct pel_harness *harness, struct pel_fpga *fpga, struct pel_error *err);

/* How many tokens the first `firings` firings move at a port that is not dynamic. */
uint64_t pel_harness_tokens(const struct pel_harness_port *port, uint64_t firings);

#endif
