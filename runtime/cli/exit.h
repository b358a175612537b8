/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_EXIT_H
#define PEL_CLI_EXIT_H

#include <stdbool.h>

/* Distinguishes our own exit from one by a kernel. */

/* From now on kernels are called, so an exit of the process is not ours. */
void cli_work_begins(void);
/*
 * From now on an exit is ours again. If a kernel has ended the process meanwhile, this does not return: the thread that called
 * cli_work_is_lost() first reports that and ends the process.
 */
void cli_work_ends(void);
/* The same for a thread that ends the process without waiting for anything. */
void cli_work_abandon(void);

enum cli_lost {
	CLI_NOT_LOST,	 /* no kernel is being called: the exit is ours */
	CLI_LOST,	 /* a kernel ends the process; the caller must report it */
	CLI_LOST_BEFORE, /* another thread is reporting one already */
};
/* Something ends the process. */
enum cli_lost cli_work_is_lost(void);
/* exit() for our own code. */
_Noreturn void cli_exit(int status);

#endif
