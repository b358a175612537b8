/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CHILD_H
#define PEL_CHILD_H

#include <pelton/error.h>
#include <pelton/kernel.h>

/* Runs work in a child process, so that crashes and hangs can be reported. */

/* What the child reports to its parent, in shared memory. */
struct pel_child_report {
	unsigned round; /* from 1; 0: before the first */
	char doing[48];
	int code;
	char text[2048];
};

/* Returns 0, or a negative errno and explains in `err`. */
typedef int pel_child_work(void *context, struct pel_child_report *report, struct pel_error *err);

/* Run `work`. Returns its result, or an error if it crashed or did not end; messages name the round and what was done in it. */
int pel_child_run(const struct pel_kernel *kernel, pel_child_work *work, void *context, struct pel_error *err);
/* Note what is done now, and with which instruction set (NULL: not chosen). */
void pel_child_now(struct pel_child_report *report, const char *doing, const char *cpu);

#endif
