/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CANCEL_H
#define PEL_CANCEL_H

#include <pelton/cancel.h>

/* A descriptor that polls readable once the object is set; -1 for NULL, which poll() ignores. Never read from it. */
int pel_cancel_fd(const struct pel_cancel *cancel);

#endif
