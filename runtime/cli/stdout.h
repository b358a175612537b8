/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_STDOUT_H
#define PEL_CLI_STDOUT_H

/* Standard output is for results: they go to the descriptor cli_stdout(). */

/* The descriptor for results: 1, or what cli_keep_stdout() made. */
int cli_stdout(void);
/* Keep standard output for results, under a descriptor of its own. 0, or CLI_FAILED, explained. */
int cli_keep_stdout(void);
/* [after that] Send what anything else in this process and its children prints to standard error. 0, or CLI_FAILED, explained. */
int cli_divert_stdout(void);
/* Close what was kept. 0, or a negative errno: it is not complete. */
int cli_close_stdout(void);
/* The path to open for `path`, which stays valid when standard output is diverted; "-" if it names standard output. To be freed. */
char *cli_output_path(const char *path);
/* A writer of a result to stdout returned `r` (0 or a negative errno). */
void cli_wrote(int r);
/* Write out stdout. Returns `status`, or CLI_FAILED if results were lost; a reader that has gone away is none of our errors. */
int cli_finish(int status);

#endif
