/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_SIGNALS_H
#define PEL_CLI_SIGNALS_H

#include <pelton/cancel.h>

/* What a signal sets: lent to every call that may take long. */
struct pel_cancel *cli_cancel(void);
/* Has it been set? Then the status is CLI_INTERRUPTED, and what failed because of it is not explained. */
bool cli_interrupted(void);
/*
 * From here on SIGINT, SIGTERM and SIGHUP no longer end the process at once, but set cli_cancel() and leave it a moment to end in order. Not for
 * commands that handle signals themselves.
 */
void cli_catch_signals(void);

#endif
