/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_RUN_SESSION_H
#define PEL_CLI_RUN_SESSION_H

#include <pelton/pelton.h>
#include <stdatomic.h>
#include "interrupt.h"
#include "options.h"
#include "progress.h"

/* The files that are written after the run. */
enum { STATS, PROFILE, TRACE, DRAW, REPORT, N_REPORTS };

/* The state of one `pelton run`. */
struct session {
	const struct cli_args *args;
	char *name;
	struct pel_plan *plan;
	struct pumps *pumps;
	struct progress *progress;
	char *reports[N_REPORTS]; /* paths; "-": standard output; NULL: not requested */
	struct pel_run_options options;
	_Atomic(struct pel_run *) run;
	struct interrupt interrupt;
	int result;		     /* of the run: 0 or a negative errno */
	struct pel_error err;	     /* its explanation */
	const struct pel_error *why; /* used instead if a kernel ends the program */
	bool files_failed;	     /* the run itself was fine, or was stopped because of this */
	bool stuck; /* a thread cannot be ended before the process: do not free what it may use */
};

#endif
