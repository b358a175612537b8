/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_LOAD_CASE_H
#define PEL_TEST_LOAD_CASE_H

#include <pelton/error.h>
#include <stddef.h>

/* Graphs from text and from files. */

#define NS "xmlns=\"urn:pelton:graph:1\""

/* "file:line:col: text" of the only error. */
void ck_graph_error(struct pel_error *err, const char *wanted);
char *chain(size_t actors, size_t *size);

#endif
