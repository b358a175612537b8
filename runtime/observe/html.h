/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HTML_H
#define PEL_HTML_H

#include <pelton/plan.h>
#include <pelton/stats.h>
#include <stdio.h>

/*
 * Write `format`, which is HTML, with these conversions, which are safe in text and in quoted attributes:
 *   %s  a text (const char *), as data
 *   %n  a count (uint64_t), 1,234
 *   %b  bytes (uint64_t), 1.2 kB
 *   %t  seconds (double), 3.21 s
 *   %p  a share from 0 to 1 (double), 97 %
 *   %w  a share (double) as CSS writes it, 97.3%
 *   %%  a percent sign
 */
void pel_html(FILE *out, const char *format, ...);

/* `seconds` as a share of the run's duration, 0 to 1. */
double pel_share(const struct pel_stats *stats, double seconds);

/* Write hints drawn from the figures of a run, as list items. Returns their number, or -ENOMEM. */
int pel_hints_write(const struct pel_plan *plan, const struct pel_stats *stats, FILE *out);

#endif
