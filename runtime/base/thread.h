/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_THREAD_H
#define PEL_THREAD_H

#include <pthread.h>
#include <stddef.h>

/*
 * The library's own threads. The size of their stacks depends neither on `ulimit -s` nor on the caller. They
 * block all signals, because signals belong to the host, except those that a fault in the thread itself
 * raises (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS): these kill the process if blocked.
 */
#define PEL_STACK_BYTES ((size_t)8 << 20) /* of address space; memory is used only as needed */

/* pthread_create(). `stack_bytes`: 0 for PEL_STACK_BYTES. Returns 0 or a positive errno, like pthread_create(). */
int pel_thread_create(pthread_t *ret, size_t stack_bytes, void *(*body)(void *), void *context);

/*
 * Call `work` on a new thread and wait for it, because the caller's stack may be too small. If no thread can
 * be created, calls it on the caller's stack. Returns the result of `work`.
 */
int pel_on_own_stack(int (*work)(void *context), void *context);

#endif
