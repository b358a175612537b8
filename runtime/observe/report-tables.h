/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_REPORT_TABLES_H
#define PEL_REPORT_TABLES_H

#include <pelton/observe.h>
#include <stdio.h>

/* The tables of the report about a run. Return 0 or a negative errno. */

int pel_report_put_stages(FILE *out, const struct pel_report *report);
int pel_report_put_channels(FILE *out, const struct pel_report *report);
int pel_report_put_actors(FILE *out, const struct pel_report *report);

#endif
