/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WINDOW_H
#define PEL_WINDOW_H

#include "guard.h"
#include "harness-model.h"

/* Place windows of ports between guard pages, at a random place with `random`. Both return the address of the first token; NULL: out of memory. */

/* A window with tokens of the case and the history before them, which is zeros before the first token. */
unsigned char *pel_window_in(struct pel_guard *guard, const struct pel_harness_port *port, uint64_t at,
			     size_t tokens, uint64_t *random);
unsigned char *pel_window_out(struct pel_guard *guard, const struct pel_harness_port *port, size_t tokens,
			      uint64_t *random);

#endif
