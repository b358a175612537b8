/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_THREADS_H
#define PEL_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include "support.h"

struct pel_scheduler;

/*
 * Start the threads of a scheduler. [control thread] `pin`: bind the workers to cores. `stack_bytes`: of each
 * thread; 0: the default of thread.h. Returns 0 or a negative errno, with an explanation. After an error some
 * threads may be running: decide the outcome, then join them.
 */
int pel_threads_start(struct pel_scheduler *scheduler, bool pin, size_t stack_bytes, struct pel_error *err);

#endif
