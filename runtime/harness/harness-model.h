/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HARNESS_MODEL_H
#define PEL_HARNESS_MODEL_H

#include <pelton/harness.h>
#include "cpu.h"
#include "info.h"

/*
 * A case of the harness made ready: what the compiler would know of the actor. Types, rates and parameters are read by the compiler's
 * own functions. Ports are numbered inputs first, since most of the harness does not care which they are.
 *
 * One thread at a time may change it; once it is made, several may read it.
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
	const unsigned char *data;  /* the tokens to be used now: given, or own */
	const unsigned char *given; /* by the case; NULL: random ones */
	unsigned char *own;	    /* room for as many */
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
	enum pel_cpu_level best; /* the instruction set in use when it was made */
};

/* Copy a program's case, of any version, to this library's. Returns 0, or -EINVAL, explained in `err`. */
int pel_harness_take(struct pel_harness_case *to, const struct pel_harness_case *from, struct pel_error *err);

/* 0 or a negative errno, explained. End with pel_harness_fini(), also after a failure. */
int pel_harness_init(struct pel_harness *harness, const struct pel_harness_case *test, struct pel_error *err);
void pel_harness_fini(struct pel_harness *harness);

/* A new state of the kernel. `expected` may be NULL. */
int pel_harness_start(struct pel_harness *harness, void **state, uint64_t *expected, struct pel_error *err);

/*
 * How the FPGA implementation is called: `fpga` (zero) is filled, in the harness's arena. A negative errno, explained: -ENOSYS: there
 * is none.
 */
int pel_harness_fpga(struct pel_harness *harness, struct pel_fpga *fpga, struct pel_error *err);

/* Tokens that the first `firings` firings move at a port that is not dynamic. */
uint64_t pel_harness_tokens(const struct pel_harness_port *port, uint64_t firings);

#endif
