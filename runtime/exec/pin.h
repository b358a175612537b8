/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PIN_H
#define PEL_PIN_H

#include <pthread.h>
#include <stdint.h>

/*
 * Choose a core for each worker, with hwloc: spread the workers over the cores that this process may use, one
 * for each core before any core gets a second one, and put workers with consecutive numbers close together in
 * the cache hierarchy. -1 in `cpus`: leave the worker unbound, for example because there is no topology.
 * Failing to pin is not an error.
 */
void pel_pin_choose(int *cpus, uint32_t n);
void pel_pin_thread(pthread_t thread, int cpu);

#endif
