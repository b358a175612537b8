/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_CANCEL_H
#define PELTON_CANCEL_H

#include <pelton/base.h>

PEL_EXTERN_C_BEGIN

/*
 * Cancels calls that may take long: those that compile a source, open a device, or let Graphviz draw. They borrow one through their options. When
 * it is set they stop what they have started, remove what they have made, and return -ECANCELED, within a fraction of a second. One object may
 * be lent to any number of calls; once set it stays set.
 */
struct pel_cancel;

/* Returns 0 and sets *ret, to be released with pel_cancel_destroy(); -ENOMEM; -EMFILE or -ENFILE: no descriptor is left (it holds one). */
PEL_API int pel_cancel_create(struct pel_cancel **ret);
/* Release it, once no call borrows it. NULL is allowed. */
PEL_API void pel_cancel_destroy(struct pel_cancel *cancel);

/* Cancel all calls that borrow it, now and later. [any thread, and signal handlers] */
PEL_API void pel_cancel_set(struct pel_cancel *cancel);
/* Has it been set? NULL: no. [any thread, and signal handlers] */
PEL_API bool pel_cancel_is_set(const struct pel_cancel *cancel);

PEL_EXTERN_C_END

#endif
