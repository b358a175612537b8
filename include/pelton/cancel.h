/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_CANCEL_H
#define PELTON_CANCEL_H

#include <pelton/base.h>

PEL_EXTERN_C_BEGIN

/*
 * Cancels calls that can take long: those that compile a source, open a device, or run Graphviz. A call
 * borrows a cancel object through its options. When the object is set, the call stops what it has started,
 * removes what it has made, and returns -ECANCELED within a fraction of a second. Any number of calls may
 * share one object. Once set, it stays set.
 */
struct pel_cancel;

/*
 * Returns 0 and sets *ret, to be released with pel_cancel_destroy(); -ENOMEM; or -EMFILE or -ENFILE: out of
 * file descriptors (each object uses one).
 */
PEL_API int pel_cancel_create(struct pel_cancel **ret);
/* Release it. No call may still borrow it. NULL is allowed. */
PEL_API void pel_cancel_destroy(struct pel_cancel *cancel);

/* Cancel all calls that borrow it, now and later. [any thread, and signal handlers] */
PEL_API void pel_cancel_set(struct pel_cancel *cancel);
/* True if it has been set; false for NULL. [any thread, and signal handlers] */
PEL_API bool pel_cancel_is_set(const struct pel_cancel *cancel);

PEL_EXTERN_C_END

#endif
