/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_THREAD_H
#define PEL_THREAD_H

#include <pthread.h>
#include <stddef.h>

/*
 * The library's own threads. Their stacks have a size that depends on neither `ulimit -s` nor the caller, and they block all signals but those that
 * a thread's own fault raises (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS), which would kill if blocked: signals are the host's.
 */
#define PEL_STACK_BYTES ((size_t)8 << 20) /* of addresses; memory is taken as far as it is used */

/* pthread_create(). `stack_bytes`: 0 for PEL_STACK_BYTES. Returns 0 or a positive errno, as that does. */
int pel_thread_create(pthread_t *ret, size_t stack_bytes, void *(*body)(void *), void *context);

/*
 * Call `work` on a thread made for it, and wait for that: the caller's stack may be too small. Where no thread can be had the caller's own has to do.
 * Returns what `work` returns.
 */
int pel_on_own_stack(int (*work)(void *context), void *context);

#endif
