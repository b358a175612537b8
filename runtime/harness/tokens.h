/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TOKENS_H
#define PEL_TOKENS_H

#include "harness-model.h"

/* The random choices of a test: which tokens, and which instruction set. */

/* Room for the tokens of a connected input. 0 or -ENOMEM. */
int pel_harness_own_tokens(struct pel_harness *harness, struct pel_harness_port *port);
/*
 * New random tokens where the case gives none, among them NaNs, infinities, subnormals and zeros of both signs. Where it gives some, every other
 * time the reals of an exact kernel are mixed with such ones: then it returns true, since a kernel might refuse these;
 * pel_harness_given_tokens() undoes it.
 */
bool pel_harness_new_tokens(struct pel_harness *harness, uint64_t *random);
void pel_harness_given_tokens(struct pel_harness *harness);

/*
 * Go on with any instruction set up to harness->best, if the kernel is exact. Its name; NULL: it is not. It holds for the process, so only a
 * child of its own (child.h) may call this.
 */
const char *pel_harness_choose_cpu(const struct pel_harness *harness, uint64_t *random);

/* The windows `a` and `b` of tokens of `port` differ at byte `at`: a part of a sentence where there is a NaN in both, else "". */
const char *pel_harness_about_nans(const struct pel_harness_port *port, const unsigned char *a,
				   const unsigned char *b, size_t at);

#endif
