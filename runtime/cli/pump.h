/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PUMP_H
#define PEL_PUMP_H

#include <signal.h>
#include "options.h"
#include "used-files.h"
#include "write.h"

/*
 * Pumps move raw tokens between files and the boundary ports of a run: one thread per port, which reads and
 * writes the channel's memory in place. Call in this order: create, open, start; after the run: finish, fini.
 */
struct pumps;

/*
 * Match --in and --out with the plan's ports. Returns 0 and sets *ret, or an exit status after reporting the
 * error.
 */
int pumps_create(const struct cli_args *args, const struct pel_plan *plan, struct pumps **ret);

/* Add the ports' files to `files`. */
void pumps_files(const struct pumps *pumps, struct cli_files *files);

/* Open the files; does not change outputs yet. Returns 0, or CLI_FAILED after reporting the error. */
int pumps_open(struct pumps *pumps);

/* Truncate the outputs, and start. Returns 0, or CLI_FAILED after reporting the error. */
int pumps_start(struct pumps *pumps, struct pel_run *run);

/* [any thread] Make pumps_finish() give up at once: the run was interrupted. */
void pumps_interrupt(struct pumps *pumps);

/*
 * The run is over. If it `ended` in order, outputs still write their remaining tokens, for as long as their
 * files take; otherwise all are cut off. `patience_s` (0: unlimited): give up if none of them writes anything
 * for this long. Reports errors. Returns 0, CLI_FAILED, CLI_STALLED, or CLI_INTERRUPTED if pumps_interrupt()
 * cut off outputs.
 */
int pumps_finish(struct pumps *pumps, bool ended, double patience_s);

/* After pumps_finish() of a stalled run: name the pipes whose other end no process has opened. */
void pumps_hint(struct pumps *pumps);

/*
 * After pumps_finish(): true if a thread could not be ended, which has been reported. It ends with the
 * process; do not free the run and its ports.
 */
bool pumps_stuck(const struct pumps *pumps);

/* True if a port uses standard output. */
bool pumps_use_stdout(const struct pumps *pumps);

void pumps_fini(struct pumps *pumps);

#endif
