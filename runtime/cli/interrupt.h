/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INTERRUPT_H
#define PEL_INTERRUPT_H

#include "pump.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * SIGINT and SIGTERM during a run. The first signal stops the run in order, and cuts off output that would
 * wait for a reader without end. The second one ends the process, whatever its threads wait for.
 */
struct interrupt {
	pthread_t thread;
	bool started;
	atomic_bool begun; /* pel_run_start() has returned */
	atomic_bool over, interrupted;
	pthread_mutex_t lock;
	pthread_cond_t ended; /* the thread is about to return; on CLOCK_MONOTONIC */
	bool has_ended;	      /* under lock */
	struct pel_run *run;  /* under lock; NULL: none yet, or no longer */
	struct pumps *pumps;  /* borrowed */
};

/*
 * From now on a signal ends the process at once, with CLI_INTERRUPTED: nothing has been started that needs an
 * orderly end.
 */
void interrupt_prepare(void);
/*
 * From now on a separate thread handles these signals; threads created later leave them to it. Returns 0, or
 * CLI_FAILED after reporting the error.
 */
int interrupt_start(struct interrupt *interrupt, struct pumps *pumps);
/* pel_run_start() has returned: from now on a signal ends the run in order. */
void interrupt_begun(struct interrupt *interrupt);
/* From now on a signal stops `run`; NULL: nothing. */
void interrupt_run(struct interrupt *interrupt, struct pel_run *run);
bool was_interrupted(const struct interrupt *interrupt);
/* Print a line if a signal has ended the run. */
void interrupt_say(const struct interrupt *interrupt);
void interrupt_end(struct interrupt *interrupt);

#endif
