/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_RUN_REPORTS_H
#define PEL_CLI_RUN_REPORTS_H

#include "run-session.h"

/* The output of `pelton run` after a run: report files and warnings. */

void run_warn_left_over(const struct pel_stats *stats);
void run_warn_of_actors(const struct pel_stats *stats);
int run_write_reports(struct session *session, struct pel_stats *stats);

#endif
