/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROGRESS_H
#define PEL_PROGRESS_H

#include <pelton/run.h>

/*
 * The live line of a run on a terminal:
 *   edges  42% [########------------]  1.2 M tokens/s into write  busiest: sobel 98%  0:12
 * It is not shown if stderr is not a terminal, or a dumb one. [one thread]
 */
struct progress;

struct progress *progress_create(const char *name);

/* How long to wait before the next progress_show(), in ms; -1: it is not shown. */
int progress_wait_ms(const struct progress *progress);
/* Show the progress of `run`. */
void progress_show(struct progress *progress, struct pel_run *run);
/* Remove the line, so that other text can be printed. */
void progress_erase(struct progress *progress);
void progress_destroy(struct progress *progress);

#endif
