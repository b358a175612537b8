/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BUILTIN_H
#define PEL_BUILTIN_H

#include <pelton/kernel.h>
#include "support.h"

/* What the built-in kernels share. */

extern const struct pel_kernel_module pel_core_module, pel_dsp_module, pel_file_module, pel_bench_module;

/* The state of most kernels: the shape of one token. */
struct pel_token_state {
	size_t bytes, elements;
	enum pel_elem elem;
};

/* *state = a new pel_token_state of `type`. 0 or -ENOMEM, explained. Release with pel_free(). */
int pel_token_state_create(struct pel_info *info, const struct pel_type *type, void **state);

/* Zeroed memory for a state. 0 or -ENOMEM, explained. */
int pel_state_alloc(struct pel_info *info, size_t bytes, void **state);

/* Refuse element types without arithmetic. `type` may be NULL: not known yet. */
int pel_need_numeric(struct pel_info *info, const char *port, const struct pel_type *type);

/*
 * A type without symbols or expressions, as a parameter's text: "u8", "u8[4,4]", "bytes[16][2]". With `elem_of` (may be NULL)
 * also dimensions alone, "[4,4]" or "4,4", of that type's elements. Returns 0 or -EINVAL.
 */
int pel_type_read(const char *text, const struct pel_type *elem_of, struct pel_type *ret);

/* pel_type_read() of parameter `param`, explained. */
int pel_param_type(struct pel_info *info, const char *param, const struct pel_type *elem_of,
		   struct pel_type *ret);

/* Elements of a complex type are pairs of this one. */
enum pel_elem pel_elem_part(enum pel_elem elem);
bool pel_elem_is_complex(enum pel_elem elem);

/* Convert `n` real numbers as core.convert does. Neither type is complex or bytes. */
void pel_convert(enum pel_elem to, void *out, enum pel_elem from, const void *in, size_t n);

#endif
