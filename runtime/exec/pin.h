/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PIN_H
#define PEL_PIN_H

#include <pthread.h>
#include <stdint.h>

/*
 * Which core each worker is bound to, with hwloc's help: spread over the cores that this process may use, a core each before a second thread of
 * any, neighbours in the cache hierarchy next to each other. -1 in `cpus`: stay unbound, as without a topology; pinning is a wish.
 */
void pel_pin_choose(int *cpus, uint32_t n);
void pel_pin_thread(pthread_t thread, int cpu);

#endif
