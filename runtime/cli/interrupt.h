/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INTERRUPT_H
#define PEL_INTERRUPT_H

#include "pump.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * SIGINT and SIGTERM during a run. The first one ends it in order: it stops the run, and cuts short what would wait for ever for a reader. The
 * second one ends the process, whatever its threads wait for.
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

/* From here on a signal ends the process at once, with CLI_INTERRUPTED: there is nothing yet that would have to end in order. */
void interrupt_prepare(void);
/* From here on a thread of its own takes these signals; threads that are made later leave them to it. 0, or CLI_FAILED, explained. */
int interrupt_start(struct interrupt *interrupt, struct pumps *pumps);
/* pel_run_start() has returned: what follows ends in order. */
void interrupt_begun(struct interrupt *interrupt);
/* A signal stops `run` from here on; NULL: nothing. */
void interrupt_run(struct interrupt *interrupt, struct pel_run *run);
bool was_interrupted(const struct interrupt *interrupt);
/* Say in a line, if so, that a signal has ended it. */
void interrupt_say(const struct interrupt *interrupt);
void interrupt_end(struct interrupt *interrupt);

#endif
