/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_STATUS_H
#define PEL_CLI_STATUS_H

/* Exit statuses. The manual lists them; scripts rely on them. */
enum {
	CLI_OK = 0,
	CLI_FAILED = 1,	     /* the graph, the input or the run failed */
	CLI_USAGE = 2,	     /* wrong usage */
	CLI_STALLED = 3,     /* no stage could continue */
	CLI_DEVICE_LOST = 4, /* a device was lost during the run, and no policy saved the run */
	CLI_INTERRUPTED = 130,
};

#endif
