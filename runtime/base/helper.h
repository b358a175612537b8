/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HELPER_H
#define PEL_HELPER_H

#include "cancel.h"
#include "support.h"

/*
 * The only way in which the library runs an external program for a result: compilers, Graphviz. pelton-helper
 * runs between us and the program, in its own session. The program leads a process group. All processes of
 * that group, and those that have left it, are killed and reaped when the program takes too long, when we
 * cancel it, and when this process ends for any reason. The host's signals and children are not affected: the
 * outcome comes through a socket, so the host may reap all children.
 */
struct pel_helper {
	const char *const *argv; /* argv[0] is searched for in PATH; terminated by NULL */
	const char *dir;	 /* its working directory; NULL: the current one */
	int in, out, err;	 /* descriptors; -1: /dev/null */
	unsigned limit_s;	 /* its time limit, overridden by PELTON_HELPER_LIMIT_S */
};

struct pel_helper_process {
	pid_t pid; /* 0: none */
	int control;
	int64_t end_ms; /* deadline for pelton-helper itself */
};

/*
 * Start it. Returns 0 and sets *ret, to be ended by exactly one of the two functions below; or a negative
 * errno if pelton-helper cannot be started (-ENOPKG: not found).
 */
int pel_helper_start(const struct pel_helper *helper, struct pel_helper_process *ret);
/*
 * Wait until it ends. Returns 0 and sets *status as waitpid() does; -ECANCELED; -ETIMEDOUT; -EIO:
 * pelton-helper died; or another negative errno: the program could not be started. In any case all its
 * processes are gone.
 */
int pel_helper_wait(struct pel_helper_process *process, const struct pel_cancel *cancel, int *status);
/* Kill it and discard the outcome. Idempotent. */
void pel_helper_stop(struct pel_helper_process *process);
/*
 * Explain why `what` ("the compiler 'cc'"), started with `limit_s`, failed. `code` is the return code of one
 * of the functions above. Does nothing for -ECANCELED. Returns `code`.
 */
int pel_helper_explain(int code, const char *what, unsigned limit_s, struct pel_error *err);
/* The time limit, in seconds, of a program started with `limit_s`. */
unsigned pel_helper_limit(unsigned limit_s);

#endif
