/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_WRITE_H
#define PEL_CLI_WRITE_H

#include <signal.h>
#include <stddef.h>

/*
 * Output may have no reader. A command that handles signals on a separate thread calls cli_allow_cut() on the
 * main thread, with CLI_CUT_SIGNAL blocked on all threads. Its signal thread calls cli_cut() repeatedly once
 * the main thread must stop waiting.
 */
#define CLI_CUT_SIGNAL SIGUSR1
void cli_allow_cut(void);
void cli_cut(void);
/* Write all of the data. Returns 0, or a negative errno: -ECANCELED if the wait was cut short. */
int cli_write(int fd, const void *data, size_t size);
/*
 * Open a pipe, a terminal or the like, and wait until it has a reader. Returns a descriptor, or a negative
 * errno as above.
 */
int cli_open_stream(const char *path);

#endif
