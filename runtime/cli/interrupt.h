/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INTERRUPT_H
#define PEL_INTERRUPT_H

#include "pump.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * SIGINT and SIGTERM of a run. The first one ends it in order: it stops the run, and cuts off what would wait for ever for a reader. The second one
 * ends the process, whatever its threads wait for.
 */
struct interrupt {
	pthread_t thread;
	bool started;
	atomic_bool begun; /* pel_run_start() has returned */
	atomic_bool over, interrupted;
	pthread_mutex_t lock;
	struct pel_run *run; /* under lock; NULL: none yet, or none any more */
	struct pumps *pumps; /* borrowed */
};

/* There is nothing yet that would have to end in order: a signal ends the process at once, with the status of one that was interrupted. */
void interrupt_prepare(void);
/* Signals are taken by a thread of its own from here on; threads that are made later inherit that. 0, or CLI_FAILED, said. */
int interrupt_start(struct interrupt *interrupt, struct pumps *pumps);
/* pel_run_start() has returned: what is still to come ends in order. */
void interrupt_begun(struct interrupt *interrupt);
/* `run` is what a signal stops; NULL: nothing any more. */
void interrupt_run(struct interrupt *interrupt, struct pel_run *run);
bool was_interrupted(const struct interrupt *interrupt);
void interrupt_end(struct interrupt *interrupt);

#endif
