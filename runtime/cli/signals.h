/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_SIGNALS_H
#define PEL_CLI_SIGNALS_H

#include <pelton/cancel.h>

/* Set by a signal; lent to every call that can take long. */
struct pel_cancel *cli_cancel(void);
/* True if it has been set. Then the status is CLI_INTERRUPTED, and failures caused by it are not reported. */
bool cli_interrupted(void);
/*
 * From now on SIGINT, SIGTERM and SIGHUP do not end the process at once, but set cli_cancel() and give the
 * command a moment to end in order. Not for commands that handle signals themselves.
 */
void cli_catch_signals(void);

#endif
