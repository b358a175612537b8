/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PUMP_H
#define PEL_PUMP_H

#include <signal.h>
#include "options.h"
#include "used-files.h"
#include "write.h"

/*
 * Pumps move raw tokens between files and the boundary ports of a run: a thread a port, which reads and writes the channel's memory in
 * place. The order of calls is create, open, start, then once the run is over: finish, fini.
 */
struct pumps;

/*
 * Match --in and --out to the plan's ports. 0 and *ret, or an exit status with the reason said.
 */
int pumps_create(const struct cli_args *args, const struct pel_plan *plan, struct pumps **ret);

/* Add the ports' files to `files`. */
void pumps_files(const struct pumps *pumps, struct cli_files *files);

/* Open the files; outputs are not changed yet. 0, or CLI_FAILED with the reason said. */
int pumps_open(struct pumps *pumps);

/* Empty the outputs, and begin. 0, or CLI_FAILED with the reason said. */
int pumps_start(struct pumps *pumps, struct pel_run *run);

/*
 * [any thread] Let pumps_finish() give up at once: the run was interrupted.
 */
void pumps_interrupt(struct pumps *pumps);

/*
 * The run is over. `ended`: in order, so outputs have a rest to write, which takes as long as their files take; else all are cut off.
 * `patience_s` (0: none): so long none of them may write anything.
 * Says the errors there were. 0, CLI_FAILED, CLI_STALLED, or CLI_INTERRUPTED if outputs were cut off by pumps_interrupt().
 */
int pumps_finish(struct pumps *pumps, bool ended, double patience_s);

/* After pumps_finish() of a run that stalled: name the pipes of which nobody has opened the other end. */
void pumps_hint(struct pumps *pumps);

/* After pumps_finish(): a thread could not be ended, as was said. It ends with the process; the run and its ports must stay. */
bool pumps_stuck(const struct pumps *pumps);

/* Does a port use standard output? */
bool pumps_use_stdout(const struct pumps *pumps);

void pumps_fini(struct pumps *pumps);

#endif
