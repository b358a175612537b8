/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_STDOUT_H
#define PEL_CLI_STDOUT_H

/* Standard output is for results: they go to the descriptor cli_stdout(). */

/* The descriptor for results: 1, or what cli_keep_stdout() made. */
int cli_stdout(void);
/* Keep standard output for results, under another descriptor. Returns 0, or CLI_FAILED after reporting the error. */
int cli_keep_stdout(void);
/* [after that] Redirect everything else that this process and its children print to standard error. Returns as above. */
int cli_divert_stdout(void);
/* Close that descriptor. Returns 0, or a negative errno if the output is incomplete. */
int cli_close_stdout(void);
/*
 * The path to open for `path`, valid even when standard output is redirected; "-" if it names standard
 * output. To be freed.
 */
char *cli_output_path(const char *path);
/* A writer of a result to stdout returned `r` (0 or a negative errno). */
void cli_wrote(int r);
/* Flush stdout. Returns `status`, or CLI_FAILED if results were lost. A reader that has left is not an error. */
int cli_finish(int status);

#endif
