/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CHILD_H
#define PEL_CHILD_H

#include <pelton/error.h>
#include <pelton/kernel.h>

/* Work done in a process of its own, so that a crash and a hang are answers. */

/* What the child leaves for its parent, in memory they share. */
struct pel_child_report {
	unsigned round; /* from 1; 0: before the first */
	char doing[48];
	int code;
	char text[2048];
};

/* 0 or a negative errno, explained in `err`. */
typedef int pel_child_work(void *context, struct pel_child_report *report, struct pel_error *err);

/* What `work` answers, or that it crashed or did not end: with the round and what was done in it. */
int pel_child_run(const struct pel_kernel *kernel, pel_child_work *work, void *context, struct pel_error *err);
/* What is done now, and with which instruction set (NULL: it has none). */
void pel_child_now(struct pel_child_report *report, const char *doing, const char *cpu);

#endif
