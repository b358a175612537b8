/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TOKENS_H
#define PEL_TOKENS_H

#include "harness-model.h"

/* Random choices of a test: tokens and the instruction set. */

/* Allocate memory for random tokens of a connected input. 0 or -ENOMEM. */
int pel_harness_own_tokens(struct pel_harness *harness, struct pel_harness_port *port);
/*
 * Make new random tokens for inputs without given ones, among them NaNs, infinities, subnormals and zeros of both signs. For exact kernels, half
 * of the time, also mix such numbers into given tokens. In that case return true, because the kernel may refuse them;
 * pel_harness_given_tokens() undoes it.
 */
bool pel_harness_new_tokens(struct pel_harness *harness, uint64_t *random);
void pel_harness_given_tokens(struct pel_harness *harness);

/*
 * If the kernel is exact, select a random instruction set up to harness->best and return its name; else return NULL. The selection affects
 * the whole process, so call this only in a child process (child.h).
 */
const char *pel_harness_choose_cpu(const struct pel_harness *harness, uint64_t *random);

/* `a` and `b` differ at byte `at`. If both have a NaN there, return an addition to the message; else "". */
const char *pel_harness_about_nans(const struct pel_harness_port *port, const unsigned char *a,
				   const unsigned char *b, size_t at);

#endif
