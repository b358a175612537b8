/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BUILTIN_H
#define PEL_BUILTIN_H

#include <pelton/kernel.h>
#include "support.h"

/* Functions shared by the built-in kernels. */

extern const struct pel_kernel_module pel_core_module, pel_dsp_module, pel_file_module, pel_bench_module;

/* The state of most kernels: the shape of one token. */
struct pel_token_state {
	size_t bytes, elements;
	enum pel_elem elem;
};

/* Sets *state to a new pel_token_state of `type`. Returns 0, or -ENOMEM with a message. Release it with pel_free(). */
int pel_token_state_create(struct pel_info *info, const struct pel_type *type, void **state);

/* Allocates zeroed memory for a state. Returns 0, or -ENOMEM with a message. */
int pel_state_alloc(struct pel_info *info, size_t bytes, void **state);

/* Rejects element types without arithmetic. `type` is NULL if it is not known yet. */
int pel_need_numeric(struct pel_info *info, const char *port, const struct pel_type *type);

/* Reports that a filter's port 'in' has `type`. Returns -EINVAL. */
int pel_fail_filter_type(struct pel_info *info, const struct pel_type *type);

/*
 * Reads a type without symbols or expressions from a parameter's text: "u8", "u8[4,4]", "bytes[16][2]". If `elem_of` is not NULL, the text may also
 * consist of dimensions only, "[4,4]" or "4,4", for elements of that type. Returns 0 or -EINVAL.
 */
int pel_type_read(const char *text, const struct pel_type *elem_of, struct pel_type *ret);

/* pel_type_read() for parameter `param`, with a message on failure. */
int pel_param_type(struct pel_info *info, const char *param, const struct pel_type *elem_of,
		   struct pel_type *ret);

/* The real element type of which an element of a complex type is a pair. */
enum pel_elem pel_elem_part(enum pel_elem elem);
bool pel_elem_is_complex(enum pel_elem elem);

/* Convert `n` real numbers as core.convert does. Neither type is complex or bytes. */
void pel_convert(enum pel_elem to, void *out, enum pel_elem from, const void *in, size_t n);

#endif
