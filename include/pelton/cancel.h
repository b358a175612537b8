/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_CANCEL_H
#define PELTON_CANCEL_H

#include <pelton/base.h>

PEL_EXTERN_C_BEGIN

/*
 * A wish to give up. Calls that may take long (a source is compiled, a device opens, Graphviz draws) borrow one through their options; when
 * it is set they end what they have started, remove what they have made, and return -ECANCELED, within a fraction of a second. One object may
 * be lent to any number of calls; once set it stays set.
 */
struct pel_cancel;

/* Returns 0 and sets *ret, to be released with pel_cancel_destroy(); -ENOMEM; -EMFILE or -ENFILE: no descriptor is left (it holds one). */
PEL_API int pel_cancel_create(struct pel_cancel **ret);
/* No call may be using it any more. NULL is allowed. */
PEL_API void pel_cancel_destroy(struct pel_cancel *cancel);

/* Give up. [any thread, and signal handlers] */
PEL_API void pel_cancel_set(struct pel_cancel *cancel);
/* [any thread, and signal handlers] NULL: false. */
PEL_API bool pel_cancel_is_set(const struct pel_cancel *cancel);

PEL_EXTERN_C_END

#endif
